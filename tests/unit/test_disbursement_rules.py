"""Each rule of the disbursement form: what it must find, at which cell, and what it must leave alone."""

import io
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import openpyxl
import pytest

from connectors.reader.reader import read_parts
from program.calendar.period import Period
from program.forms.table import Table
from program.pack.pack import Pack
from program.parsed_report import ParsedReport, facts_of
from program.submission import Submission, Verdict
from publish.template.values import Values
from publish.template.workbook import write_template
from tests.conftest import delivery
from tests.shared_rules import asked, check
from tests.workbooks import IDENTITY, Cell, workbook

STREAMS = (
    "central_investment",
    "local_investment",
    "central_recurrent",
    "local_recurrent",
    "carried_over",
)
PLANNED = {f"plan_{stream}_vnd": 1000.0 for stream in STREAMS}
DISBURSED = {f"disbursed_{stream}_vnd": 400.5 for stream in STREAMS}
GOOD = {
    "da1": {**PLANNED, **DISBURSED},
    "da4_tda1": {**PLANNED, **DISBURSED},
    "da4_tda2": {**PLANNED, **DISBURSED},
}

Lines = Mapping[str, Mapping[str, float | None]]
NOTHING: Lines = MappingProxyType({})


class Case(NamedTuple):
    """A report that breaks a rule, and where."""

    rule: str
    severity: str
    line: str
    column: str
    typed: Lines
    totals: Lines = NOTHING


def good_with(line: str, **values: float | None) -> Lines:
    return {**GOOD, line: {**GOOD.get(line, {}), **values}}


def over_in(stream: str) -> Lines:
    return good_with("da1", **{f"disbursed_{stream}_vnd": 1000.1})


NO_STREAMS = {
    "da6": {"plan_total_vnd": 100.0, "disbursed_total_vnd": 100.5},
    "da7": {"plan_total_vnd": 100.0, "disbursed_total_vnd": 50.0},
    "total": {"plan_total_vnd": 200.0, "disbursed_total_vnd": 150.5},
}
CASES = [
    *(
        Case(f"DIS-0{n}", "warning", "da1", f"disbursed_{s}_vnd", over_in(s))
        for n, s in enumerate(STREAMS, start=1)
    ),
    Case("DIS-06", "critical", "da6", "disbursed_total_vnd", NOTHING, NO_STREAMS),
    Case(
        "CELL-36",
        "critical",
        "da1",
        "plan_central_investment_vnd",
        good_with("da1", plan_central_investment_vnd=2_000_000.0),
    ),
    Case(
        "DIS-08",
        "warning",
        "total",
        "plan_total_vnd",
        {"da1": {"plan_central_investment_vnd": 22.1}},
    ),
]
DERIVED = [
    Case(
        "CELL-04",
        "critical",
        "da1",
        "disbursed_carried_over_vnd",
        good_with("da1", disbursed_carried_over_vnd=-1.0),
    ),
    Case(
        "CELL-16",
        "warning",
        "da4",
        "plan_carried_over_vnd",
        GOOD,
        {"da4": {"plan_carried_over_vnd": 2001.0}},
    ),
    # Projects of which every line is empty have nothing: the total is checked_reports all the same.
    Case(
        "CELL-16",
        "warning",
        "total",
        "plan_carried_over_vnd",
        GOOD,
        {"total": {"plan_carried_over_vnd": 3001.0}},
    ),
    Case(
        "CELL-17",
        "warning",
        "da1",
        "disbursed_total_vnd",
        GOOD,
        {"da1": {"disbursed_total_vnd": 2002.6}},
    ),
]


def with_totals(table: Table, typed: Lines, totals: Lines) -> dict[str, dict[str, float | None]]:
    """Return the whole table: what was typed, then the total of each line and the lines that add up others."""
    lines = {key: dict(values) for key, values in typed.items()}
    sums = [line for line in table.lines if line.parts]
    for line in sorted(sums, key=lambda line: line.total):
        parts = [lines[part] for part in line.parts if part in lines]
        names = {name for part in parts for name in part}
        if names:
            lines[line.key] = {name: sum(part.get(name) or 0.0 for part in parts) for name in names}
    for values in lines.values():
        for column in table.columns:
            if column.parts:
                values[column.name] = sum(values.get(part) or 0.0 for part in column.parts)
    for key, given in totals.items():
        lines.setdefault(key, {}).update(given)
    return lines


