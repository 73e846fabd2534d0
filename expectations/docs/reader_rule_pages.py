"""The page of the reader's rules, docs/rules/reading.md: their words and their examples.

The examples are the rows of the tables in docs/reading.md. Rows about a cell or a sheet are the
input of the reader's tests; for rows about unit and period a test of each rule makes a workbook.
The "good" example is the first row of the same table that no rule reports.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from expectations.docs.sentences import both_languages
from expectations.rules.rule_set import Language, RuleSet
from expectations.rules.texts import RuleText
from program.pack.yaml_file import read_text

_HEAD = """# Rules of the reader

Written by `make rules` from `expectations/suites/reading.yaml` and the tables of
[reading.md](../reading.md), which the reader's tests read; [rules.md](../rules.md) is the guide.
The reader fills in the words in braces.
"""
_MOST = 3
"""So many bad examples a rule are shown."""
_RULE = re.compile(r"(?:FILE|FORM|CELL)-[0-9]{2}")
_CELL = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table of docs/reading.md, and the heading above the table.

    `found` is what stands in the workbook, `becomes` what the reader makes of it.
    """

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
            continue
        is_ruler = line.startswith("| ---")
        # The ruler of a table stands below its headings.
        is_table_head = below.startswith("| ---")
        if line.startswith("| ") and not is_ruler and not is_table_head:
            rows.append(_row(line, heading))
    return rows


def _row(line: str, heading: str) -> Row:
    # The line begins and ends with "|": the first and the last part are empty.
    parts = _CELL.split(line)[1:-1]
    found, becomes, *rest = (part.strip() for part in parts)
    # The third column names the rules; a table of two names them in the second. A fourth
    # says why, and may name rules that come later.
    outcome = rest[0] if rest else becomes
    rules = _RULE.findall(outcome)
    return Row(heading, found, becomes, frozenset(rules))


def reading_page(rules: Mapping[Language, RuleSet], rows: Iterable[Row]) -> str:
    """Return the page: a section for each rule, in the order of their file, in both languages."""
    known = list(rows)
    english = rules["en"].reading
    lines = [_HEAD]
    for words in rules["vi"].reading.values():
        lines += _section(words, english[words.id], known)
    return "\n".join(lines).rstrip() + "\n"


def _section(vi: RuleText, en: RuleText, rows: list[Row]) -> Iterator[str]:
    yield f"## {vi.id}\n"
    yield f"**{vi.severity.value}**\n"
    yield from _examples(vi.id, rows)
    yield from both_languages(vi, en)


def _examples(rule: str, rows: list[Row]) -> Iterator[str]:
    yield "| | under | stands there | becomes |"
    yield "|---|---|---|---|"
    bad = [row for row in rows if rule in row.rules]
    if bad:
        heading = bad[0].heading
        good = [row for row in rows if row.heading == heading and not row.rules]
        # One good example is enough to compare with.
        for row in good[:1]:
            yield _line("good", row)
    for row in bad[:_MOST]:
        yield _line("bad", row)


def _line(word: str, row: Row) -> str:
    # The row stands in docs/, the page in docs/rules/.
    becomes = row.becomes.replace("](", "](../")
    return f"| {word} | {row.heading} | {row.found} | {becomes} |"
