"""All current numbers of a form as a table, for finding out what is usual."""

import pandas as pd
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from warehouse.lifecycle.current import is_current
from warehouse.tables import DeliveryRow, FactRow, SubmissionRow

VALUE_COLUMNS = (
    "submission",
    "line",
    "element",
    "value",
    "unit",
    "period",
    "period_end",
    "is_synthetic",
)


def numeric_values(engine: Engine, form: str, unit: str | None = None) -> pd.DataFrame:
    """Return a row for each number of the current reports of `form`, of one unit where given.

    Columns are VALUE_COLUMNS: `element` and `line` as in `program.submission.Fact`, values in the
    unit of measure in which the warehouse keeps them.
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
        .where(is_current(), SubmissionRow.form_code == form, FactRow.value.is_not(None))
        .order_by(FactRow.submission_id, FactRow.element, FactRow.line)
    )
    if unit is not None:
        query = query.where(SubmissionRow.unit_code == unit)
    with Session(engine) as session:
        rows = [tuple(row) for row in session.execute(query)]
    return pd.DataFrame.from_records(rows, columns=list(VALUE_COLUMNS))
