"""Readers in processes of their own: what hangs, crashes or eats memory ends in a verdict, and the next file is read."""

import io
import random
import re
import resource
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest
import xlsxwriter

from connectors.reader import reader_pool
from connectors.reader.reader_pool import Outcome, Readers, Unread
from program.errors import ArchiveError, ReaderError
from program.killable import process
from program.pack.pack import Pack
from program.parsed_report import ParsedReport
from program.settings import ROOT, Settings
from tests.conftest import SAMPLES, delivery
from tests.faults import Large, Unloadable, faulty
from tests.waiting import wait_for
from tests.workbooks import report

Members = dict[str, bytes]
SECONDS = 30.0
MEMORY = 400_000_000


@cache
def good() -> bytes:
    return report()


def limited(**more: object) -> Settings:
    return Settings(
        _env_file=None,
        **{"readers": 1, "reading_seconds": SECONDS, "reading_bytes": MEMORY, **more},
    )


@pytest.fixture(scope="module")
def readers(pack: Pack) -> Iterator[Readers]:
    with Readers(pack, limited(), faulty) as readers:
        yield readers


def read(readers: Readers, *contents: bytes, names: Sequence[str] = ()) -> list[Outcome]:
    """Read `contents`, called as the tests' reader obeys it."""
    called = [*names, *["report.xlsx"] * (len(contents) - len(names))]
    deliveries = [delivery(name, number=number) for number, name in enumerate(called)]
    return list(readers.read(deliveries, lambda delivery: contents[delivery.id]))


def said(outcome: Outcome) -> list[str]:
    """The file's problems, and its form where one was read."""
    assert isinstance(outcome, ParsedReport), outcome
    files = [
        " ".join([p.rule, *p.values.values()])
        for p in outcome.problems
        if p.rule.startswith(("FILE", "FORM-01"))
    ]
    return [*files, *([outcome.form.code] if outcome.form else [])]


# --- what a file may do to a process
# ------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["exit", "segfault", "abort", "killed"])
def test_a_file_that_ends_its_process_twice_is_reported_and_the_next_is_read(
    readers: Readers, fault: str
) -> None:
    outcomes = read(readers, good(), good(), good(), names=["first.xlsx", f"{fault}.xlsx"])
    assert [said(outcome) for outcome in outcomes] == [["training"], ["FILE-09"], ["training"]]