def read(pack: Pack, number: int, typed: Lines, totals: Lines = NOTHING) -> ParsedReport:
    period = Period.parse("2024-Q4")
    form, unit = pack.form("disbursement", period), pack.units.get("942", period.end)
    assert form is not None
    assert unit is not None
    lines = with_totals(form.table("capital"), typed, totals)
    content = write_template(form, unit, period, Values({"capital": lines}))
    (reading,) = read_parts(content, delivery(number=number), pack)
    return reading


def cell(reading: ParsedReport, line: str, column: str) -> str | None:
    table = reading.tables["capital"]
    return table.cell(column, int(table.frame.loc[table.frame["line"] == line, "row"].iloc[0]))


@pytest.fixture(scope="module")
def checked_reports(pack: Pack) -> list[tuple[ParsedReport, Submission]]:
    """The bad reports, checked_reports in one batch."""
    readings = [
        read(pack, number, case.typed, case.totals)
        for number, case in enumerate([*CASES, *DERIVED])
    ]
    return list(zip(readings, check(pack, *readings), strict=True))


@pytest.mark.parametrize("number", range(len(CASES)), ids=[case.rule for case in CASES])
def test_a_rule_finds_its_cell_and_nothing_else_is_asked(
    checked_reports: list[tuple[ParsedReport, Submission]], number: int
) -> None:
    case, (reading, submission) = CASES[number], checked_reports[number]
    sheet = reading.tables["capital"].frame["sheet"].iloc[0]
    found = [(f.rule, f.sheet, f.cell, f.severity.value) for f in asked(submission)]
    assert found == [(case.rule, sheet, cell(reading, case.line, case.column), case.severity)]
    assert not any("{" in f.message + f.expected + f.fix for f in submission.findings)


@pytest.mark.parametrize("number", range(len(DERIVED)), ids=[case.rule for case in DERIVED])
def test_what_the_layout_says_is_checked(
    checked_reports: list[tuple[ParsedReport, Submission]], number: int
) -> None:
    case, (reading, submission) = DERIVED[number], checked_reports[len(CASES) + number]
    found = [(f.rule, f.cell, f.severity.value) for f in asked(submission)]
    assert (case.rule, cell(reading, case.line, case.column), case.severity) in found


def test_a_consistent_report_is_accepted_without_a_question(pack: Pack) -> None:
    submission = check(pack, read(pack, 1, GOOD))[0]
    assert asked(submission) == []
    assert submission.verdict is Verdict.ACCEPTED
    facts = {fact.element: fact.value for fact in submission.facts}
    assert facts["plan_total_vnd_total"] == 15_000_000_000
    assert facts["disbursed_central_investment_vnd_da4"] == 801_000_000


def test_a_project_without_capital_may_be_left_out_and_a_plan_of_nought_is_no_small_one(
    pack: Pack,
) -> None:
    nothing = dict.fromkeys((*PLANNED, *DISBURSED), 0.0)
    left_out, nought = check(
        pack, read(pack, 1, {"da1": GOOD["da1"]}), read(pack, 2, {"da1": nothing})
    )
    assert (asked(left_out), asked(nought)) == ([], [])


WRITTEN = (
    "plan_central_recurrent_vnd",
    "plan_total_vnd",
    "disbursed_central_recurrent_vnd",
    "disbursed_total_vnd",
)


def own_workbook(pack: Pack, *lines: list[Cell]) -> bytes:
    """The form's headings over lines that somebody typed: a label, and figures of `WRITTEN`."""
    form = pack.form("disbursement", Period.parse("2024-Q4"))
    assert form is not None
    table = form.table("capital")
    assert table.line is not None
    rows = []
    for label, *figures in lines:
        figure_of = dict(zip(WRITTEN, figures, strict=False))
        rows.append([label, *(figure_of.get(column.name) for column in table.columns)])
    heading = [table.line.label, *(column.label for column in table.columns)]
    return workbook((table.sheet, [*IDENTITY, heading, *rows]))


