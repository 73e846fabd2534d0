"""What a template calls optional may stay empty: in every form, in any combination, no rule asks for it."""

import io
from collections.abc import Iterator
from functools import cache

import openpyxl
import pytest

from expectations.rules.rule_models import FormRule
from expectations.rules.rule_set import RuleSet
from program.finding import Finding
from program.forms.form import Form
from program.forms.table import Column
from program.pack.load import load_pack
from program.pack.pack import Pack
from program.settings import ROOT
from publish.finding_colours import FINDING_COLOURS
from publish.template.styles import LEGEND
from tests.filled_templates import SAMPLES, Filled, asks, check, complete_reports, with_empty_cells

SUBSETS = 8
SUBSETS_ELSEWHERE = 3
_LEAST_DISTANCE = 25
"""Of two colours, in the space of red, green and blue: less looks alike on a projector."""


@cache
def _checked() -> dict[str, list[tuple[Filled, bytes, list[Finding]]]]:
    """Return each form's reports with empty cells, and what was found in them."""
    filled = [
        with_empty_cells(report, seed) for report in complete_reports() for seed in range(SUBSETS)
    ]
    contents = [each.written() for each in filled]
    checked: dict[str, list[tuple[Filled, bytes, list[Finding]]]] = {}
    for each, content, found in zip(filled, contents, check(filled, contents), strict=True):
        checked.setdefault(each.name, []).append((each, content, found))
    return checked


@cache
def _saved_elsewhere() -> dict[str, list[tuple[Filled, list[Finding]]]]:
    """Return each form's reports, typed in and saved by another program, and what was found.

    openpyxl saves formulas without their values. LibreOffice computes them as Excel does:
    `python -m tests.template_in_libreoffice` saves these workbooks by it, in .xlsx, .xls and .ods.
    """
    filled = [
        with_empty_cells(report, SUBSETS + seed)
        for report in complete_reports()
        for seed in range(SUBSETS_ELSEWHERE)
    ]
    saved: dict[str, list[tuple[Filled, list[Finding]]]] = {}
    contents = [each.typed() for each in filled]
    for each, found in zip(filled, check(filled, contents), strict=True):
        saved.setdefault(each.name, []).append((each, found))
    return saved


def forms() -> Iterator[str]:
    for name in SAMPLES:
        for form in load_pack(ROOT / "config" / name).forms:
            for stage in form.stages:
                yield f"{name} {form.code} {form.version} {stage.value}"


@pytest.mark.parametrize("name", list(forms()))
def test_a_filled_template_is_accepted_whatever_optional_cells_are_empty(name: str) -> None:
    for _, _, found in _checked()[name]:
        assert asks(found) == []


@pytest.mark.parametrize("name", list(forms()))
def test_a_template_that_another_program_saved_is_accepted_too(name: str) -> None:
    for _, found in _saved_elsewhere()[name]:
        assert asks(found) == []


@pytest.mark.parametrize("name", list(forms()))
def test_no_note_about_a_cell_asks_for_one_that_is_locked(name: str) -> None:
    for _, content, found in _checked()[name]:
        book = openpyxl.load_workbook(io.BytesIO(content))
        about_cells = [finding for finding in found if finding.rule.startswith("CELL-")]
        locked = [
            (finding.rule, finding.sheet, finding.cell)
            for finding in about_cells
            if book[finding.sheet or ""][finding.cell or ""].protection.locked
        ]
        assert locked == []


def test_some_cells_are_empty_and_some_totals_unknown() -> None:
    found = [each for reports in _checked().values() for _, _, each in reports]
    rules = {finding.rule for findings in found for finding in findings}
    assert {"CELL-02", "CELL-50"} <= rules


def test_a_rule_that_asks_for_a_cell_in_some_lines_is_one_that_the_template_states(
    pack: Pack,
) -> None:
    asked = {
        (rule.kwargs["column_A"], tuple(rule.kwargs["where"]["in"]), rule.kwargs["column_B"])
        for form in pack.forms
        for rule in RuleSet(pack).of_form(form.code)
        if _asks_for_a_value(rule)
    }
    told = {
        (name, words, column.name)
        for form in pack.forms
        for column in _columns(form)
        for name, words in column.required_where.items()
    }
    assert asked == told


def test_no_colour_of_a_template_looks_like_one_of_a_marked_copy() -> None:
    colours = [meaning.colour for meaning in LEGEND]
    assert {f"#{colour[2:]}" for colour in FINDING_COLOURS.values()} - set(colours) == {"#DDEBF7"}
    for at, colour in enumerate(colours):
        for other in colours[at + 1 :]:
            assert _distance(colour, other) >= _LEAST_DISTANCE, (colour, other)


def _asks_for_a_value(rule: FormRule) -> bool:
    is_requirement = rule.expect == "expect_column_pair_values_to_meet_requirement"
    return is_requirement and rule.kwargs["requires"] == "given"


def _columns(form: Form) -> Iterator[Column]:
    for table in form.tables:
        yield from table.columns


def _distance(colour: str, other: str) -> float:
    pairs = zip(bytes.fromhex(colour[1:]), bytes.fromhex(other[1:]), strict=True)
    return float(sum((one - two) ** 2 for one, two in pairs)) ** 0.5
