"""One cause, one item: what follows from an error is not reported beside it."""

import io
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from connectors.reader.reader import read_parts
from expectations.checking import Checker
from expectations.docs.examples import Report, changed, load_examples, reading_of
from expectations.findings.format import format_estimate, format_ratio, with_measure
from program.calendar.period import Period
from program.finding import Finding, Severity
from program.finding_groups import grouped
from program.pack.pack import Pack
from program.parsed_report import ParsedReport
from program.records.history import no_history
from program.submission import Submission, Verdict
from tests.conftest import Fill, delivery
from tests.shared_rules import rules_of
from tests.workbooks import CLASS, LIST_HEADER, OTHER_CLASS, Cell, class_list, read
from tests.workbooks import report as workbook_of

CASES = Path(__file__).parents[1] / "data" / "cases"


@pytest.fixture(scope="module")
def check(pack: Pack) -> Callable[..., Submission]:
    """Check the last of some readings against the others; alone without any."""
    rules = rules_of(pack)

    def check(*readings: ParsedReport) -> Submission:
        return Checker(pack, rules, "test").check(readings, no_history())[-1]

    return check


def asked(submission: Submission) -> list[tuple[str, str | None]]:
    told = [f for f in submission.findings if f.severity is not Severity.INFO]
    return [(finding.rule, finding.cell) for finding in told]


def report(
    pack: Pack, form: str, bad: Report, period: str = "2024-Q4", number: int = 1
) -> ParsedReport:
    good = load_examples(form).good
    reading = reading_of(changed(good, bad), form, Period.parse(period), pack, number)
    return replace(reading, unit_code="942")


def case(pack: Pack, name: str) -> ParsedReport:
    (reading,) = read_parts((CASES / name).read_bytes(), delivery(), pack)
    return reading


def edited(content: bytes, cells: Mapping[str, object]) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(content))
    for cell, value in cells.items():
        book["Tổng hợp"][cell] = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_whole_file_in_dong_is_one_critical_finding(
    check: Callable[..., Submission], pack: Pack
) -> None:
    submission = check(case(pack, "commune-whole-file-in-dong.xlsx"))
    assert submission.verdict is Verdict.QUARANTINED
    assert asked(submission) == [("CELL-36", None)]
    finding = submission.findings[0]
    assert finding.message.startswith("6 số tiền ở cột")
    assert finding.message.endswith("Các ô: B18, D11, D23, H18, J11, J23.")
    notes = [f.cell for f in submission.findings if f.rule == "CELL-36" and f.cell]
    assert sorted(notes) == ["B18", "D11", "D23", "H18", "J11", "J23"]


def test_the_row_total_that_is_wrong_is_named_and_not_the_right_sum_above_it(
    check: Callable[..., Submission], pack: Pack
) -> None:
    submission = check(case(pack, "row-total-900-too-high.xlsx"))
    assert asked(submission) == [("CELL-17", "G23")]
    assert "lệch 900" in submission.findings[0].message


def test_two_days_in_one_cell_leave_no_day_missing_beside_them(
    check: Callable[..., Submission], pack: Pack
) -> None:
    first_day = LIST_HEADER.index("Từ ngày")
    both: list[Cell] = list(CLASS)
    both[first_day : first_day + 2] = ["02-04/12/2024", None]
    missing: list[Cell] = list(OTHER_CLASS)
    missing[first_day + 1] = None
    reading = read(workbook_of(None, class_list(lines=(both, missing))), pack)
    found = [(rule, cell) for rule, cell in asked(check(reading)) if rule.startswith("CELL")]
    assert found == [("CELL-29", "F6"), ("CELL-01", "G7")], "another line's day is still missing"


