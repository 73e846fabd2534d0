"""One process reads thousands of files: what one file says is never taken for another's."""

import json
import subprocess
import sys
from functools import cache
from itertools import permutations
from multiprocessing import get_context

import pytest

from program.pack.load import load_pack
from program.pack.pack import Pack
from program.parsed_report import ParsedReport, facts_of
from program.settings import ROOT
from tests.workbooks import (
    CLASS,
    COMMUNE,
    HEADER,
    IDENTITY,
    LIST_HEADER,
    OTHER_CLASS,
    TOTAL,
    class_list,
    in_old_font,
    read,
    report,
    summary,
)

SWAPPED = [HEADER[0], HEADER[2], HEADER[1], *HEADER[3:]]
"""The same labels on the same row of the same sheet, in another order."""


FILES = {
    "plain": report(),
    "columns swapped": report(summary(header=(SWAPPED,))),
    "a line less": report(summary(lines=(COMMUNE, TOTAL))),
    "lower down": report(
        summary(identity=[*IDENTITY, [], []]), class_list(lines=(OTHER_CLASS, CLASS))
    ),
    "another header": report(classes=class_list(header=(list(reversed(LIST_HEADER)),))),
    "older letters": in_old_font(report(), ".VnTime", letters_only=True),
}


def said(reading: ParsedReport) -> str:
    form = reading.form and (reading.form.code, reading.form.version)
    met = [(p.rule, p.sheet, p.cell, p.value, sorted(p.values.items())) for p in reading.problems]
    return repr(
        (form, reading.unit_code, reading.period, sorted(map(repr, facts_of(reading))), met)
    )


@cache
def alone() -> dict[str, str]:
    """Return what each file says in a process that has read nothing else."""
    code = "from tests.unit.test_files_in_turn import main; main()"
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    return json.loads(told.stdout)


def main() -> None:
    """Write what each file says to the standard output.

    Each is read in a fork of this process, which reads nothing.
    """
    with get_context("fork").Pool(1, maxtasksperchild=1) as forks:
        told = forks.map(first_said, FILES, chunksize=1)
    json.dump(dict(zip(FILES, told, strict=True)), sys.stdout)


def first_said(name: str) -> str:
    return said(read(FILES[name], load_pack(ROOT / "config" / "soc-trang")))


@pytest.mark.parametrize(("first", "second"), list(permutations(FILES, 2)))
def test_what_a_file_says_does_not_depend_on_the_file_before_it(
    pack: Pack, first: str, second: str
) -> None:
    read(FILES[first], pack)
    assert said(read(FILES[second], pack)) == alone()[second]


def test_the_files_differ_in_what_they_say() -> None:
    told = [words for name, words in alone().items() if name != "older letters"]
    assert len(set(told)) == len(told)
