"""The order of a report's versions.

Versions are ordered by the arrival of their deliveries, whichever run checks them. A delivery is
later than another if it arrived later or, at the same time, has the greater number in the ledger.

A transaction reads the versions of all its reports once, adds its own in memory, and writes back
what changed.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, and_, bindparam, select, update
from sqlalchemy.orm import Session

from warehouse.database.portions import portions
from warehouse.tables import DeliveryRow, SubmissionRow

ReportCondition = tuple[ColumnElement[bool], ...]
"""SQL conditions: the submission is of one report (form, unit, period and stage)."""


def versions_of(
    form: str | None,
    unit: str | None,
    period: str | None,
    stage: str,
) -> ReportCondition:
    """Return the SQL conditions that a submission is of this report.

    Empty, so that every submission meets them, where form, unit or period is unknown.
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
    """Form, unit, period and stage: what the versions of one report have in common."""

    form: str
    unit: str
    period: str
    stage: str


def report_key(
    form: str | None,
    unit: str | None,
    period: str | None,
    stage: str,
) -> ReportKey | None:
    """Return the key of a report; None if form, unit or period is unknown."""
    if form is None or unit is None or period is None:
        return None
    return ReportKey(form, unit, period, stage)


class Turn(NamedTuple):
    """The order of deliveries: a later delivery has a greater turn."""

    received_at: datetime
    delivery_id: int


class Content(NamedTuple):
    """What a delivery has in common with its duplicates: the same bytes of the same sender.

    `sha256` None: the bytes are not kept. Then nothing is a duplicate of it.
    """

    sha256: str | None
    sender: str | None


@dataclass(slots=True)
class Version:
    """One submission among those of its report.

    `number` counts the versions from 1; it is None if the report is unknown. `content` is None if
    its delivery was withdrawn: then nothing is a duplicate of it.
    """

    id: int
    turn: Turn
    attempt: int
    content: Content | None = None
    number: int | None = None
    known_from: datetime | None = None
    known_to: datetime | None = None
    superseded_by_id: int | None = None
    stored_number: int | None = None
    """Its number in the table; None if it has no row yet."""
    has_ended: bool = False
    """Whether this transaction closed it."""

    @property
    def is_current(self) -> bool:
        """Tell whether this version is current."""
        return self.known_from is not None and self.known_to is None

    def end(self, moment: datetime, successor: int | None) -> None:
        """Close this version at `moment`: the submission `successor` replaces it, or none does."""
        self.known_to = moment
        self.superseded_by_id = successor
        self.has_ended = True


