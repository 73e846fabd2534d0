"""Files that mean harm, or look as if: each ends in its verdict, the next is read, and nothing is called, opened or written."""

import socket
from pathlib import Path
from typing import NoReturn

import pytest

from connectors.reader.reader import read_parts
from program.pack.pack import Pack
from program.parsed_report import ParsedReport
from program.settings import Settings
from tests.conftest import delivery
from tests.hostile import HOSTILE, calling, foreign_entity, good, read_all, said
from tests.workbooks import facts, read, report

SLOW = {
    "ten million shared texts",
    "100,000 sheets",
    "zips in zips in zips",
    "a million tags in each other",
    "60,000 members",
    "half a million rows",
    "200,000 merged ranges",
    "200,000 different words",
}
"""Read by `python -m tests.hostile` only: each takes seconds of the processor."""


def test_each_hostile_file_ends_in_its_verdict_within_its_memory_and_leaves_no_file_open(
    pack: Pack,
) -> None:
    settings = Settings(
        _env_file=None, readers=1, reading_seconds=300
    )  # a busy machine is no fault of a file
    contents = {name: build() for name, (build, _) in HOSTILE.items() if name not in SLOW} | {
        "the next": report()
    }
    ends = {
        name: (said(outcome), cost) for name, outcome, cost in read_all(pack, settings, contents)
    }
    expected = {name: rule for name, (_, rule) in HOSTILE.items()} | {"the next": "training"}
    assert {name: rule for name, (rule, _) in ends.items()} == {
        name: expected[name] for name in contents
    }
    costs = [cost for _, cost in ends.values() if cost is not None]
    assert len(costs) == len(contents)
    assert all(cost.peak < 1000 for cost in costs)
    assert len({cost.descriptors for cost in costs}) == 1


def test_nothing_that_a_workbook_names_is_called(
    pack: Pack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise AssertionError("the network was asked for")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    for content in (calling(), foreign_entity(good(), "xl/sharedStrings.xml", b"<sst")):
        reading = read(content, pack)
        assert reading.form or reading.problems


def test_formulas_that_would_call_out_change_no_figure(pack: Pack) -> None:
    def figures(reading: ParsedReport) -> set[object]:
        return {fact for fact in facts(reading) if fact[1] == 0}

    assert figures(read(calling(), pack)) >= figures(read(report(), pack))


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "/etc/passwd",
        "a\x00b.xlsx",
        "a\x1b[2Jb.xlsx",
        "x" * 300,
        "bao\u202excao.xslx",
        "..",
        "",
    ],
)
def test_a_delivery_s_name_is_a_name_and_never_a_path(
    name: str, pack: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert facts(read_parts(report(), delivery(name), pack)[0]) == facts(read(report(), pack))
    assert list(tmp_path.iterdir()) == []
