"""Templates as offices really fill them in, and the right answer to each (tests/data/cases)."""

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

import openpyxl
import pytest

from connectors.reader.reader import read_parts
from expectations.checking import Checker
from program.calendar.period import Period
from program.calendar.stage import Stage
from program.finding import Severity
from program.pack.pack import Pack
from program.parsed_report import ParsedReport
from program.records.history import no_history
from program.settings import ROOT
from program.submission import Submission, Verdict
from publish.template.requests import request_of
from tests.conftest import delivery
from tests.filled_templates import asks
from tests.shared_rules import rules_of

TESTS = ROOT / "tests"
CASES = TESTS / "data" / "cases"
FORMS = {
    "training": "2025-Q1",
    "livelihoods": "2025-Q1",
    "disbursement": "2025-Q1",
    "works": "2024-Q4",
    "outcomes": "2024",
}


def checked_reports(content: bytes, pack: Pack, period: str = "2025-Q1") -> Submission:
    (reading,) = read_parts(content, delivery(period=Period.parse(period)), pack)
    (submission,) = Checker(pack, rules_of(pack), "case").check([reading])
    return submission


def case(name: str, pack: Pack) -> Submission:
    return checked_reports((CASES / f"{name}.xlsx").read_bytes(), pack)


def sent_on(day: date, content: bytes, number: int, pack: Pack) -> ParsedReport:
    """Return a file of huyện Kế Sách as it is read; it arrived on `day`, the `number`-th."""
    sent = replace(
        delivery(number=number, period=Period.parse("2025-Q2")),
        received_at=datetime.combine(day, time(3), UTC),
    )
    (reading,) = read_parts(content, sent, pack)
    return reading


def with_title_of(period: str, content: bytes) -> bytes:
    """Return a workbook whose sheets say another period."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    for sheet in book:
        for row in sheet.iter_rows(max_row=8):
            for cell in row:
                if isinstance(cell.value, str) and cell.value.startswith("Kỳ báo cáo"):
                    cell.value = f"Kỳ báo cáo: {period}"
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def with_figures_of_2024(content: bytes) -> bytes:
    """Return the report that huyện Kế Sách sent in July 2024: all its figures were smaller."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    for row in book["Hỗ trợ hộ"].iter_rows(min_row=7, min_col=2, max_col=7):
        for cell in row:
            if isinstance(cell.value, int | float):
                cell.value = int(cell.value * 0.8)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def test_last_years_title_over_this_years_figures_does_not_replace_the_accepted_report(
    pack: Pack,
) -> None:
    mistaken = (CASES / "title-2024-sent-july-2025.xlsx").read_bytes()
    accepted = sent_on(date(2024, 7, 10), with_figures_of_2024(mistaken), 1, pack)
    late = sent_on(date(2025, 7, 12), mistaken, 2, pack)
    checker = Checker(pack, rules_of(pack), "case")
    first, second = checker.check([accepted, late], no_history())
    assert first.verdict.loads
    assert second.verdict is Verdict.QUARANTINED
    (held,) = [f for f in second.findings if f.severity is Severity.CRITICAL]
    assert held.rule == "HIS-12"
    assert "Quý II năm 2025" in held.message


def test_the_same_figures_under_their_own_title_are_taken(pack: Pack) -> None:
    mistaken = (CASES / "title-2024-sent-july-2025.xlsx").read_bytes()
    accepted = sent_on(date(2024, 7, 10), with_figures_of_2024(mistaken), 1, pack)
    right = sent_on(date(2025, 7, 12), with_title_of("Quý 2 năm 2025", mistaken), 2, pack)
    checker = Checker(pack, rules_of(pack), "case")
    _, second = checker.check([accepted, right], no_history())
    assert second.verdict.loads
    assert "HIS-12" not in {finding.rule for finding in second.findings}


def test_every_case_has_a_test() -> None:
    tests = "".join(path.read_text(encoding="utf-8") for path in TESTS.rglob("test_*.py"))
    # Some tests name a case without its suffix.
    untested = [path.name for path in CASES.iterdir() if path.stem not in tests]
    assert untested == []


def figures(submission: Submission) -> dict[str, float | None]:
    return {fact.element: fact.value for fact in submission.facts if fact.line == 0}


def test_an_optional_figure_that_one_level_lacks_is_unknown_in_the_sum(pack: Pack) -> None:
    found = case("optional-cells-blank", pack)
    assert (found.verdict, asks(found.findings)) == (Verdict.ACCEPTED, [])
    told = figures(found)
    assert (told["participants_total"], told["officials_district"]) == (165, 30)
    assert "officials_total" not in told
    assert "community_total" not in told
    notes = {finding.cell for finding in found.findings if finding.rule == "CELL-50"}
    assert notes == {"F11", "G11"}, "at the empty cells, not at the locked totals"


def test_a_plan_without_disbursement_is_accepted_and_no_zero_is_invented(pack: Pack) -> None:
    found = case("plan-only-in-first-quarter", pack)
    assert (found.verdict, asks(found.findings)) == (Verdict.ACCEPTED, [])
    told = figures(found)
    assert told["plan_total_vnd_total"] == sum(
        told[f"plan_total_vnd_{line}"] or 0 for line in ("da1", "da2")
    )
    assert [name for name in told if name.startswith("disbursed")] == []


def test_a_published_summary_with_its_classes_is_asked_one_thing(pack: Pack) -> None:
    found = case("seed-with-classes", pack)
    assert [(f.rule, f.cell) for f in asks(found.findings)] == [("TRN-05", "B12")]
    assert found.verdict is Verdict.ACCEPTED_WITH_WARNINGS
    told = figures(found)
    assert told["classes_listed"] == 11
    assert "participants_listed" not in told, "of no class is the number known"
    # 760 of 760 at the province's level are officials: of the community there are none.
    assert (told["officials_total"], told["community_total"]) == (760, 1448)


