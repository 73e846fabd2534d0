"""The order of a report's versions.

They count in the order in which they came, whichever run checks them.

"Later" is what came later: by the time of arrival, then by the number in the ledger, which is the
order of a run. A transaction reads the versions of all its reports once, places its own among them
in memory, and writes back what changed.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, and_, bindparam, select, update
from sqlalchemy.orm import Session

from warehouse.portions import portions
from warehouse.tables import DeliveryRow, SubmissionRow

Same = tuple[ColumnElement[bool], ...]
"""The condition that a submission is of one report: its form, unit, period and stage."""


def versions_of(form: str | None, unit: str | None, period: str | None, stage: str) -> Same:
    """Return the condition that a submission is of this report.

    No condition where it is not known which one it is.
    """
    if form is None or unit is None or period is None:
        return ()
    return (
        SubmissionRow.form_code == form,
        SubmissionRow.unit_code == unit,
        SubmissionRow.period == period,
        SubmissionRow.stage == stage,
    )


class ReportKey(NamedTuple):
    """What the versions of one report have in common."""

    form: str
    unit: str
    period: str
    stage: str


def report_key(form: str | None, unit: str | None, period: str | None, stage: str) -> ReportKey | None:
    """Return the key of a report, None where it is not known which one it is."""
    if form is None or unit is None or period is None:
        return None
    return ReportKey(form, unit, period, stage)


class Turn(NamedTuple):
    """When a delivery came; a greater one came later."""

    received_at: datetime
    delivery_id: int


@dataclass(slots=True)
class Version:
    """One submission among those of its report.

    `number` counts them from 1; None where the report is not known.
    """

    id: int
    turn: Turn
    judgement: int
    number: int | None = None
    known_from: datetime | None = None
    known_to: datetime | None = None
    superseded_by_id: int | None = None
    stored_number: int | None = None
    """Its number on record; None for a submission that is not on record yet."""
    has_ended: bool = False
    """Whether this transaction ended it."""

    @property
    def is_current(self) -> bool:
        """Tell whether this version counts now."""
        return self.known_from is not None and self.known_to is None

    def end(self, moment: datetime, successor: int) -> None:
        """Count no longer, from a moment on, in favour of another submission."""
        self.known_to = moment
        self.superseded_by_id = successor
        self.has_ended = True


class VersionHistory:
    """The versions of some reports: those on record and those that this transaction adds.

    The numbers of rows on record are written before new rows are inserted, since no two rows may
    have one number; the ends after it, since a row that ended points to its successor.
    """

    def __init__(self) -> None:
        self._of_report: dict[ReportKey, list[Version]] = defaultdict(list)
        self._of_delivery: dict[int, list[Version]] = defaultdict(list)

    @classmethod
    def read(
        cls,
        session: Session,
        reports: Iterable[ReportKey | None],
        checked_before: Collection[int] = (),
    ) -> "VersionHistory":
        """Return what is on record of `reports`.

        With it comes what else the deliveries `checked_before` brought.
        """
        history = cls()
        found: dict[int, Row[Any]] = {}
        for condition in (*_of_reports(reports), *_of_deliveries(checked_before)):
            found |= {row.id: row for row in session.execute(_READ.where(condition))}
        for row in found.values():
            version = Version(
                id=row.id,
                turn=Turn(row.received_at, row.delivery_id),
                judgement=row.judgement,
                number=row.version,
                known_from=row.known_from,
                known_to=row.known_to,
                stored_number=row.version,
            )
            history.add(report_key(row.form_code, row.unit_code, row.period, row.stage), version)
        return history

    def add(self, report: ReportKey | None, version: Version) -> None:
        """Add a version as it is."""
        if report is not None:
            self._of_report[report].append(version)
        self._of_delivery[version.turn.delivery_id].append(version)

    def number_next(self, report: ReportKey, version: Version) -> None:
        """Give a version that just came the number after the newest one."""
        version.number = 1 + max((each.number or 0 for each in self._of_report[report]), default=0)

    def number_by_turn(self, report: ReportKey, version: Version) -> None:
        """Give a version that had to wait the number of its turn.

        From that number on, the others move up by one.
        """
        others = self._of_report[report]
        first = min((each.number or 0 for each in others if each.turn > version.turn), default=None)
        if first is None:
            return
        version.number = first
        for each in others:
            if each.number is not None and each.number >= first:
                each.number += 1

    def current_of_later(self, report: ReportKey | None, turn: Turn) -> Version | None:
        """Return the version of a later delivery that counts now for a report.

        It is None where there is none.
        """
        versions = self._of_report[report] if report is not None else []
        return next((each for each in versions if each.is_current and each.turn > turn), None)

    def supersede(self, report: ReportKey, successor: Version, now: datetime) -> None:
        """Have a version count from now on, and end what counted for its report until then.

        Never before an earlier one counted, whatever the machine's clock says.
        """
        others = self._of_report[report]
        begun = [each.known_from for each in others if each.known_from is not None]
        ended = [each.known_to for each in others if each.known_to is not None]
        successor.known_from = max([now, *begun, *ended])
        for each in others:
            if each.is_current:
                each.end(successor.known_from, successor.id)

    def end_earlier(self, successor: Version, now: datetime) -> None:
        """End what an earlier check read in the same delivery and the present one does not.

        That is another period, say.
        """
        for each in self._of_delivery[successor.turn.delivery_id]:
            if each.is_current and each.judgement < successor.judgement:
                # A clock set back must not end what had not begun.
                each.end(max(now, each.known_from or now), successor.id)

    def save_numbers(self, session: Session) -> None:
        """Write the numbers of rows on record that moved."""
        moved = [each for each in self._all() if each.stored_number not in (None, each.number)]
        # From the greatest on, so that each row finds its new number free.
        moved.sort(key=lambda each: each.number or 0, reverse=True)
        if moved:
            numbers = [{"row": each.id, "number": each.number} for each in moved]
            session.connection().execute(_MOVE, numbers)

    def save_ends(self, session: Session) -> None:
        """Write which rows count no longer, on record before or inserted just now."""
        ended = [each for each in self._all() if each.has_ended]
        rows = [{"row": e.id, "until": e.known_to, "successor": e.superseded_by_id} for e in ended]
        if rows:
            session.connection().execute(_END, rows)

    def _all(self) -> Iterator[Version]:
        return chain.from_iterable(self._of_delivery.values())


_READ = select(
    SubmissionRow.id,
    SubmissionRow.delivery_id,
    SubmissionRow.judgement,
    SubmissionRow.form_code,
    SubmissionRow.unit_code,
    SubmissionRow.period,
    SubmissionRow.stage,
    SubmissionRow.version,
    SubmissionRow.known_from,
    SubmissionRow.known_to,
    DeliveryRow.received_at,
).join(DeliveryRow, DeliveryRow.id == SubmissionRow.delivery_id)
_OF_ROW = update(SubmissionRow).where(SubmissionRow.id == bindparam("row"))
_MOVE = _OF_ROW.values(version=bindparam("number"))
_END = _OF_ROW.values(known_to=bindparam("until"), superseded_by_id=bindparam("successor"))


def _of_reports(reports: Iterable[ReportKey | None]) -> Iterator[ColumnElement[bool]]:
    """Yield conditions that find reports by their index: units of one form, period and stage."""
    units: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for report in reports:
        if report is not None:
            units[report.form, report.period, report.stage].add(report.unit)
    for (form, period, stage), some in units.items():
        same = and_(
            SubmissionRow.form_code == form,
            SubmissionRow.period == period,
            SubmissionRow.stage == stage,
        )
        for portion in portions(sorted(some)):
            yield same & SubmissionRow.unit_code.in_(portion)


def _of_deliveries(deliveries: Iterable[int]) -> Iterator[ColumnElement[bool]]:
    for portion in portions(sorted(deliveries)):
        yield SubmissionRow.delivery_id.in_(portion)
