"""The page of the rules that the reader meets, docs/rules/reading.md: their words, and where docs/reading.md has them happen.

What stands in a cell or on a sheet is there the input of the reader's tests; the rows about whom and when are made as workbooks
by a test of each rule. The "good" neighbour is the first row of the same table of which nothing is told.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from expectations.rules import Language, RuleSet
from expectations.texts import Words
from program.configuration import read_text

_HEAD = """# Rules of the reader

Written by `make rules` from `expectations/suites/reading.yaml` and the tables of [reading.md](../reading.md), which the
reader's tests read; [rules.md](../rules.md) is the guide. Words in braces are filled in with what was met.
"""
_MOST = 3
_RULE = re.compile(r"(?:FILE|FORM|CELL)-[0-9]{2}")
_CELL = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table of docs/reading.md: under which heading, what stands there, what becomes of it, and the rules it names."""

    heading: str
    found: str
    becomes: str
    rules: frozenset[str]


def rows_of(path: Path) -> list[Row]:
    """Return the rows of every table that names rules, in their order."""
    rows: list[Row] = []
    heading = ""
    lines = read_text(path).splitlines()
    for line, below in pairwise([*lines, ""]):
        if line.startswith("#"):
            heading = line.lstrip("# ")
        elif line.startswith("| ") and not line.startswith("| ---") and not below.startswith("| ---"):
            found, becomes, *rest = (cell.strip() for cell in _CELL.split(line)[1:-1])
            # A fourth column says why, and may name rules that others meet later; of two the second tells what happens.
            rows.append(Row(heading, found, becomes, frozenset(_RULE.findall(rest[0] if rest else becomes))))
    return rows


def reading_page(rules: Mapping[Language, RuleSet], rows: Iterable[Row]) -> str:
    """Return the page: a section a rule, in the order of their file, in both languages."""
    known = list(rows)
    sections = (_section(words, rules["en"].reading[words.id], known) for words in rules["vi"].reading.values())
    return "\n".join([_HEAD, *("\n".join(section) for section in sections)]).rstrip() + "\n"


def _section(vi: Words, en: Words, rows: list[Row]) -> Iterator[str]:
    yield f"## {vi.id}\n"
    yield f"**{vi.severity.value}**\n"
    yield from _examples(vi.id, rows)
    yield f"\n> {vi.message}\n>\n> Cần: {vi.expected or '–'} · {vi.fix}\n"
    yield f"*In English:* {en.message} Expected: {en.expected or '–'} · {en.fix}\n"


def _examples(rule: str, rows: list[Row]) -> Iterator[str]:
    bad = [row for row in rows if rule in row.rules]
    good = next((row for row in rows if bad and row.heading == bad[0].heading and not row.rules), None)
    yield "| | under | stands there | becomes |\n|---|---|---|---|"
    for word, row in [*([("good", good)] if good else []), *(("bad", row) for row in bad[:_MOST])]:
        yield f"| {word} | {row.heading} | {row.found} | {row.becomes} |"