def test_a_district_is_still_asked_for_the_days_of_a_class(pack: Pack) -> None:
    content = filled(pack, "training", {"Tổng hợp": {"B10": 1, "C10": 20}, "Danh sách lớp": LINE})
    found = checked_reports(content, pack)
    assert {(f.rule, f.cell) for f in asks(found.findings)} == {
        ("CELL-01", "F9"),
        ("CELL-01", "G9"),
    }


LINE = {"B9": "Lớp A", "D9": "Cấp huyện", "H9": 20}


def blank(pack: Pack, form_code: str) -> bytes:
    period = Period.parse(FORMS[form_code])
    form, unit = pack.form(form_code, period), pack.units.get("943", period.end)
    assert form is not None
    assert unit is not None
    return request_of(pack, form, unit, period, Stage.FINAL).write()


def filled(pack: Pack, form_code: str, cells: dict[str, dict[str, Any]]) -> bytes:
    """Return a blank template with some cells typed over, as a program saves it that keeps no values."""
    book = openpyxl.load_workbook(io.BytesIO(blank(pack, form_code)))
    for sheet, values in cells.items():
        for cell, value in values.items():
            book[sheet][cell] = value
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def tick(book: openpyxl.Workbook, sheet: str) -> str:
    """Return the cell that a template has for "nothing to report"."""
    (row,) = book[sheet].iter_rows(min_row=2, max_row=2)
    (cell,) = [
        cell for cell in row if isinstance(cell, openpyxl.cell.Cell) and not cell.protection.locked
    ]
    return cell.coordinate


def _in_tick(book: openpyxl.Workbook, sheet: str) -> str:
    return tick(book, sheet)


def _in_first_entry(book: openpyxl.Workbook, sheet: str) -> str:
    rows = book[sheet].iter_rows(min_row=7)
    return next(
        cell.coordinate
        for row in rows
        for cell in row
        if isinstance(cell, openpyxl.cell.Cell) and not cell.protection.locked
    )


def _in_first_line(book: openpyxl.Workbook, sheet: str) -> str:
    """Return the last cell to fill in of the first line."""
    first = _in_first_entry(book, sheet)
    row = book[sheet][book[sheet][first].row]
    return [cell.coordinate for cell in row if not cell.protection.locked][-1]


def _below(book: openpyxl.Workbook, sheet: str) -> str:
    return f"B{book[sheet].max_row + 2}"


def _below_at_the_left(book: openpyxl.Workbook, sheet: str) -> str:
    return f"A{book[sheet].max_row + 1}"


@pytest.mark.parametrize("form_code", FORMS)
@pytest.mark.parametrize(
    ("place", "words"),
    [
        (_in_tick, "x"),
        (_in_tick, "✓"),
        (_in_first_entry, "Không phát sinh"),
        (_in_first_line, "không phát sinh"),
        (_below, "Trong kỳ không phát sinh"),
        (_below_at_the_left, "Quý này đơn vị không có phát sinh."),
    ],
    ids=["ticked", "ticked by a sign", "first cell", "first line", "below", "below at the left"],
)
def test_nothing_to_report_is_one_thing_in_every_form(
    pack: Pack, form_code: str, place: Callable[[openpyxl.Workbook, str], str], words: str
) -> None:
    form = pack.form(form_code, Period.parse(FORMS[form_code]))
    assert form is not None
    sheet = form.tables[0].sheet
    cell = place(openpyxl.load_workbook(io.BytesIO(blank(pack, form_code))), sheet)
    found = checked_reports(filled(pack, form_code, {sheet: {cell: words}}), pack, FORMS[form_code])
    assert (found.verdict, asks(found.findings)) == (Verdict.ACCEPTED, [])
    assert [(f.rule, f.cell) for f in found.findings if f.rule == "FORM-31"] == [("FORM-31", cell)]
    # A list of nothing counts 0; of a matrix nobody knows what its figures would have been.
    assert {fact.value for fact in found.facts} <= {0.0}


def test_nothing_to_report_below_the_table_of_households_is_a_nil_report(pack: Pack) -> None:
    found = case("nothing-to-report-livelihoods", pack)
    assert (found.verdict, asks(found.findings)) == (Verdict.ACCEPTED, [])


def test_a_tick_over_figures_is_asked_about_and_the_figures_count(pack: Pack) -> None:
    cells = {"Hỗ trợ hộ": {"E2": "x", "B9": 12, "C9": 10}}
    found = checked_reports(filled(pack, "livelihoods", cells), pack)
    assert [(f.rule, f.cell) for f in asks(found.findings)] == [("FORM-60", "E2")]
    assert figures(found)["supported_residential_land"] == 10


def test_a_cell_that_is_not_ticked_says_nothing(pack: Pack) -> None:
    found = checked_reports(filled(pack, "livelihoods", {"Hỗ trợ hộ": {"E2": "không"}}), pack)
    assert [f.rule for f in asks(found.findings)] == ["FORM-30"]


@pytest.mark.parametrize("words", ["Không phát sinh", "Trong kỳ không phát sinh"])
def test_words_below_a_table_with_figures_do_not_undo_it(pack: Pack, words: str) -> None:
    cells = {"Hỗ trợ hộ": {"B9": 12, "C9": 10, "B18": words}}
    found = checked_reports(filled(pack, "livelihoods", cells), pack)
    assert asks(found.findings) == []
    assert figures(found)["supported_residential_land"] == 10
