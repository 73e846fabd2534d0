"""docs/reading.md says what every writing of a value becomes; each of its rows is read here."""

import ast
import re
import unicodedata
from datetime import date, datetime, time
from typing import NamedTuple

import pytest

from connectors.reader.open.markup import Percentage, Uncomputed
from connectors.reader.open.number_formats import (
    HiddenFigure,
    ScaledFigure,
    ShownFigure,
    ShownMonth,
)
from connectors.reader.open.workbook import CellValue
from connectors.reader.values.parse_cell import parse_cell
from expectations.rules.rule_set import RuleSet
from program.calendar.period import Period
from program.finding import Severity
from program.forms.qualifier import Qualifier
from program.forms.table import Column, ColumnType
from program.pack.load import load_pack
from program.pack.pack import Pack
from program.settings import ROOT

DOCUMENT = ROOT / "docs" / "reading.md"
HEADING = ["cell", "becomes", "finding", "why"]
PLACE = re.compile(r"^Read in `(?P<form>\w+)\.(?P<table>\w+)\.(?P<column>\w+)`")
RULE = re.compile(r"CELL-[0-9]{2}")
OUTCOME = re.compile(r"(?P<word>refused|over|under|nearly|about|estimated)(?: (?P<rest>.+))?")
CALLS = {
    "percent": Percentage,
    "shown": ShownFigure,
    "scaled": ScaledFigure,
    "hidden": HiddenFigure,
    "month": ShownMonth,
    "error": Uncomputed,
    "nfd": lambda text: unicodedata.normalize("NFD", text),
    "date": date,
    "datetime": datetime,
    "time": time,
}
NEVER_MET_IN_A_VALUE = {
    "CELL-13",
    "CELL-19",
    "CELL-54",
    "CELL-55",
    "CELL-20",
    "CELL-21",
    "CELL-37",
    "CELL-38",
    "CELL-50",
    "CELL-51",
}


class Row(NamedTuple):
    """A line of a table: where it stands, and its four cells."""

    number: int
    place: str
    cell: str
    becomes: str
    told: str


def literal(text: str) -> CellValue:
    """The cell that stands in a code span: a Python literal, or one of CALLS with literals."""
    tree = ast.parse(text, mode="eval").body
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and not tree.keywords:
        return CALLS[tree.func.id](*[ast.literal_eval(argument) for argument in tree.args])
    value = ast.literal_eval(tree)
    assert isinstance(value, str | float | bool), f"a numeric cell is a float: {text}"
    return value


def rows_of(document: str) -> list[Row]:
    """Every row of the tables under "Values" that name a column.

    A line that is not one of them raises.
    """
    rows: list[Row] = []
    place, expected = "", 0
    values = document.partition("\n## Values\n")
    offset = values[0].count("\n") + 3
    for number, line in enumerate(re.split(r"\n## ", values[2])[0].split("\n"), start=offset):
        if line.startswith("### "):
            assert expected == 0 or rows[-1].place == place, (
                f"line {number}: the table before it has no rows"
            )
            place, expected = "", 2
        elif match := PLACE.match(line):
            place = match[0].removeprefix("Read in `").removesuffix("`")
        elif line.lstrip().startswith("|") and expected:
            cells = (
                [cell.strip() for cell in line.strip().strip("|").split("|")]
                if line[0] == "|" == line[-1]
                else []
            )
            if expected == 2:
                assert cells == HEADING, f"line {number}: expected {HEADING}, found {line}"
                expected = 1
            elif set(line) <= set("|- "):
                assert len(cells) == 4, f"line {number}: {line}"
            else:
                assert place, f"line {number}: no column is named above this table"
                rows.append(row_of(number, place, cells, line))
    return rows


def row_of(number: int, place: str, cells: list[str], line: str) -> Row:
    assert len(cells) == 4, f"line {number}: expected four cells, found {line}"
    spans = [cell[1:-1] for cell in cells[:2] if re.fullmatch(r"`[^`]+`", cell)]
    assert len(spans) == 2, f"line {number}: cell and value stand in backticks, found {line}"
    assert cells[2] == "–" or RULE.fullmatch(cells[2]), (
        f"line {number}: a rule or –, found {cells[2]}"
    )
    text, value = spans
    return Row(number, place, text, value, cells[2])


ROWS = rows_of(DOCUMENT.read_text(encoding="utf-8"))
PACK = load_pack(ROOT / "config" / "soc-trang")


def column_of(place: str) -> Column:
    form, table, column = place.split(".")
    layout = PACK.form(form, Period.parse("2024-Q4"))
    assert layout is not None, place
    return next(t for t in layout.tables if t.name == table).column(column)


def outcome(becomes: str) -> tuple[object, Qualifier | None, str]:
    """The value, the word before it and what was meant, as the second cell of a row says them."""
    if becomes == "empty":
        return None, None, ""
    match = OUTCOME.fullmatch(becomes)
    if match is None:
        return literal(becomes), None, ""
    if match["word"] == "refused":
        return None, None, str(literal(match["rest"])) if match["rest"] else ""
    return literal(match["rest"]), Qualifier(match["word"]), ""


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.number} {row.cell!a}")
def test_a_writing_becomes_what_the_table_says(row: Row) -> None:
    column = column_of(row.place)
    parsed = parse_cell(literal(row.cell), column, column.measure)
    value, qualifier, meant = outcome(row.becomes)
    assert (parsed.value, parsed.rule or "–", parsed.qualifier) == (value, row.told, qualifier)
    assert type(parsed.value) is type(value)
    assert not meant or parsed.meant == meant


def test_what_is_refused_is_reported_as_critical_and_what_is_not_as_less(pack: Pack) -> None:
    rules = RuleSet(pack).reading
    for row in ROWS:
        is_critical = row.told != "–" and rules[row.told].severity is Severity.CRITICAL
        assert is_critical == row.becomes.startswith("refused"), row


def test_every_type_of_column_and_every_rule_of_a_value_has_its_rows(pack: Pack) -> None:
    columns = [column_of(place) for place in {row.place for row in ROWS}]
    assert {column.type for column in columns} == set(ColumnType)
    assert "%" in {column.measure for column in columns}
    assert {row.told for row in ROWS} - {"–"} == {
        r for r in RuleSet(pack).reading if RULE.match(r)
    } - NEVER_MET_IN_A_VALUE


def test_no_writing_stands_twice_in_a_table() -> None:
    written = [(row.place, row.cell) for row in ROWS]
    assert sorted(set(written)) == sorted(written)


@pytest.mark.parametrize(
    "line",
    [
        '| "12" | `12.0` | – | |',
        '| `"12"` | `12.0` | – |',
        '| `"12"` | `12.0` | none | |',
        '| `"12"` | `12.0` | CELL-9 | |',
        ' | `"12"` | `12.0` | – | |',
        '| `"12"` | `12.0` | – | ',
    ],
)
def test_a_malformed_row_is_not_passed_over(line: str) -> None:
    head = "\n## Values\n### A\nRead in `training.levels.days`\n\n| cell | becomes | finding | why |\n| --- | --- | --- | --- |\n"
    assert len(rows_of(head + '| `"12"` | `12.0` | – | |\n')) == 1
    with pytest.raises(AssertionError):
        rows_of(head + line + "\n")
