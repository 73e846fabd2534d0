"""Deliveries read from the archive, here or by workers on other machines."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import TYPE_CHECKING

from connectors.reader.reader_pool import Outcome, Readers, Unread
from flows.archive import open_archive
from flows.fan_out import FanOut, ResultT, Work
from program.delivery import Delivery
from program.errors import ArchiveError
from program.pack.pack import Pack
from program.parsed_report import ParsedReport
from program.settings import Settings, load_settings

if TYPE_CHECKING:
    from connectors.archive import Archive


class ArchivedReading:
    """Reads deliveries from the archive by one pack, in processes that can be killed.

    A copy on another machine opens MTQG_ARCHIVE_URL there, with the secrets of that machine, and
    has one process that reads: a worker is one of many.
    """

    def __init__(self, settings: Settings, pack: Pack) -> None:
        """Prepare the reading. Nothing is opened before the first delivery."""
        self._settings = settings
        self._pack = pack
        self._forms = {(form.code, form.version): form for form in pack.forms}
        self._archive: Archive | None = None
        self._readers: Readers | None = None

    def __reduce__(self) -> tuple[object, ...]:
        return _on_worker, (self._settings.without_secrets(), self._pack)

    def __call__(self, deliveries: Sequence[Delivery]) -> list[list[Outcome]]:
        """Return the outcomes of each delivery, in order.

        Raises ArchiveError if there is no archive, and ReaderError if no process can read.
        """
        archive = self._opened_archive()
        if self._readers is None:
            self._readers = Readers(self._pack, self._settings)

        def content_of(delivery: Delivery) -> bytes | None:
            return archive.get(delivery.sha256) if delivery.sha256 else None

        return list(self._readers.read_each(deliveries, content_of))

    def with_own_form(self, reading: ParsedReport) -> ParsedReport:
        """Return a parsed report with the form of this process's pack.

        Each task of a worker brings its own copy. Equal copies would be compared in whole.
        """
        if reading.form is None:
            return reading
        form = self._forms[reading.form.code, reading.form.version]
        if reading.form is form:
            return reading
        return replace(reading, form=form)

    def close(self) -> None:
        """End the processes that read."""
        if self._readers is not None:
            self._readers.close()
        self._readers = None

    def _opened_archive(self) -> "Archive":
        if self._archive is None:
            archive = open_archive(self._settings)
            # A worker without the shared folder would find every delivery missing.
            if not archive.exists():
                raise ArchiveError(
                    f"archive: nothing is at {self._settings.archive_url} on this machine; "
                    "MTQG_ARCHIVE_URL must lead each worker to the same archive"
                )
            self._archive = archive
        return self._archive


def _on_worker(settings: Settings, pack: Pack) -> ArchivedReading:
    """Return the same reading on a worker's machine."""
    of_worker = {"secrets": load_settings().secrets, "readers": 1}
    return ArchivedReading(settings.model_copy(update=of_worker), pack)


def read_archived(
    fan_out: FanOut,
    reading: ArchivedReading,
    deliveries: Iterable[Delivery],
) -> Iterator[list[Outcome]]:
    """Yield the outcomes of each delivery, in order. `deliveries` may be read ahead."""
    for outcomes in by_delivery(fan_out, reading, deliveries):
        yield [_with_own_form(outcome, reading) for outcome in outcomes]


def _with_own_form(outcome: Outcome, reading: ArchivedReading) -> Outcome:
    return outcome if isinstance(outcome, Unread) else reading.with_own_form(outcome)


def by_delivery(
    fan_out: FanOut,
    work: Work[Sequence[Delivery], Sequence[ResultT]],
    deliveries: Iterable[Delivery],
) -> Iterator[ResultT]:
    """Yield what a work makes of each delivery, in order. `deliveries` may be read ahead."""
    slices = _slices(deliveries, fan_out.most_deliveries)
    return chain.from_iterable(fan_out.map(work, slices))


def _slices(deliveries: Iterable[Delivery], size: int) -> Iterator[list[Delivery]]:
    remaining = iter(deliveries)
    while found := list(islice(remaining, size)):
        yield found
