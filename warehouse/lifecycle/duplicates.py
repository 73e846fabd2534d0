"""Which deliveries are duplicates: the bytes of what counts now, sent again by the same sender.

A sends again what another file has replaced: then A is a new version, for the sender means it. So
only the bytes of a report's latest version are a duplicate. Which reports a file holds is known
once it was read. An arrival is a duplicate at once only where that is certain, and otherwise waits;
its load decides.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from warehouse.database.portions import portions
from warehouse.lifecycle.versions import Content, ReportKey, VersionHistory
from warehouse.states import DeliveryState
from warehouse.tables import DeliveryRow, SubmissionRow

_WAITING = (DeliveryState.RECEIVED, DeliveryState.ZIP_PENDING, DeliveryState.MAIL_PENDING)
_NO_ORIGINAL = (DeliveryState.DUPLICATE, DeliveryState.ATTACHMENT, DeliveryState.HELD)


class SentBefore:
    """The earlier deliveries with the contents of some arrivals.

    Duplicates, attachments, held and withdrawn deliveries do not count: of each content, the latest
    other one does. `waiting_container` is the zip or mail from which the arrivals come, which is
    none of them.
    """

    def __init__(
        self, session: Session, contents: Sequence[Content], waiting_container: int | None = None
    ) -> None:
        self._latest = _latest_deliveries(session, contents)
        self._busy_senders = _senders_with_waiting(session, contents, waiting_container)
        self._superseded = _superseded(session, self._latest.values())

    def place(
        self, number: int, content: Content, waits_as: DeliveryState
    ) -> tuple[DeliveryState, int | None]:
        """Return the state of a new delivery, and an earlier one with its content, if any.

        It waits where another delivery of its sender waits: that one may become the latest version
        of the same report.
        """
        earlier = self._latest.get(content)
        is_sender_busy = content.sender in self._busy_senders
        is_certain = not is_sender_busy and earlier not in self._superseded
        # A file without a hash was not kept: nothing shows what was in it.
        if content.sha256 is not None and earlier is not None and is_certain:
            return DeliveryState.DUPLICATE, earlier
        # This delivery waits now too: what its sender sends after it is not certain.
        self._busy_senders.add(content.sender)
        if content.sha256 is not None:
            self._latest[content] = number
        return waits_as, earlier


def _latest_deliveries(session: Session, contents: Sequence[Content]) -> dict[Content, int]:
    columns = (DeliveryRow.sha256, DeliveryRow.sender_unit)
    latest: dict[Content, int] = {}
    kept = {content.sha256 for content in contents if content.sha256 is not None}
    for portion in portions(sorted(kept)):
        query = (
            select(*columns, func.max(DeliveryRow.id))
            .where(
                DeliveryRow.sha256.in_(portion),
                DeliveryRow.state.not_in(_NO_ORIGINAL),
                DeliveryRow.withdrawn_at.is_(None),
            )
            .group_by(*columns)
        )
        for sha256, sender, number in session.execute(query):
            latest[Content(sha256, sender)] = number
    return latest


def _senders_with_waiting(
    session: Session, contents: Sequence[Content], waiting_container: int | None
) -> set[str | None]:
    """Return the senders of these contents of whom a delivery waits to be extracted or checked."""
    senders = {content.sender for content in contents}
    is_waiting = DeliveryRow.state.in_(_WAITING)
    query = select(DeliveryRow.sender_unit).where(is_waiting).distinct()
    # The zip or mail itself waits until the last of its members is recorded.
    if waiting_container is not None:
        query = query.where(DeliveryRow.id != waiting_container)
    busy = set(session.scalars(query))
    return senders & busy


def _superseded(session: Session, deliveries: Collection[int]) -> set[int]:
    """Return those of `deliveries` of which a report has a version from a later delivery.

    The reports of a zip or mail are those of its members, or of what these are duplicates of.
    """
    holders: dict[int, set[int]] = defaultdict(set)
    for number in deliveries:
        holders[number].add(number)
    holder = func.coalesce(DeliveryRow.duplicate_of_id, DeliveryRow.id)
    for portion in portions(sorted(deliveries)):
        of_container = DeliveryRow.archive_delivery_id.in_(portion)
        members = select(DeliveryRow.archive_delivery_id, holder).where(of_container)
        for container, member in session.execute(members):
            holders[member].add(container)
    found: set[int] = set()
    for portion in portions(sorted(holders)):
        for number in session.scalars(_with_later_version(portion)):
            found |= holders[number]
    return found


def _with_later_version(deliveries: Collection[int]) -> Select[tuple[int]]:
    """Query those of `deliveries` of which a report has a version from a later delivery."""
    own = aliased(SubmissionRow)
    other = aliased(SubmissionRow)
    own_file = aliased(DeliveryRow)
    other_file = aliased(DeliveryRow)
    # Of two that arrived at one moment, the later number is the later delivery.
    is_later_at_once = and_(
        other_file.received_at == own_file.received_at,
        other_file.id > own_file.id,
    )
    is_later = or_(other_file.received_at > own_file.received_at, is_later_at_once)
    is_same_report = and_(
        other.form_code == own.form_code,
        other.unit_code == own.unit_code,
        other.period == own.period,
        other.stage == own.stage,
    )
    return (
        select(own.delivery_id)
        .join(own_file, own_file.id == own.delivery_id)
        .join(other, is_same_report)
        .join(other_file, other_file.id == other.delivery_id)
        .where(
            own.delivery_id.in_(deliveries),
            # Only its last check counts: an earlier one may have read other reports in it.
            own.attempt == own_file.attempt,
            other_file.withdrawn_at.is_(None),
            is_later,
        )
        .distinct()
    )


@dataclass(frozen=True, slots=True)
class Candidate:
    """A delivery that waits and may be a duplicate of `earlier`, which has the same content."""

    number: int
    content: Content
    earlier: int | None


class DuplicateFinder:
    """Finds the duplicates among the deliveries that one transaction is about to record.

    `history` has the versions on record of their reports, and those that the transaction added.
    """

    def __init__(self, session: Session, history: VersionHistory) -> None:
        self._session = session
        self._history = history
        self._touched = _TouchedFiles(session)
        self.found: dict[int, int] = {}
        """The original of each duplicate."""

    def is_duplicate(self, candidate: Candidate, reports: Iterable[ReportKey | None]) -> bool:
        """Tell whether the latest version of each of its reports has the same content already.

        `reports` are those that the delivery holds; None stands for one whose key is unknown.
        """
        if candidate.content.sha256 is None:
            return False
        originals: set[int] = set()
        for report in reports:
            original = self._original_of(candidate, report)
            # One report that is new makes the whole delivery a new one.
            if original is None:
                return False
            originals.add(original)
        self.found[candidate.number] = max(originals)
        return True

    def _original_of(self, candidate: Candidate, report: ReportKey | None) -> int | None:
        if report is None:
            # Nothing can replace a report that nobody can name.
            return self._on_record(candidate.earlier)
        latest = self._history.latest(report)
        if latest is None:
            return None
        original = latest.turn.delivery_id
        if latest.content == candidate.content:
            return original
        if candidate.earlier is None:
            return None
        # The bytes of an older version: meant as a new one, unless the whole folder was touched.
        if self._touched.include(candidate.number, original):
            return candidate.earlier
        return None

    def _on_record(self, number: int | None) -> int | None:
        """Return a delivery if it was checked; of a duplicate, its original."""
        if number is None or self._history.has_delivery(number):
            return number
        if number in self.found:
            return self.found[number]
        row = self._session.get_one(DeliveryRow, number)
        if row.state is DeliveryState.DUPLICATE:
            return row.duplicate_of_id
        if row.state in _WAITING or row.withdrawn_at is not None:
            return None
        return number


class _TouchedFiles:
    """Files of which a run got the same bytes again from the same place: only the time changed.

    A sender who puts a file into its place once more means it. But if the file that replaced it was
    put into its place once more in the same run, somebody copied or touched the whole folder, and
    means nothing.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._of_run: dict[int, set[tuple[str, str, str | None]]] = {}

    def include(self, delivery: int, successor: int) -> bool:
        """Tell whether the run that recorded `delivery` got both files again from their places."""
        row = self._session.get_one(DeliveryRow, delivery)
        if row.run_id not in self._of_run:
            self._of_run[row.run_id] = set(self._read(row.run_id))
        touched = self._of_run[row.run_id]
        if _file_of(row) not in touched:
            return False
        successor_row = self._session.get_one(DeliveryRow, successor)
        return _file_of(successor_row) in touched

    def _read(self, run_id: int) -> Iterator[tuple[str, str, str | None]]:
        again = aliased(DeliveryRow)
        before = aliased(DeliveryRow)
        between = aliased(DeliveryRow)
        # Other bytes came to the place in between: then the sender put the old ones back.
        has_changed = (
            select(between.id)
            .where(
                _is_of_place(between, again),
                between.id > before.id,
                between.id < again.id,
                between.sha256 != again.sha256,
            )
            .exists()
        )
        query = (
            select(again.source, again.external_id, again.sha256)
            .join(before, _is_of_place(before, again))
            .where(
                again.run_id == run_id,
                before.id < again.id,
                before.sha256 == again.sha256,
                ~has_changed,
            )
            .distinct()
        )
        yield from self._session.execute(query).tuples()


def _is_of_place(one: type[DeliveryRow], other: type[DeliveryRow]) -> ColumnElement[bool]:
    """SQL condition: the two deliveries come from one place of a source."""
    return and_(one.source == other.source, one.external_id == other.external_id)


def _file_of(row: DeliveryRow) -> tuple[str, str, str | None]:
    return row.source, row.external_id, row.sha256
