"""What was reported before, for rules that compare over time: few queries for many reports.

What a call costs depends on the number of reports, `periods` and peers. How much else the warehouse
holds does not matter: every query uses an index (`benchmarks/history.py`).
"""

from array import array
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

import numpy as np
import pandas as pd
from sqlalchemy import ColumnElement, Connection, and_, case, or_, select
from sqlalchemy.exc import SQLAlchemyError

from program.calendar.period import PeriodKind, periods_between
from program.errors import WarehouseError
from program.records.history import FACT_COLUMNS, REPORT_COLUMNS, History, HistoryKeys
from warehouse.database.engine import Warehouse
from warehouse.database.portions import portions
from warehouse.lifecycle.current import is_current
from warehouse.tables import DeliveryRow, FactRow, SubmissionRow

_UNKNOWN = float("nan")

_CLAIMED_AT = case(
    (DeliveryRow.offered_at > DeliveryRow.received_at, DeliveryRow.received_at),
    else_=DeliveryRow.offered_at,
)
"""`Delivery.claimed_at`."""

_Report = tuple[int, str | None, str | None, str | None, str, datetime, int, datetime | None]
"""The columns `REPORT_COLUMNS`."""


def past_of(
    engine: Warehouse, requested: Collection[HistoryKeys], lines: Collection[str], periods: int
) -> History:
    """Return the current reports to which the reports `requested` are compared, with their facts.

    For each unit: its reports of the same form, from `periods` before the first requested one to
    as many after the last. For each form: the reports of all peers about the same periods and the
    ones just before. Of lists, only the elements `lines`.

    Nothing is written. A requested report is in the result too, if it is current already.
    """
    return PastReader(engine, lines, periods).past_of(requested)


class PastReader:
    """Reads the past of one batch of reports after the other, as `past_of` does.

    The facts of a submission never change: those that two batches in a row need are read once.
    Which reports are current is asked for each batch.
    """

    def __init__(self, engine: Warehouse, lines: Collection[str], periods: int) -> None:
        self._engine = engine
        self._lines = lines
        self._periods = periods
        self._known: frozenset[int] = frozenset()
        self._facts = pd.DataFrame(columns=list(FACT_COLUMNS))

    def past_of(self, requested: Collection[HistoryKeys]) -> History:
        """Return the current reports to which the reports `requested` are compared.

        Their facts are in the order of the reports. Raises WarehouseError if the database fails.
        """
        try:
            with self._engine.connect() as connection:
                conditions = _conditions(requested, self._periods)
                reports = _reports(connection, conditions)
                numbers = [number for number, *_ in reports]
                new_numbers = [number for number in numbers if number not in self._known]
                new_facts = _facts(connection, new_numbers, self._lines)
        except SQLAlchemyError as wrong:
            message = f"warehouse: cannot read what was reported before: {wrong}"
            raise WarehouseError(message) from wrong
        is_needed = self._facts["report"].isin(numbers)
        kept = self._facts[is_needed]
        # A frame without rows is left out: its columns have another type.
        if len(kept):
            new_facts = pd.concat([kept, new_facts], ignore_index=True)
        # In the order of the reports, whichever batch they were first read for.
        self._facts = new_facts.sort_values("report", kind="stable", ignore_index=True)
        self._known = frozenset(numbers)
        frame = pd.DataFrame.from_records(reports, columns=list(REPORT_COLUMNS))
        return History(frame, self._facts)


def _conditions(requested: Collection[HistoryKeys], periods: int) -> Iterator[ColumnElement[bool]]:
    """Yield what to look for, each as a form with units and periods: the index is made so."""
    by_form: dict[str, list[HistoryKeys]] = defaultdict(list)
    for report in requested:
        by_form[report.form].append(report)
    for form, reports in sorted(by_form.items()):
        # For the trend of each unit: its own reports over time.
        own_units = {report.unit for report in reports}
        yield _is_of(form, own_units, _periods_around(reports, periods))
        # For the comparison with others: all peers, now and just before.
        peers: set[str] = set()
        same_and_before: set[str] = set()
        for report in reports:
            peers |= report.peers
            period_before = report.period.moved(-1)
            same_and_before |= {report.period.code, period_before.code}
        yield _is_of(form, peers, same_and_before)


def _periods_around(reports: Sequence[HistoryKeys], distance: int) -> set[str]:
    """Return the codes of all periods that end at most so many periods before or after."""
    first = min(report.period.moved(-distance).end for report in reports)
    last = max(report.period.moved(distance).end for report in reports)
    codes: set[str] = set()
    for kind in PeriodKind:
        for period in periods_between(kind, first, last):
            codes.add(period.code)
    return codes


def _is_of(form: str, units: Collection[str], periods: Collection[str]) -> ColumnElement[bool]:
    return and_(
        SubmissionRow.form_code == form,
        SubmissionRow.unit_code.in_(sorted(units)),
        SubmissionRow.period.in_(sorted(periods)),
    )


def _reports(connection: Connection, conditions: Iterator[ColumnElement[bool]]) -> list[_Report]:
    """Return the current reports that meet one of `conditions`, each once, by submission id."""
    query = (
        select(
            SubmissionRow.id,
            SubmissionRow.form_code,
            SubmissionRow.unit_code,
            SubmissionRow.period,
            SubmissionRow.stage,
            DeliveryRow.received_at,
            DeliveryRow.id,
            _CLAIMED_AT,
        )
        .join(DeliveryRow, DeliveryRow.id == SubmissionRow.delivery_id)
        .where(is_current())
    )
    # A report of the unit itself may be one of another unit's peers: it is found twice.
    found: dict[int, _Report] = {}
    for condition in conditions:
        for row in connection.execute(query.where(condition)):
            report = row._tuple()
            number, *_ = report
            found[number] = report
    return [found[number] for number in sorted(found)]


def _facts(connection: Connection, reports: Sequence[int], lines: Collection[str]) -> pd.DataFrame:
    """Return the facts of `reports`.

    They are collected by column: as rows they take four times the memory.
    """
    is_figure = and_(FactRow.line == 0, FactRow.value.is_not(None))
    is_wanted = or_(is_figure, FactRow.element.in_(sorted(lines)))
    query = select(
        FactRow.submission_id, FactRow.element, FactRow.line, FactRow.value, FactRow.text
    ).where(is_wanted)
    submission_ids = array("q")
    line_numbers = array("q")
    values = array("d")
    elements: list[str] = []
    texts: list[str | None] = []
    # Nearly all reports have the same elements and most of the same texts: keep each once.
    known: dict[str, str] = {}
    for portion in portions(reports):
        found = connection.execute(query.where(FactRow.submission_id.in_(portion)))
        for submission_id, element, line, value, text in found:
            submission_ids.append(submission_id)
            elements.append(known.setdefault(element, element))
            line_numbers.append(line)
            values.append(_UNKNOWN if value is None else value)
            kept_text = None if text is None else known.setdefault(text, text)
            texts.append(kept_text)
    columns = (
        np.array(submission_ids, dtype="int64"),
        pd.Series(elements, dtype="str"),
        np.array(line_numbers, dtype="int64"),
        np.array(values, dtype="float64"),
        pd.Series(texts, dtype="str"),
    )
    return pd.DataFrame(dict(zip(FACT_COLUMNS, columns, strict=True)))
