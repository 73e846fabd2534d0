"""A run in a forked process, by its steps alone: what is read and checked comes from memory, all that is kept is real.

Reading and checking cost seconds and keep nothing; the processes that read have tests of their own (`test_workers.py`).
"""

import hashlib
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import Message
from pathlib import Path

import flows.night.run_context
from connectors.mails.inbound import read_mail
from connectors.mails.mail_deliveries import extractable_mail, files_of_mail
from connectors.reader.reader import read_parts
from connectors.zip_deliveries import is_zip_of_reports, members_of
from expectations.checking import Checker
from expectations.rules.rule_set import RuleSet
from flows.night import collecting, steps
from flows.night.run_context import RunContext, open_run
from program.delivery import Delivery
from program.errors import MtqgError
from program.finding import Finding, Severity
from program.pack.pack import Pack
from program.parsed_report import ParsedReport
from program.records.current_report import CurrentReport
from program.settings import Settings
from program.submission import Submission
from tests.kills.ends import replace_with
from tests.state_guard import states_watched
from warehouse.database.run_lock import exclusive_briefly, exclusive_run
from warehouse.states import RunKind

FAILED, STOPPED, BROKEN = 1, 3, 70
"""How a run ends that met an error of the system and said so; that could not begin and said why.

That broke without a word.
"""


@dataclass(frozen=True)
class Memory:
    """What reading and checking the sample gave, by the bytes' sha256 and the part's number."""

    pack: Pack
    rules: RuleSet
    readings: dict[str, list[ParsedReport]]
    submissions: dict[tuple[str | None, int], Submission]

    @classmethod
    def of(cls, inbox: Path, pack: Pack, settings: Settings) -> "Memory":
        """Read and check everything in the inbox once, the workbooks of zips too."""
        rules, readings = RuleSet(pack), {}
        for content, delivery in _deliveries(inbox, settings):
            readings[str(delivery.sha256)] = list(
                read_parts(content, delivery, pack, settings.limits)
            )
        judged = Checker(pack, rules, "kills").check(
            [reading for parts in readings.values() for reading in parts]
        )
        return cls(pack, rules, readings, {(s.delivery.sha256, s.report_no): s for s in judged})


def _deliveries(inbox: Path, settings: Settings) -> Iterator[tuple[bytes, Delivery]]:
    limits = settings.limits
    mails = sorted(Path(settings.mailbox_url.get_secret_value().partition(":")[2]).rglob("*.mail"))
    for path in [*sorted(inbox.rglob("*.*")), *mails]:
        content = path.read_bytes()
        contents = [content]
        sender = path.parent.name
        if path in mails:
            message, said = extractable_mail(content, limits), read_mail(content, None)
            assert isinstance(message, Message)
            contents = [each.content or b"" for each in files_of_mail(message, said, limits)]
            sender = "946"
        elif is_zip_of_reports(content):
            contents = [member.content or b"" for member in members_of(content, limits)]
        for each in contents:
            sha256 = hashlib.sha256(each).hexdigest()
            arrived = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            number = int(sha256[:6], 16)
            about = ("inbox", "folder", path.name, arrived, sha256, sender)
            yield each, Delivery(number, *about)


_COMPARED_UNIT = "943"
_ASKED = Finding(
    "ACR-01",
    Severity.WARNING,
    "Số liệu khác với báo cáo của xã.",
    "Đề nghị kiểm tra lại.",
    sheet="Biểu",
    cell="C7",
)


class Remembered:
    """Stands for the readers and for the checker of a run."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def read(
        self, deliveries: Sequence[Delivery], content_of: Callable[[Delivery], bytes | None]
    ) -> Iterator[ParsedReport]:
        for delivery in deliveries:
            content_of(delivery)
            for reading in self._memory.readings[str(delivery.sha256)]:
                yield replace(reading, delivery=delivery)

    def prepare(self) -> None:
        pass

    def check(self, readings: Sequence[ParsedReport], _past: object) -> list[Submission]:
        kept = self._memory.submissions
        return [
            replace(kept[r.delivery.sha256, r.report_no], delivery=r.delivery) for r in readings
        ]

    def compare(self, reports: Sequence[CurrentReport]) -> list[tuple[int, Finding]]:
        """One finding by comparison, as long as the report that it asks is current."""
        return [
            (number, _ASKED)
            for number in sorted({r.number for r in reports if r.unit == _COMPARED_UNIT})
        ]

    def publish_docs(self, folder: Path) -> Path:
        return folder

    def close(self) -> None:
        pass


RUN_AT = datetime(2025, 1, 21, 5, tzinfo=UTC)
"""When the runs are: soon after the files came. By then few reports are due, which each run asks about."""

_LOCKS = {RunKind.NIGHTLY: exclusive_run, RunKind.INTAKE: exclusive_briefly}
Before = Callable[[], None]


def begin(
    settings: Settings,
    memory: Memory,
    before: Before,
    *,
    alone: bool = True,
    now: datetime = RUN_AT,
    kind: RunKind = RunKind.NIGHTLY,
) -> int:
    """Fork a run and return its process.

    `before` prepares its end; `alone`: it takes the warehouse's lock, as the flow does.
    """
    sys.stdout.flush()
    process = os.fork()
    if process:
        return process
    code = BROKEN
    try:
        before()
        code = run(settings, memory, alone=alone, now=now, kind=kind)
    except MtqgError as error:
        print(error, file=sys.stderr)
        code = STOPPED
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def run(
    settings: Settings,
    memory: Memory,
    *,
    alone: bool = True,
    now: datetime = RUN_AT,
    kind: RunKind = RunKind.NIGHTLY,
) -> int:
    """Do a run or an intake in this process and return whether it met an error.

    The process is good for nothing else then.
    """
    remembered = Remembered(memory)
    # Marking keeps nothing either, and starts a process for each run.
    replace_with("flows.mail.send_letters:attachments_of", lambda _: lambda *_: ())
    flows.night.run_context.RuleSet = lambda _pack: memory.rules  # type: ignore[assignment,misc]
    flows.night.run_context.load_pack = lambda _folder: memory.pack  # type: ignore[assignment]
    RunContext.readers = remembered  # type: ignore[assignment]
    RunContext.checker = remembered  # type: ignore[assignment]
    RunContext.now = staticmethod(lambda: now)  # type: ignore[method-assign]
    lock = nullcontext() if not alone else _LOCKS[kind](settings.warehouse_url)
    with states_watched(), lock:
        night = open_run(settings, None, kind)
        for step in _steps(night):
            with _going_on(night):
                step()
        night.finish()
    return FAILED if night.summary.errors else 0


def _steps(night: RunContext) -> Iterator[Callable[[], object]]:
    """The steps of `flows.nightly.run_steps` or of `flows.intake`, without Prefect."""
    for source in night.sources(None):
        yield lambda source=source: collecting.collect(night, source)
    yield lambda: collecting.unpack(night)
    yield lambda: steps.reopen(night)
    yield lambda: _load(night)
    if night.kind is RunKind.INTAKE:
        yield lambda: steps.alert(night)
        return
    yield lambda: steps.compare(night)
    yield lambda: steps.publish(night)
    yield lambda: steps.export(night)
    yield lambda: steps.explain(night)
    yield lambda: steps.remind(night)
    yield lambda: steps.alert(night)


def _load(night: RunContext) -> None:
    for chunk in night.pending():
        steps.load(night, steps.check(night, steps.read(night, chunk)))


@contextmanager
def _going_on(night: RunContext) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        night.fail(f"{type(error).__name__}: {error}")