def test_a_project_that_is_a_heading_over_its_sub_projects_has_their_sum(pack: Pack) -> None:
    content = own_workbook(
        pack,
        ["Dự án 1", 100, 100, 60, 60],
        ["Dự án 3"],
        ["Tiểu dự án 1 - Dự án 3", 30, 30, 20, 20],
        ["Tiểu dự án 2 - Dự án 3", 40, 40, "30,5", 30.5],
        ["Dự án 4", None, 50, None, None],
        ["Tiểu dự án 1 - Dự án 4", 50, 50, 25, 25],
        ["Dự án 5"],
        ["Tiểu dự án 4 - Dự án 5"],
        ["Tổng cộng", 220, 220, 135.5, 135.5],
    )
    (reading,) = read_parts(content, delivery(), pack)
    facts = {fact.element: fact.value for fact in facts_of(reading)}
    assert facts["plan_total_vnd_da3"] == 70e6
    assert facts["disbursed_central_recurrent_vnd_da3"] == 50.5e6
    assert facts["plan_central_recurrent_vnd_da4"] == 50e6, "a line that is filled in in part"
    assert "plan_total_vnd_da5" not in facts, "nothing is no sum"
    noted = {problem.cell for problem in reading.problems if problem.rule == "CELL-54"}
    # J6 has a figure as text below it: Excel could not have added that up (CELL-19).
    assert noted == {"D6", "G6", "M6", "D9", "J9", "M9"}
    (submission,) = check(pack, reading)
    assert asked(submission) == []


def test_a_project_whose_line_is_missing_over_its_sub_projects_is_asked_for(pack: Pack) -> None:
    content = own_workbook(
        pack,
        ["Dự án 1", 100, 100, 60, 60],
        ["Tiểu dự án 1 - Dự án 3", 30, 30, 20, 20],
        ["Tổng cộng", 130, 130, 80, 80],
    )
    (reading,) = read_parts(content, delivery(), pack)
    (submission,) = check(pack, reading)
    (finding,) = asked(submission)
    assert finding.rule == "FORM-09"
    assert "Dự án 3. Phát triển sản xuất nông, lâm nghiệp" in finding.message


def test_a_project_that_nobody_split_into_its_sub_projects_contradicts_nothing(pack: Pack) -> None:
    projects: list[list[Cell]] = [
        ["Dự án 1", 100, 100, 60, 60],
        ["Dự án 3", 70, 70, 50.5, 50.5],
        # Their lines may stand there with nothing in them.
        ["Dự án 4", 50, 50, 25, 25],
        ["Tiểu dự án 1 - Dự án 4"],
    ]
    good = own_workbook(pack, *projects, ["Tổng cộng", 220, 220, 135.5, 135.5])
    (reading,) = read_parts(good, delivery(), pack)
    (submission,) = check(pack, reading)
    assert asked(submission) == []

    # What was split, and the sum of all projects, is checked all the same.
    split: list[Cell] = ["Tiểu dự án 1 - Dự án 3", 80, 80, 50.5, 50.5]
    too_much_below = [*projects, split, ["Tổng cộng", 220, 220, 135.5, 135.5]]
    assert sums_due(pack, too_much_below) == {"Cần là: 80"}
    too_large_total = [*projects, ["Tổng cộng", 221, 221, 135.5, 135.5]]
    assert sums_due(pack, too_large_total) == {"Cần là: 220"}


def sums_due(pack: Pack, lines: list[list[Cell]]) -> set[str]:
    """Return what the findings of a report ask for; they are all about sums of lines."""
    (reading,) = read_parts(own_workbook(pack, *lines), delivery(), pack)
    (submission,) = check(pack, reading)
    found = asked(submission)
    assert {finding.rule for finding in found} == {"CELL-16"}
    return {finding.expected for finding in found}


def test_a_project_s_short_name_is_known_with_spaces_too(pack: Pack) -> None:
    content = own_workbook(
        pack,
        ["DA 1", 100, 100, 60, 60],
        ["DA 3", 70, 70, 50, 50],
        ["TDA 1 - DA 3", 30, 30, 20, 20],
        ["TDA2 - DA 3", 40, 40, 30, 30],
        ["DA 10", 7, 7, 5, 5],
        ["DA 10 - TDA 1", 7, 7, 5, 5],
        ["Tổng cộng", 177, 177, 115, 115],
    )
    (reading,) = read_parts(content, delivery(), pack)
    lines = reading.tables["capital"].lines
    assert lines == ["da1", "da3", "da3_tda1", "da3_tda2", "da10", "da10_tda1", "total"]
    (submission,) = check(pack, reading)
    assert asked(submission) == []


def test_a_group_of_columns_under_another_heading_is_one_item(pack: Pack) -> None:
    content = own_workbook(pack, ["Dự án 1", 100, 100, 60, 60], ["Tổng cộng", 100, 100, 60, 60])
    book = openpyxl.load_workbook(io.BytesIO(content))
    for cell in book["Giải ngân"][4]:
        cell.value = str(cell.value).replace("Giải ngân lũy kế", "Thực hiện")
    buffer = io.BytesIO()
    book.save(buffer)
    (reading,) = read_parts(buffer.getvalue(), delivery(), pack)
    (submission,) = check(pack, reading)
    (finding,) = asked(submission)
    assert (finding.rule, finding.cell, submission.verdict) == (
        "FORM-07",
        "J4",
        Verdict.QUARANTINED,
    )
    assert '"Thực hiện – Sự nghiệp TW" (J4), M4' in finding.message
    # Who renamed a group sees which columns of the form to look for, the optional ones too.
    assert "Giải ngân lũy kế – Sự nghiệp TW" in finding.message


