"""Figures as points in a cloud: every number of a form that we believe now, for whoever asks what is usual."""

import pandas as pd
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from warehouse.believed import is_believed
from warehouse.tables import DeliveryRow, FactRow, SubmissionRow

POINT_COLUMNS = (
    "submission",
    "line",
    "element",
    "value",
    "unit",
    "period",
    "period_end",
    "is_synthetic",
)


def points_of(engine: Engine, form: str, unit: str | None = None) -> pd.DataFrame:
    """Return a row for each number of the reports of `form` believed now, of one unit where given.

    Columns are POINT_COLUMNS: `element` and `line` as in `program.submission.Fact`, values in the kept unit.
    """
    query = (
        select(
            FactRow.submission_id,
            FactRow.line,
            FactRow.element,
            FactRow.value,
            SubmissionRow.unit_code,
            SubmissionRow.period,
            SubmissionRow.period_end,
            DeliveryRow.is_synthetic,
        )
        .join(SubmissionRow, SubmissionRow.id == FactRow.submission_id)
        .join(DeliveryRow, DeliveryRow.id == SubmissionRow.delivery_id)
        .where(is_believed(), SubmissionRow.form_code == form, FactRow.value.is_not(None))
        .order_by(FactRow.submission_id, FactRow.element, FactRow.line)
    )
    if unit is not None:
        query = query.where(SubmissionRow.unit_code == unit)
    with Session(engine) as session:
        return pd.DataFrame.from_records(
            [tuple(row) for row in session.execute(query)], columns=list(POINT_COLUMNS)
        )