def test_a_file_whose_process_ended_once_is_read_by_the_next(
    pack: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What the kernel does to a process when another program has taken the memory is no file's fault."""
    monkeypatch.setenv("FAULTS_MET", str(tmp_path))
    with Readers(pack, limited(), faulty) as readers:
        assert said(read(readers, good(), names=["once-killed.xlsx"])[0]) == ["training"]
        assert said(read(readers, good(), names=["once-memory.xlsx"])[0]) == ["training"]
    assert [record.args[2:] for record in caplog.records] == [("SIGKILL", 1), ("memory", 1)]


def test_a_file_that_hangs_is_given_up_at_its_limit(pack: Pack) -> None:
    with Readers(pack, limited(reading_seconds=0.5), faulty) as readers:
        read(readers, good())
        before = _processor_seconds_of_children()
        outcomes = read(readers, good(), good(), names=["hang.xlsx"])
    assert _processor_seconds_of_children() - before < SECONDS
    assert [said(outcome) for outcome in outcomes] == [["FILE-08 0,5"], ["training"]]


def test_a_file_whose_process_waits_is_given_up_by_the_clock(pack: Pack) -> None:
    with Readers(pack, limited(reading_seconds=0.1), faulty) as readers:
        outcomes = read(readers, good(), good(), names=["wait.xlsx"])
    assert said(outcomes[0]) == ["FILE-08 0,1"]


def test_a_machine_that_is_busy_with_others_costs_a_file_nothing(pack: Pack) -> None:
    """Only its own time of the processor counts: one that was kept waiting four times its limit is read."""
    with Readers(pack, limited(reading_seconds=0.5), faulty) as readers:
        assert said(read(readers, good(), names=["kept-waiting.xlsx"])[0]) == ["training"]


def test_a_file_that_asks_for_too_much_memory_is_too_large(readers: Readers) -> None:
    outcomes = read(readers, good(), good(), names=["memory.xlsx"])
    assert [said(outcome) for outcome in outcomes] == [
        ["FILE-05 400 MB bộ nhớ khi đọc"],
        ["training"],
    ]


def test_a_process_that_babbles_is_as_good_as_dead(readers: Readers) -> None:
    outcomes = read(readers, good(), good(), names=["babble.xlsx"])
    assert [said(outcome) for outcome in outcomes] == [["FILE-09"], ["training"]]


@pytest.mark.parametrize("fault", ["bug", "unportable"])
def test_a_bug_is_the_system_s_and_comes_with_its_traceback(readers: Readers, fault: str) -> None:
    outcomes = read(readers, good(), good(), names=[f"{fault}.xlsx"])
    assert isinstance(outcomes[0], Unread)
    assert "a bug" in str(outcomes[0].error)
    assert "faults.py" in outcomes[0].error.__notes__[0]
    assert said(outcomes[1]) == ["training"]


# --- the processes themselves
# -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_several_processes_keep_the_order_and_give_the_same_readings(
    pack: Pack, readers: Readers, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = sorted(SAMPLES.glob("94[0-9]-*/*.xlsx"))[:24]
    contents = [path.read_bytes() for path in paths]
    names = [path.name for path in paths[:7]] + ["exit.xlsx"] + [path.name for path in paths[8:]]
    monkeypatch.setattr(reader_pool, "_FILES_WORTH_A_START", 5)
    monkeypatch.setattr(process, "_REQUESTS_OF_A_CHILD", 7)
    with Readers(pack, limited(readers=3), faulty) as several:
        spread = read(several, *contents, names=names)
    alone = read(readers, *contents, names=names)
    assert [outcome.delivery.name for outcome in spread] == names
    assert [said(outcome) for outcome in spread] == [said(outcome) for outcome in alone]
    for one, other in zip(spread, alone, strict=True):
        assert isinstance(one, ParsedReport)
        assert isinstance(other, ParsedReport)
        assert one.problems == other.problems
        assert all(
            one.tables[name].frame.equals(table.frame) for name, table in other.tables.items()
        )
    forms = {id(form) for form in pack.forms}
    assert all(
        isinstance(o, ParsedReport) and (o.form is None or id(o.form) in forms) for o in spread
    )


def test_bytes_that_cannot_be_had_are_no_fault_of_the_file(readers: Readers) -> None:
    def content_of(asked: object) -> bytes:
        raise ArchiveError("archive: gone")

    outcomes = list(readers.read([delivery(), delivery()], content_of))
    assert [str(outcome.error) for outcome in outcomes if isinstance(outcome, Unread)] == [
        "archive: gone"
    ] * 2
    # Each time it is asked for, a delivery has outcomes of its own.
    each = readers.read_each([delivery(), delivery()], content_of)
    assert [len(outcomes) for outcomes in each] == [1, 1]


def test_bytes_that_were_refused_before_are_too_large(readers: Readers) -> None:
    assert said(next(readers.read([delivery()], lambda _: None))) == ["FILE-05 50 MB"]


def test_who_stops_listening_leaves_no_reading_behind_for_the_next(readers: Readers) -> None:
    for outcome in readers.read([delivery(str(n), number=n) for n in range(9)], lambda _: good()):
        assert outcome.delivery.name == "0"
        break
    assert [
        outcome.delivery.name for outcome in readers.read([delivery("next")], lambda _: good())
    ] == ["next"]


def test_readers_that_cannot_start_are_an_error_and_no_file_s_fault(
    pack: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        Readers(pack, limited(), Unloadable()) as readers,
        pytest.raises(ReaderError, match="ImportError: no such library"),
    ):
        read(readers, good())
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with (
        Readers(pack, limited()) as readers,
        pytest.raises(ReaderError, match="did not start: exit 1"),
    ):
        read(readers, good())
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with (
        Readers(pack, limited()) as readers,
        pytest.raises(ReaderError, match="did not start: .*No such file"),
    ):
        read(readers, good())
    monkeypatch.setattr(process, "_START_SECONDS", 0.2)
    sleeper = tmp_path / "python"
    sleeper.write_text("#!/bin/sh\nexec sleep 3600\n")
    sleeper.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(sleeper))
    # More than a pipe holds, as a pack is that remembers what it was asked: to wait for it is to
    # wait for an hour.
    with (
        Readers(pack, limited(), Large()) as readers,
        pytest.raises(ReaderError, match="not ready after 0 s"),
    ):
        read(readers, good())