@pytest.mark.parametrize(
    ("form", "bad", "expected"),
    [
        # A column in đồng, out of proportion and above plan in each line and in the total.
        (
            "training",
            {
                "levels": {
                    "district": {"budget_spent_vnd": 95e6},
                    "commune": {"budget_spent_vnd": 5e7},
                }
            },
            [("CELL-36", "J10:J11")],
        ),
        # More than planned at a line, and therefore at the sum over it.
        (
            "disbursement",
            {"capital": {"da4_tda1": {"disbursed_central_investment_vnd": 1000.1}}},
            [("DIS-01", "H12")],
        ),
        # A total that is no sum is above its plan, too.
        (
            "training",
            {
                "levels": {
                    "district": {"budget_planned_vnd": 100, "budget_spent_vnd": 95},
                    "commune": {"budget_planned_vnd": 60, "budget_spent_vnd": 50},
                    "total": {"budget_spent_vnd": 200},
                }
            },
            [("CELL-16", "J12")],
        ),
    ],
    ids=["a column in đồng", "a line and its sum", "two rules at a total"],
)
def test_one_error_is_one_finding(
    check: Callable[..., Submission],
    pack: Pack,
    form: str,
    bad: Report,
    expected: list[tuple[str, str]],
) -> None:
    assert asked(check(report(pack, form, bad))) == expected


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        # The word in a cell leaves the sums over it without that figure.
        ({"C10": "một trăm hai mươi", "C12": 30}, [("CELL-07", "C10")]),
        # A spreadsheet's sum passes over a figure that is text.
        ({"C10": "120", "C12": 30}, [("TRN-06", "C10")]),
        # A stray word in an empty row asks for none of the row's other cells.
        ({"C9": "sẽ tổ chức sau", "C12": 150}, [("CELL-07", "C9")]),
    ],
    ids=["a word", "a text", "a stray word"],
)
def test_a_text_is_reported_at_its_cell_alone(
    check: Callable[..., Submission],
    pack: Pack,
    fill: Fill,
    cells: dict[str, object],
    expected: list[tuple[str, str]],
) -> None:
    content = edited(fill("942", "2024-Q4"), cells)
    (reading,) = read_parts(content, delivery(sender="942"), pack)
    assert asked(check(reading)) == expected


def test_figures_of_the_period_instead_of_cumulative_ones_are_one_sentence_about_the_table(
    check: Callable[..., Submission], pack: Pack
) -> None:
    streams = [
        column
        for column in load_examples("disbursement").good["capital"]["da1"]
        if column.startswith("disbursed_")
    ]
    lines = ("da1", "da4_tda1", "da4_tda2")
    fallen = {"capital": {line: dict.fromkeys(streams, 150.0) for line in lines}}
    before = report(pack, "disbursement", {}, "2024-Q3", 1)
    submission = check(before, report(pack, "disbursement", fallen, "2024-Q4", 2))
    assert asked(submission) == [("HIS-02", None)]
    assert "không ghi số cộng dồn" in submission.findings[0].message


def finding(cell: str, message: str = "Sai.", rule: str = "CELL-01") -> Finding:
    return Finding(rule, Severity.CRITICAL, message, "Sửa.", sheet="S", cell=cell)


def test_items_join_what_is_alike_in_a_column_or_a_row_and_nothing_else() -> None:
    column = [finding(f"D{row}", f"Sai {row}.") for row in (7, 9, 8)]
    row = [finding(f"{letter}20", f"Thiếu {letter}.") for letter in "BCE"]
    two = [finding("F1", "Một.", "CELL-16"), finding("F2", "Hai.", "CELL-16")]
    groups = grouped([*column, *row, *two])
    assert [group.first.cell for group in groups] == ["D7", "B20", "F1", "F2"]
    assert [group.other_cells(1) for group in groups] == ["D8, …", "C20, …", "", ""]


def test_what_is_computed_has_no_fraction_of_a_person_and_no_false_precision() -> None:
    assert format_estimate(12.6, "người") == "13"
    assert format_ratio(66.25, "người") == "66"
    assert format_ratio(310_566_038.0, "triệu đồng") == "311"
    assert format_ratio(21_500.0, "triệu đồng") == "0,0215"
    assert with_measure("50", "%") == "50%"
    assert with_measure("152,5", "triệu đồng") == "152,5 triệu đồng"


def test_what_is_only_usual_or_likely_is_not_said_to_be_needed(
    check: Callable[..., Submission], pack: Pack
) -> None:
    above_plan = {"capital": {"da1": {"disbursed_central_investment_vnd": 1000.1}}}
    (usual,) = check(report(pack, "disbursement", above_plan)).findings[:1]
    assert usual.expected == "Mức thường thấy: Không quá 1.000 triệu đồng"
    wrong_total = {"capital": {"da1": {"disbursed_total_vnd": 2002.6}}}
    (needed,) = check(report(pack, "disbursement", wrong_total)).findings[:1]
    assert needed.expected == "Cần là: 2.002,5"


def test_a_code_is_quoted_by_its_word(check: Callable[..., Submission], pack: Pack) -> None:
    bad = {"work_list": {"1": {"work_progress_pct": 100, "work_status": "in_progress"}}}
    quoted = {finding.value for finding in check(report(pack, "works", bad)).findings}
    assert "Đang thi công" in quoted
    assert "in_progress" not in quoted
