"""Judging files: reading them and checking all readings of a chunk as one batch a form. Nothing is written anywhere."""

import logging
import stat
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from connectors.folder import Folder
from connectors.packages import is_package, members_of, refuse_packed
from connectors.reader.signatures import ZIP
from connectors.reader.workers import Readers, Unread
from connectors.sources import connect
from expectations.checking import Checker
from expectations.rules import Language, RuleSet
from expectations.surviving import check_surviving
from mtqg.checking.files import shown
from mtqg.checking.verdicts import Checked, Failure
from program.delivery import Delivery
from program.errors import SourceError
from program.finding import Problem
from program.history import Past, asked_of, line_elements, no_past
from program.pack import Pack
from program.reading import Reading
from program.settings import Settings
from program.source import FolderSource
from program.submission import Submission
from warehouse.engine import Warehouse
from warehouse.history import past_of

logger = logging.getLogger("mtqg.checking.command")


@dataclass(frozen=True, slots=True)
class _Sent:
    """A file to check, or one in a zip: then with its name there and its bytes, None where it was not taken out."""

    path: Path
    member: str | None = None
    content: bytes | None = None
    refusal: Problem | None = None

    @property
    def shown(self) -> Path:
        return self.path if self.member is None else Path(f"{self.path} / {self.member}")


class Judge:
    """Gives the verdict on files, as the night would.

    `sender` None: by the folder that each lies in; `warehouse` None: compared with each other alone.
    """

    def __init__(
        self, pack: Pack, settings: Settings, readers: Readers, sender: str | None, lang: Language, warehouse: Warehouse | None
    ) -> None:
        self._pack = pack
        self._readers = readers
        self._settings = settings
        self._rules = RuleSet(pack, lang=lang)
        self._sender = sender
        self._warehouse = warehouse
        self._inboxes = list(_local_inboxes(settings, pack))

    def check(self, files: Sequence[Path], advance: Callable[[float], None]) -> list[Checked]:
        """Return what is to be said of each file, in order, part by part; `advance` hears of each half of its way that is done.

        A file that cannot be opened, or that the program cannot handle, is a failure of its own and stops no other.
        Raises ConfigurationError for a rule that is wrong in itself, ReaderError where no process that reads can be started.
        """
        readings: list[Reading] = []
        found: dict[int, list[Checked]] = defaultdict(list)
        sent = [each for path in files for each in self._unpacked(path)]
        deliveries = [self._delivery(each, number) for number, each in enumerate(sent)]
        for outcome in self._readers.read(deliveries, lambda delivery: self._content(sent[delivery.id])):
            number = outcome.delivery.id
            if isinstance(outcome, Unread):
                found[number].append(Checked(sent[number].shown, _failure_of(sent[number].path, outcome.error)))
            else:
                readings.append(outcome)
            if isinstance(outcome, Unread) or outcome.part == 1:
                advance(0.5 * len(files) / len(sent))
        for number, result in self._verdicts(readings):
            found[number].append(Checked(sent[number].shown, result, partial(self._content, sent[number])))
        advance(0.5 * len(files))
        return [checked for number in range(len(sent)) for checked in found[number]]

    def _unpacked(self, path: Path) -> Iterator["_Sent"]:
        """Yield a file as it is; of a zip of workbooks each file in it, but for what only goes with them."""
        try:
            content = _content(path, self._settings.max_delivery_bytes) if _is_zip(path) else None
        except OSError:  # whoever opens it says so
            content = None
        if content is None or not is_package(content):
            yield _Sent(path)
        elif refusal := refuse_packed(content, self._settings.limits):
            yield _Sent(path, refusal=refusal)
        else:
            members = members_of(content, self._settings.limits)
            yield from (_Sent(path, m.name, m.content, m.refusal) for m in members if not m.is_enclosure)

    def _content(self, sent: "_Sent") -> bytes | None:
        return _content(sent.path, self._settings.max_delivery_bytes) if sent.member is None else sent.content

    def _delivery(self, sent: "_Sent", number: int) -> Delivery:
        return Delivery(
            id=number,
            source="check",
            channel="file",
            name=shown(Path(sent.shown.name)),
            received_at=datetime.now(UTC),
            sha256=None,
            sender_unit=self._sender or self._sender_by_folder(sent.path),
            refusal=sent.refusal,
        )

    def _sender_by_folder(self, path: Path) -> str | None:
        """Return the sender that the night would take a file to be from, None outside every folder source."""
        try:
            place = str(path.parent.resolve() / path.name)
        except (OSError, RuntimeError, ValueError):  # links in a circle, a NUL in the name: whoever opens it says so
            return None
        for inbox in self._inboxes:
            below = inbox.path_below(place)
            if below is not None:
                return inbox.sender_of(below)
        return None

    def _verdicts(self, readings: Sequence[Reading]) -> Iterator[tuple[int, Submission | Failure]]:
        """Yield the verdict on each reading: one batch; where that fails, of those that fail alone the reason instead."""
        failures: list[tuple[int, Failure]] = []
        submissions = check_surviving(
            self._batch, readings, lambda reading, wrong: failures.append((reading.delivery.id, _fault(wrong)))
        )
        yield from failures
        # Facts are for the warehouse; without them thousands of files fit into memory.
        yield from ((s.delivery.id, replace(s, facts=())) for s in submissions)

    def _batch(self, readings: Sequence[Reading]) -> list[Submission]:
        if not readings:
            return []
        # A checker remembers all that it saw for Data Docs, which a check has none of: each chunk gets its own.
        checker = Checker(self._pack, self._rules, "check", history_periods=self._settings.history_periods)
        return checker.check(readings, self._past(readings))

    def _past(self, readings: Iterable[Reading]) -> Past:
        """Return what the warehouse knows of these readings' units and peers; nothing where there is no warehouse."""
        if self._warehouse is None:
            return no_past()
        asked = asked_of(readings, self._pack.units)
        return past_of(self._warehouse, asked, line_elements(self._pack.forms), self._settings.history_periods)


