"""What was reported before, for the rules that compare: few queries for many reports, by index alone.

What a call costs follows the reports asked about, their `periods` and their peers; how much else the warehouse holds
does not matter (`benchmarks/history.py`).
"""

from array import array
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence

import numpy as np
import pandas as pd
from sqlalchemy import ColumnElement, Connection, and_, or_, select
from sqlalchemy.exc import SQLAlchemyError

from program.errors import WarehouseError
from program.history import FACT_COLUMNS, REPORT_COLUMNS, Asked, Past
from program.period import PeriodKind, periods_between
from warehouse.believed import is_believed
from warehouse.engine import Warehouse
from warehouse.portions import portions
from warehouse.tables import DeliveryRow, FactRow, SubmissionRow

_UNKNOWN = float("nan")


def past_of(
    engine: Warehouse, asked: Collection[Asked], lines: Collection[str], periods: int
) -> Past:
    """Return what is believed now of the `asked` reports' units and peers.

    Of each unit, its reports of the same form from so many `periods` before the first one asked about to as many after the
    last; of each form, all units' reports of the periods asked about and of those just before. Of lists, only the elements
    `lines`. Written by nobody: a report asked about is in it too, where it was taken in before.
    """
    try:
        with engine.connect() as connection:
            reports = sorted(
                {
                    row
                    for condition in _conditions(asked, periods)
                    for row in _reports(connection, condition)
                }
            )
            facts = _facts(connection, [row[0] for row in reports], lines)
    except SQLAlchemyError as wrong:
        raise WarehouseError(f"warehouse: cannot read what was reported before: {wrong}") from wrong
    return Past(pd.DataFrame.from_records(reports, columns=list(REPORT_COLUMNS)), facts)


def _conditions(asked: Collection[Asked], periods: int) -> Iterator[ColumnElement[bool]]:
    """Yield what to look for, each as units × periods of a form: that is how the index is made."""
    by_form: dict[str, list[Asked]] = defaultdict(list)
    for one in asked:
        by_form[one.form].append(one)
    for form, of_form in sorted(by_form.items()):
        first = min(one.period.moved(-periods).end for one in of_form)
        last = max(one.period.moved(periods).end for one in of_form)
        near = {period.code for kind in PeriodKind for period in periods_between(kind, first, last)}
        yield _these(form, {one.unit for one in of_form}, near)
        around = {period.code for one in of_form for period in (one.period, one.period.moved(-1))}
        yield _these(form, {unit for one in of_form for unit in one.peers}, around)


def _these(form: str, units: Collection[str], periods: Collection[str]) -> ColumnElement[bool]:
    return and_(
        SubmissionRow.form_code == form,
        SubmissionRow.unit_code.in_(sorted(units)),
        SubmissionRow.period.in_(sorted(periods)),
    )


def _reports(
    connection: Connection, condition: ColumnElement[bool]
) -> Iterable[tuple[object, ...]]:
    query = (
        select(
            SubmissionRow.id,
            SubmissionRow.form_code,
            SubmissionRow.unit_code,
            SubmissionRow.period,
            SubmissionRow.stage,
            DeliveryRow.received_at,
        )
        .join(DeliveryRow, DeliveryRow.id == SubmissionRow.delivery_id)
        .where(condition, is_believed())
    )
    return (tuple(row) for row in connection.execute(query))


def _facts(
    connection: Connection, reports: Sequence[object], lines: Collection[str]
) -> pd.DataFrame:
    """Return the facts of `reports`, filled in column by column: as rows they take four times the memory."""
    is_figure = and_(FactRow.line == 0, FactRow.value.is_not(None))
    is_asked_for = or_(is_figure, FactRow.element.in_(sorted(lines)))
    query = select(
        FactRow.submission_id, FactRow.element, FactRow.line, FactRow.value, FactRow.text
    )
    numbers, places, values = array("q"), array("q"), array("d")
    elements: list[str] = []
    texts: list[str | None] = []
    # Elements and most words stand in nearly all reports: each is kept once.
    same: dict[str, str] = {}
    for portion in portions(reports):
        found = query.where(FactRow.submission_id.in_(portion), is_asked_for)
        for number, element, place, value, text in connection.execute(found):
            numbers.append(number)
            elements.append(same.setdefault(element, element))
            places.append(place)
            values.append(_UNKNOWN if value is None else value)
            texts.append(None if text is None else same.setdefault(text, text))
    columns = (
        np.array(numbers, dtype="int64"),
        pd.Series(elements, dtype="str"),
        np.array(places, dtype="int64"),
        np.array(values, dtype="float64"),
        pd.Series(texts, dtype="str"),
    )
    return pd.DataFrame(dict(zip(FACT_COLUMNS, columns, strict=True)))