def test_a_process_imports_nothing_that_reading_does_not_use() -> None:
    code = "import sys, program.killable.child, connectors.reader.reader_pool; print(*sys.modules)"
    command = [sys.executable, "-c", code]
    imported = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert "python_calamine" in imported
    assert {
        "pandas",
        "numpy",
        "openpyxl",
        "great_expectations",
        "sqlalchemy",
        "prefect",
    }.isdisjoint(imported)


def test_processes_end_with_their_readers(pack: Pack) -> None:
    readers = Readers(pack, limited(), faulty)
    read(readers, good())
    pid = _pid_of(readers)
    assert _runs(pid)
    del readers
    assert not _runs(pid)


def test_a_process_that_hangs_ends_though_nobody_is_left_to_end_it(tmp_path: Path) -> None:
    script = f"""
import os
from program.killable.outcomes import Bounds
from program.killable.process import KillableProcess
from tests.faults import obey
process = KillableProcess(obey, Bounds(0.5, 400_000_000))
process.send("hang")
assert process.receive(process.seconds_left()) is None  # it is ready, and begins to hang
open({str(tmp_path / "pid")!r}, "w").write(str(process._child.popen.pid))
os.kill(os.getpid(), 9)
"""
    ended = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False)
    assert ended.returncode == -signal.SIGKILL
    pid = int((tmp_path / "pid").read_text())
    assert wait_for(lambda: not _runs(pid), "the process that hangs ends")


def _pid_of(readers: Readers) -> int:
    child = readers._pool._processes[0]._child
    assert child is not None
    return child.popen.pid


def _processor_seconds_of_children() -> float:
    """What the processes that have ended used; how busy the machine is does not matter to it."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


# --- files that mean harm, or look as if
# ---------------------------------------------------------------------------


def members_of(content: bytes) -> Members:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return {name: package.read(name) for name in package.namelist()}


def zipped(members: Members) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in members.items():
            package.writestr(name, content)
    return buffer.getvalue()


def with_strings(change: Callable[[bytes], bytes]) -> bytes:
    members = members_of(good())
    return zipped(members | {"xl/sharedStrings.xml": change(members["xl/sharedStrings.xml"])})


_BOMB_BYTES = 320_000_000
"""A little more than the limit, which is 300 MB: packing twice as much takes twice as long."""


@cache
def bomb() -> bytes:
    """Texts of 320 MB in 320 kB."""
    texts = b"<si><t>" + b"x" * _BOMB_BYTES + b"</t></si></sst>"
    return with_strings(lambda xml: xml.replace(b"</sst>", texts))


def bomb_that_lies() -> bytes:
    """The same, but its own table of contents says 1000 bytes."""
    content = bomb()
    members = zipfile.ZipFile(io.BytesIO(content)).infolist()
    real = next(each.file_size for each in members if each.file_size > _BOMB_BYTES)
    return content.replace(real.to_bytes(4, "little"), (1000).to_bytes(4, "little"))


def formatted_rows() -> bytes:
    """Formats and heights down to the last row, 1,048,576 of them, and nothing in them."""
    members = members_of(good())
    sheet = members["xl/worksheets/sheet1.xml"]
    rows = b"".join(
        b'<row r="%d" s="1" customFormat="1" ht="15"/>' % n for n in range(100, 1_048_577)
    )
    return zipped(
        members
        | {"xl/worksheets/sheet1.xml": sheet.replace(b"</sheetData>", rows + b"</sheetData>")}
    )


def formatted_cells() -> bytes:
    """Two million cells with a border and nothing in them."""
    members = members_of(good())
    sheet = members["xl/worksheets/sheet1.xml"]
    cells = "".join(
        f'<row r="{n}">' + "".join(f'<c r="{c}{n}" s="1"/>' for c in "ABCDEFGHIJ") + "</row>"
        for n in range(100, 200_100)
    )
    return zipped(
        members
        | {
            "xl/worksheets/sheet1.xml": sheet.replace(
                b"</sheetData>", cells.encode() + b"</sheetData>"
            )
        }
    )


def laughs(xml: bytes) -> bytes:
    """A billion times "lol" by nine entities of ten each."""
    entities = b'<!ENTITY a0 "lol">' + b"".join(
        b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 10)
    )
    return xml.replace(b"<sst", b"<!DOCTYPE sst [" + entities + b"]><sst", 1).replace(
        b"<si>", b"<si><t>&a9;</t></si><si>", 1
    )


def deep(xml: bytes) -> bytes:
    depth = 1_000_000
    return xml.replace(b"<si>", b"<si>" + b"<r>" * depth + b"</r>" * depth, 1)


def linked() -> bytes:
    """A workbook that points to others: nothing is fetched."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet = book.add_worksheet("S")
        sheet.write_formula(0, 0, "='http://127.0.0.1:9/[x.xlsx]S'!A1", None, 5)
        sheet.write_url(1, 0, "external:\\\\127.0.0.1\\share\\x.xlsx")
    return buffer.getvalue()


