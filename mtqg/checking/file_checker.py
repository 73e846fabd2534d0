"""Read files and check the parsed reports of a chunk as one batch. Nothing is written."""

import logging
import stat
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

from connectors.reader.open.signatures import ZIP
from connectors.reader.reader_pool import Readers, Unread
from connectors.sources.folder import Folder
from connectors.sources.register import connect
from connectors.zip_deliveries import is_zip_of_reports, members_of, refuse_zip
from expectations.checking import Checker
from expectations.rules.rule_set import Language, RuleSet
from expectations.run.isolate_failures import check_isolating_failures
from mtqg.checking.files import shown
from mtqg.checking.verdicts import Checked, CheckFailure, FailureKind
from program.delivery import Delivery
from program.errors import SourceError
from program.finding import ReaderFinding
from program.pack.pack import Pack
from program.pack.source import FolderSource
from program.parsed_report import ParsedReport
from program.records.history import (
    HISTORY_PERIODS,
    History,
    history_keys,
    line_elements,
    no_history,
)
from program.settings import Settings
from program.submission import Submission
from warehouse.database.engine import Warehouse
from warehouse.queries.history import past_of

logger = logging.getLogger("mtqg.checking.check")


@dataclass(frozen=True, slots=True)
class _Input:
    """A file to check, or a member of a zip.

    A member has its name in the zip, and its bytes unless `refusal` says why it was not unpacked.
    """

    path: Path
    member: str | None = None
    content: bytes | None = None
    refusal: ReaderFinding | None = None

    @property
    def shown(self) -> Path:
        if self.member is None:
            return self.path
        return Path(f"{self.path} / {self.member}")


class _Result(NamedTuple):
    """The result for one parsed report. `number` is that of its input within the chunk."""

    number: int
    result: Submission | CheckFailure


class FileChecker:
    """Gives the verdict on files, as a run does.

    Without a `sender`, the folder of a file says who sent it. Without a warehouse, reports are
    compared with each other only.
    """

    def __init__(
        self,
        pack: Pack,
        settings: Settings,
        readers: Readers,
        sender: str | None,
        lang: Language,
        warehouse: Warehouse | None,
    ) -> None:
        self._pack = pack
        self._readers = readers
        self._settings = settings
        self._rules = RuleSet(pack, lang=lang)
        self._sender = sender
        self._warehouse = warehouse
        self._inboxes = list(_local_inboxes(settings, pack))

    def check(self, files: Sequence[Path], advance: Callable[[float], None]) -> list[Checked]:
        """Return the results for all files, in order, one per report of a file.

        `advance` gets numbers of files: in sum, half of them after reading and half after
        checking. A file that cannot be opened, or on which the program fails, becomes a Failure
        and does not stop the others. Raises ConfigurationError for an invalid rule, and
        ReaderError where no reading process starts.
        """
        inputs: list[_Input] = []
        for path in files:
            inputs += self._inputs_of(path)
        results: dict[int, list[Checked]] = defaultdict(list)
        half_of_all = 0.5 * len(files)
        readings: list[ParsedReport] = []
        for outcome in self._read(inputs):
            number = outcome.delivery.id
            is_first = True
            if isinstance(outcome, Unread):
                entry = inputs[number]
                failure = _failure_of(entry.path, outcome.error)
                results[number].append(Checked(entry.shown, failure))
            else:
                readings.append(outcome)
                is_first = outcome.report_no == 1
            # A file with several reports counts once.
            if is_first:
                advance(half_of_all / len(inputs))
        for number, result in self._verdicts(readings):
            entry = inputs[number]
            # `content` reads the bytes again only where the file is to be marked.
            content = partial(self._content, entry)
            checked = Checked(entry.shown, result, content)
            results[number].append(checked)
        advance(half_of_all)
        # A chunk is checked form by form: bring the results back into the order of the files.
        in_order: list[Checked] = []
        for number in range(len(inputs)):
            in_order += results[number]
        return in_order

    def _read(self, inputs: Sequence[_Input]) -> Iterator[ParsedReport | Unread]:
        """Yield the outcome for each report in the inputs.

        The id of a delivery is the number of its input within the chunk.
        """
        deliveries = [self._delivery(entry, number) for number, entry in enumerate(inputs)]

        def content_of(delivery: Delivery) -> bytes | None:
            return self._content(inputs[delivery.id])

        yield from self._readers.read(deliveries, content_of)

    def _inputs_of(self, path: Path) -> Iterator[_Input]:
        """Yield a file as it is, or each member of a zip that holds workbooks.

        Members that only accompany a workbook are left out.
        """
        limits = self._settings.limits
        try:
            content = _content(path, self._settings.max_delivery_bytes) if _is_zip(path) else None
        except OSError:  # reading the file reports the error
            content = None
        if content is None or not is_zip_of_reports(content):
            yield _Input(path)
            return
        refusal = refuse_zip(content, limits)
        if refusal:
            yield _Input(path, refusal=refusal)
            return
        for member in members_of(content, limits):
            if not member.is_attachment:
                yield _Input(path, member.name, member.content, member.refusal)

    def _content(self, entry: _Input) -> bytes | None:
        if entry.member is not None:
            return entry.content
        return _content(entry.path, self._settings.max_delivery_bytes)

    def _delivery(self, entry: _Input, number: int) -> Delivery:
        return Delivery(
            id=number,
            source="check",
            channel="file",
            name=shown(Path(entry.shown.name)),
            received_at=datetime.now(UTC),
            sha256=None,
            sender_unit=self._sender or self._sender_by_folder(entry.path),
            refusal=entry.refusal,
        )

    def _sender_by_folder(self, path: Path) -> str | None:
        """Return the sender by the file's folder, None outside all folder sources."""
        try:
            place = str(path.parent.resolve() / path.name)
        except (OSError, RuntimeError, ValueError):
            # Links in a circle, or a NUL in the name: reading the file reports the error.
            return None
        for inbox in self._inboxes:
            below = inbox.path_below(place)
            if below is not None:
                return inbox.sender_of(below)
        return None

    def _verdicts(self, readings: Sequence[ParsedReport]) -> Iterator[_Result]:
        """Yield a result for each parsed report: a submission without facts, or a failure.

        All parsed reports are one batch. If it fails, each one that also fails alone is a failure.
        """
        failures: list[_Result] = []

        def keep_failure(reading: ParsedReport, wrong: Exception) -> None:
            failures.append(_Result(reading.delivery.id, _program_failure(wrong)))

        submissions = check_isolating_failures(self._check_batch, readings, keep_failure)
        yield from failures
        for submission in submissions:
            # Only the warehouse needs facts. Without them, thousands of files fit into memory.
            yield _Result(submission.delivery.id, replace(submission, facts=()))

    def _check_batch(self, readings: Sequence[ParsedReport]) -> list[Submission]:
        if not readings:
            return []
        # A checker keeps all results for Data Docs, which a check does not have. Each chunk gets
        # its own, so that memory does not grow.
        checker = Checker(self._pack, self._rules, "check")
        return checker.check(readings, self._past(readings))

    def _past(self, readings: Iterable[ParsedReport]) -> History:
        """Return the warehouse's reports of these units and their peers; empty without one."""
        if self._warehouse is None:
            return no_history()
        requested = history_keys(readings, self._pack.units)
        elements = line_elements(self._pack.forms)
        return past_of(self._warehouse, requested, elements, HISTORY_PERIODS)