def _local_inboxes(settings: Settings, pack: Pack) -> Iterator[Folder]:
    """Yield the folder sources of this machine: a file to check lies in no other, and asking one takes a connection."""
    for source in pack.sources:
        if isinstance(source, FolderSource):
            url = settings.inbox_url or source.url
            if "://" not in url or url.startswith("file://"):
                try:
                    inbox = connect(source, settings, pack)
                except SourceError as wrong:
                    logger.debug("check source=%s reason=%s", source.name, wrong)
                    continue
                if isinstance(inbox, Folder):
                    yield inbox


def _is_zip(path: Path) -> bool:
    """Tell whether a file begins as a zip does. Raises OSError; never waits, as for a pipe."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(ZIP)) == ZIP


def _content(path: Path, limit: int) -> bytes | None:
    """Return a file's bytes, None where they are more than `limit`. Raises OSError; never waits, as for a pipe."""
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        list(path.iterdir())  # a folder stands for itself only where it could not be listed
    if not stat.S_ISREG(status.st_mode):
        raise _SpecialFileError(str(path))
    return path.read_bytes() if status.st_size <= limit else None


class _SpecialFileError(OSError):
    """A pipe, a device, or a folder."""


def _failure_of(path: Path, wrong: Exception) -> Failure:
    match wrong:
        case FileNotFoundError() | NotADirectoryError():
            return Failure("link" if path.is_symlink() else "missing")
        case PermissionError():
            return Failure("permission")
        case _SpecialFileError():
            return Failure("special")
        case OSError():
            return Failure("system", wrong.strerror or type(wrong).__name__)
        case _:
            return _fault(wrong)


def _fault(wrong: Exception) -> Failure:
    logger.debug("check failed", exc_info=wrong)
    return Failure("program", f"{type(wrong).__name__}: {wrong}")