NAMES = [
    "../../../tmp/evil",
    "/etc/passwd",
    "x" * 300,
    "a\x01\x1b[2Jb",
    "xl/../../worksheets/sheet1.xml",
    "xl\\worksheets\\s",
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (bomb, "FILE-05 300 MB sau khi giải nén"),
        (bomb_that_lies, "FILE-03 tệp bị cắt cụt hoặc hỏng khi gửi"),
        (formatted_rows, "training"),
        (formatted_cells, "training"),
        (lambda: with_strings(laughs), "FILE-03 lỗi trong cấu trúc tệp"),
        (lambda: with_strings(deep), "training"),
        (linked, "FORM-01 không có dòng tiêu đề nào"),
        (lambda: zipped(members_of(good()) | dict.fromkeys(NAMES, b"x")), "training"),
    ],
    ids=[
        "bomb",
        "bomb that lies",
        "formatted rows",
        "formatted cells",
        "billion laughs",
        "deep",
        "links",
        "names",
    ],
)
def test_a_hostile_file_ends_in_a_verdict_and_the_next_is_read(
    readers: Readers, build: Callable[[], bytes], expected: str
) -> None:
    outcomes = read(readers, build(), good())
    assert [said(outcome) for outcome in outcomes] == [[expected], ["training"]]
    assert not Path("/tmp/evil").exists()


def test_a_workbook_cut_at_every_tenth_is_refused(readers: Readers) -> None:
    content = good()
    outcomes = read(
        readers, *[content[: len(content) * tenth // 10] for tenth in range(10)], content
    )
    assert [said(outcome)[0].split()[0] for outcome in outcomes] == [
        "FILE-01",
        *["FILE-03"] * 9,
        "training",
    ]


@pytest.mark.slow
def test_three_hundred_damaged_workbooks_each_end_in_a_reading(readers: Readers) -> None:
    """Half are damaged as they come, which the zip's own checksum mostly finds.

    Half inside, which it does not.
    """
    chance = random.Random(1719)
    members = members_of(good())
    parts = [name for name in members if name.endswith(".xml")]
    damaged = []
    for number in range(300):
        part = chance.choice(parts)
        content = bytearray(good() if number % 2 else members[part])
        for _ in range(chance.randint(1, 8)):
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        damaged.append(bytes(content) if number % 2 else zipped(members | {part: bytes(content)}))
    outcomes = read(readers, *damaged, good())
    assert all(isinstance(outcome, ParsedReport) for outcome in outcomes), [
        o for o in outcomes if isinstance(o, Unread)
    ]
    assert said(outcomes[-1]) == ["training"]
    assert not any("FILE-08" in said(o) or "FILE-09" in said(o) for o in outcomes)


def test_no_process_leaves_a_core_behind(readers: Readers) -> None:
    read(readers, good())
    pid = _pid_of(readers)
    assert re.search(r"Max core file size +0 ", Path(f"/proc/{pid}/limits").read_text())