def _local_inboxes(settings: Settings, pack: Pack) -> Iterator[Folder]:
    """Yield the folder sources on this machine.

    A file to check is in no other source, and a remote one would need a connection.
    """
    for source in pack.sources:
        if not isinstance(source, FolderSource):
            continue
        url = settings.inbox_url or source.url
        if "://" in url and not url.startswith("file://"):
            continue
        try:
            inbox = connect(source, settings, pack)
        except SourceError as wrong:
            # The inbox only says who sent a file. A check goes on without.
            logger.debug("check source=%s reason=%s", source.name, wrong)
            continue
        if isinstance(inbox, Folder):
            yield inbox


def _is_zip(path: Path) -> bool:
    """Return whether a file begins as a zip does. Raises OSError; never waits for a pipe."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(ZIP)) == ZIP


def _content(path: Path, limit: int) -> bytes | None:
    """Return a file's bytes, None for more than `limit`. Raises OSError; never waits for a pipe."""
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        # A folder is among the files only where it cannot be listed: raise that error.
        list(path.iterdir())
    if not stat.S_ISREG(status.st_mode):
        raise _SpecialFileError(str(path))
    if status.st_size > limit:
        return None
    return path.read_bytes()


class _SpecialFileError(OSError):
    """A pipe, a device, or a folder."""


def _failure_of(path: Path, wrong: Exception) -> CheckFailure:
    match wrong:
        case FileNotFoundError() | NotADirectoryError():
            # A link is listed although what it leads to is gone.
            kind = FailureKind.LINK if path.is_symlink() else FailureKind.MISSING
            return CheckFailure(kind)
        case PermissionError():
            return CheckFailure(FailureKind.PERMISSION)
        case _SpecialFileError():
            return CheckFailure(FailureKind.SPECIAL)
        case OSError():
            reason = wrong.strerror or type(wrong).__name__
            return CheckFailure(FailureKind.SYSTEM, reason)
        case _:
            return _program_failure(wrong)


def _program_failure(wrong: Exception) -> CheckFailure:
    logger.debug("check failed", exc_info=wrong)
    return CheckFailure(FailureKind.PROGRAM, f"{type(wrong).__name__}: {wrong}")
