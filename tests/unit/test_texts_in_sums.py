"""A total that a spreadsheet added up without the figures that are text: one finding, at the text."""

from dataclasses import replace

import pytest

from expectations.checking import Checker
from program.finding import Finding
from program.pack.pack import Pack
from tests.shared_rules import rules_of
from tests.workbooks import (
    COMMUNE,
    DISTRICT,
    TOTAL,
    Cell,
    read,
    report,
    summary,
    without_further_columns,
)

SUMS = {"CELL-16", "CELL-17", "TRN-03", "TRN-06"}
PASSED_OVER = "được ghi dưới dạng chữ nên hàm SUM của bảng tính bỏ qua"


def found_in(pack: Pack, line: list[Cell], total: list[Cell]) -> dict[str, Finding]:
    """What is found in a report with this line of the communes and this total, by its rule."""
    short = without_further_columns(pack)
    reading = replace(read(report(summary(lines=[DISTRICT, line, total])), short), unit_code="942")
    # The pack's own rules: one about a further column does not run.
    (submission,) = Checker(short, rules_of(pack), "test").check([reading])
    return {finding.rule: finding for finding in submission.findings}


def at(line: list[Cell], column: int, value: Cell) -> list[Cell]:
    return [*line[:column], value, *line[column + 1 :]]


@pytest.mark.parametrize(
    ("column", "text", "total", "rule", "cell"),
    [
        (7, "2", 4, "CELL-16", "H8"),
        (2, "30 người", 120, "TRN-06", "C8"),
    ],
)
def test_the_cell_that_was_passed_over_is_named(
    pack: Pack, column: int, text: str, total: float, rule: str, cell: str
) -> None:
    found = found_in(pack, at(COMMUNE, column, text), at(TOTAL, column, total))
    digits = "".join(filter(str.isdigit, text))
    assert (found[rule].cell, found[rule].value) == (cell, digits)
    assert f"ô {cell} {PASSED_OVER}" in found[rule].message
    assert SUMS.intersection(found) == {rule}


def test_a_text_that_is_not_exact_either_is_reported_once_and_the_sums_over_it_are_not(
    pack: Pack,
) -> None:
    found = found_in(pack, at(COMMUNE, 9, "trên 20"), at(TOTAL, 9, 150))
    assert found["CELL-18"].cell == "J8"
    assert not SUMS.intersection(found)


@pytest.mark.parametrize(
    ("text", "total"),
    [("2", 5), (2, 4), ("2", "4")],
    ids=["another difference", "a number", "a total that nobody added up"],
)
def test_no_text_is_blamed_for_another_difference(pack: Pack, text: Cell, total: Cell) -> None:
    found = found_in(pack, at(COMMUNE, 7, text), at(TOTAL, 7, total))
    assert PASSED_OVER not in found["CELL-16"].message


def test_a_text_that_was_added_up_is_asked_about_by_nobody(pack: Pack) -> None:
    assert "CELL-16" not in found_in(pack, at(COMMUNE, 7, "2"), TOTAL)