class VersionHistory:
    """The versions of some reports: those on record and those that this transaction adds.

    Save the numbers before the new rows are inserted, since no two rows may have one number. Save
    the ends after it, since a closed row points to the row of its successor.
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
        """Return the versions on record of `reports`, and all of the deliveries `checked_before`.

        The latter may be of other reports: an earlier check may have read another period.
        """
        history = cls()
        found: dict[int, Row[Any]] = {}
        for condition in (*_of_reports(reports), *_of_deliveries(checked_before)):
            rows = session.execute(_READ.where(condition))
            found |= {row.id: row for row in rows}
        for row in found.values():
            version = Version(
                id=row.id,
                turn=Turn(row.received_at, row.delivery_id),
                attempt=row.attempt,
                content=None if row.withdrawn_at else Content(row.sha256, row.sender_unit),
                number=row.version,
                known_from=row.known_from,
                known_to=row.known_to,
                stored_number=row.version,
            )
            report = report_key(row.form_code, row.unit_code, row.period, row.stage)
            history.add(report, version)
        return history

    def add(self, report: ReportKey | None, version: Version) -> None:
        """Add a version without changing it or any other."""
        if report is not None:
            self._of_report[report].append(version)
        self._of_delivery[version.turn.delivery_id].append(version)

    def number_next(self, report: ReportKey, version: Version) -> None:
        """Give a version the number after the newest one of its report."""
        numbers = [each.number or 0 for each in self._of_report[report]]
        # The first version has the number 1.
        version.number = 1 + max(numbers, default=0)

    def number_by_turn(self, report: ReportKey, version: Version) -> None:
        """Give a late version the number of its turn; later versions move up by one."""
        others = self._of_report[report]
        later_numbers = [each.number or 0 for each in others if each.turn > version.turn]
        # It is the latest after all: it keeps the number that it has.
        if not later_numbers:
            return
        first = min(later_numbers)
        version.number = first
        for each in others:
            if each.number is not None and each.number >= first:
                each.number += 1

    def newer_current(self, report: ReportKey | None, turn: Turn) -> Version | None:
        """Return the current version of a report if a later delivery brought it, else None."""
        if report is None:
            return None
        for version in self._of_report[report]:
            if version.is_current and version.turn > turn:
                return version
        return None

    def latest(self, report: ReportKey) -> Version | None:
        """Return the version of a report that the latest delivery brought, else None.

        Deliveries that were withdrawn brought none.
        """
        remaining = [each for each in self._of_report[report] if each.content is not None]
        return max(remaining, key=lambda version: version.turn, default=None)

    def has_delivery(self, number: int) -> bool:
        """Tell whether a delivery brought any version."""
        return bool(self._of_delivery.get(number))

    def supersede(self, report: ReportKey, successor: Version, now: datetime) -> None:
        """Make a version the current one of its report, and close the one that was.

        It begins `now`, or with the latest time of the other versions if the machine's clock was
        set back.
        """
        others = self._of_report[report]
        moments = [now]
        for each in others:
            if each.known_from is not None:
                moments.append(each.known_from)
            if each.known_to is not None:
                moments.append(each.known_to)
        begins = max(moments)
        successor.known_from = begins
        for each in others:
            if each.is_current:
                each.end(begins, successor.id)

    def end_earlier(self, successor: Version, now: datetime) -> None:
        """Close what an earlier check of the same delivery accepted and this one did not replace.

        For example, the earlier check read another period.
        """
        for each in self._of_delivery[successor.turn.delivery_id]:
            if each.is_current and each.attempt < successor.attempt:
                # The clock may have been set back: a version does not end before it began.
                moment = max(now, each.known_from or now)
                each.end(moment, successor.id)

    def current_of_delivery(self, number: int) -> list[Version]:
        """Return the current versions that a delivery brought."""
        return [each for each in self._of_delivery[number] if each.is_current]

    def ended_without_successor(self) -> list[Version]:
        """Return the versions that this transaction closed without another one in their place."""
        return [each for each in self._all() if each.has_ended and each.superseded_by_id is None]

    def save_numbers(self, session: Session) -> None:
        """Update the numbers that changed."""
        moved = [each for each in self._all() if each.stored_number not in (None, each.number)]
        # The greatest first, so that each row finds its new number free.
        moved.sort(key=lambda each: each.number or 0, reverse=True)
        if moved:
            numbers = [{"row": each.id, "number": each.number} for each in moved]
            session.connection().execute(_MOVE, numbers)

    def save_ends(self, session: Session) -> None:
        """Update the rows that this transaction closed, those it inserted included."""
        ended = [each for each in self._all() if each.has_ended]
        rows = [{"row": e.id, "until": e.known_to, "successor": e.superseded_by_id} for e in ended]
        if rows:
            session.connection().execute(_END, rows)

    def _all(self) -> Iterator[Version]:
        return chain.from_iterable(self._of_delivery.values())


_READ = select(
    SubmissionRow.id,
    SubmissionRow.delivery_id,
    SubmissionRow.attempt,
    SubmissionRow.form_code,
    SubmissionRow.unit_code,
    SubmissionRow.period,
    SubmissionRow.stage,
    SubmissionRow.version,
    SubmissionRow.known_from,
    SubmissionRow.known_to,
    DeliveryRow.received_at,
    DeliveryRow.sha256,
    DeliveryRow.sender_unit,
    DeliveryRow.withdrawn_at,
).join(DeliveryRow, DeliveryRow.id == SubmissionRow.delivery_id)
_OF_ROW = update(SubmissionRow).where(SubmissionRow.id == bindparam("row"))
_MOVE = _OF_ROW.values(version=bindparam("number"))
_END = _OF_ROW.values(known_to=bindparam("until"), superseded_by_id=bindparam("successor"))


def _of_reports(reports: Iterable[ReportKey | None]) -> Iterator[ColumnElement[bool]]:
    """Yield conditions that the index serves: the units of one form, period and stage."""
    units: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for report in reports:
        if report is not None:
            units[report.form, report.period, report.stage].add(report.unit)
    for (form, period, stage), unit_codes in units.items():
        is_of_group = and_(
            SubmissionRow.form_code == form,
            SubmissionRow.period == period,
            SubmissionRow.stage == stage,
        )
        for portion in portions(sorted(unit_codes)):
            yield is_of_group & SubmissionRow.unit_code.in_(portion)


def _of_deliveries(deliveries: Iterable[int]) -> Iterator[ColumnElement[bool]]:
    for portion in portions(sorted(deliveries)):
        yield SubmissionRow.delivery_id.in_(portion)