def test_a_copy_of_the_sheet_is_asked_about_only_where_it_is_equal(pack: Pack) -> None:
    content = own_workbook(pack, ["Dự án 1", 100, 100, 60, 60], ["Tổng cộng", 100, 100, 60, 60])
    book = openpyxl.load_workbook(io.BytesIO(content))
    copy = book.copy_worksheet(book["Giải ngân"])
    copy.title = "Giải ngân (2)"
    for figure, rule, verdict in (
        (60, "FORM-62", Verdict.ACCEPTED_WITH_WARNINGS),
        (61, "FORM-23", Verdict.QUARANTINED),
    ):
        copy["J5"] = figure
        buffer = io.BytesIO()
        book.save(buffer)
        (reading,) = read_parts(buffer.getvalue(), delivery(), pack)
        (submission,) = check(pack, reading)
        assert [finding.rule for finding in asked(submission)] == [rule]
        assert submission.verdict is verdict


def test_the_capital_of_a_budget_is_known_by_its_usual_short_words(pack: Pack) -> None:
    form = pack.form("disbursement", Period.parse("2024"))
    assert form is not None
    table = form.table("capital")
    assert "Kế hoạch vốn ĐTPT TW" in table.column("plan_central_investment_vnd").writings
    assert "Giải ngân vốn SN ĐP" in table.column("disbursed_local_recurrent_vnd").writings


def test_money_is_reported_as_it_was_printed(
    checked_reports: list[tuple[ParsedReport, Submission]],
) -> None:
    message = asked(checked_reports[0][1])[0].message
    assert (
        message
        == "Giải ngân vốn đầu tư TW lũy kế (1.000,1 triệu đồng) vượt kế hoạch (1.000 triệu đồng)."
    )


def test_sub_projects_are_distinguished_in_the_ways_that_reports_write_them(pack: Pack) -> None:
    form = pack.form("disbursement", Period.parse("2024"))
    assert form is not None
    lines = {line.key: line.writings for line in form.table("capital").lines}
    assert "DA5-TDA4" in lines["da5_tda4"]
    assert "Tiểu dự án 4 - Dự án 5" in lines["da5_tda4"]
    projects = {p.code.casefold().replace("-", "_") for p in pack.projects}
    assert projects <= set(lines), "every project of the pack has its line"


def test_a_table_with_headings_over_sub_headings_as_other_offices_write_it_is_read(
    pack: Pack,
) -> None:
    streams = [
        "Vốn đầu tư TW",
        "Vốn đầu tư ĐP",
        "Vốn sự nghiệp TW",
        "Vốn sự nghiệp ĐP",
        "Vốn kéo dài",
    ]
    rows = [
        *IDENTITY,
        ["Đơn vị tính: triệu đồng"],
        ["TT", "Nội dung", "Kế hoạch vốn", *[None] * 5, "Giải ngân", *[None] * 5],
        [None, None, "Tổng số", *streams, "Tổng số", *streams],
        [
            1,
            "Dự án 1: Giải quyết tình trạng thiếu đất ở, nhà ở, đất sản xuất, nước sinh hoạt",
            60,
            50,
            10,
            *[None] * 3,
            5,
            5,
        ],
        [2, "DA5-TDA4", 40, None, None, 40, None, None, 12.5, None, None, 12.5],
        [None, "Tổng số", 100, 50, 10, 40, None, None, 17.5, 5, None, 12.5],
    ]
    content = workbook(("Biểu 01", rows), merge=["C5:H5", "I5:N5"])
    (reading,) = read_parts(content, delivery(), pack)
    assert reading.form is not None
    assert reading.form.code == "disbursement"
    read_lines = reading.tables["capital"].frame.set_index("line")
    assert read_lines["plan_total_vnd"].to_dict() == {"da1": 60e6, "da5_tda4": 40e6, "total": 100e6}
    assert read_lines["disbursed_central_recurrent_vnd"]["da5_tda4"] == 12.5e6
    assert set(reading.tables["capital"].letters) == {
        *PLANNED,
        *DISBURSED,
        "plan_total_vnd",
        "disbursed_total_vnd",
    }
