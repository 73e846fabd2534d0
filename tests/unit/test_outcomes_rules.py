"""Each rule of the outcomes form, at its cell.

And, over all forms, that no workbook is taken for another form's.
"""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

import pytest

from connectors.reader.find.layout import find_headers
from connectors.reader.open.workbook import open_workbook
from connectors.reader.reader import read_parts
from program.calendar.period import Period
from program.finding import ReaderFinding
from program.forms.form import Form
from program.forms.table import Column, ColumnType, Table
from program.limits import DEFAULT_LIMITS
from program.pack.load import load_pack
from program.pack.pack import Pack
from program.parsed_report import ParsedReport
from program.settings import ROOT
from program.submission import Submission, Verdict
from publish.template.values import Cell, Values
from publish.template.workbook import write_template
from tests.conftest import delivery, period_of
from tests.shared_rules import asked, check

Lines = dict[str, dict[str, float | None]]
HOUSEHOLDS = {
    "households": 1000,
    "poor_households": 70,
    "near_poor_households": 90,
    "electricity_households": 995,
    "water_households": 980,
    "land_short_households": 40,
    "land_resolved_households": 25,
    "resettlement_households": 30,
    "resettled_households": 20,
}
PEOPLE = {
    "people": 4000,
    "insured_people": 3900,
    "people_15": 3000,
    "literate_15": 2800,
    "media_people": 3950,
    "labour_age": 2500,
    "trained_labour": 1300,
    "births": 60,
    "assisted_births": 58,
    "children_5": 300,
    "underweight_children": 30,
}
GOOD: dict[str, Lines] = {
    "ethnic_households": {"khmer": dict(HOUSEHOLDS), "hoa": dict(HOUSEHOLDS)},
    "ethnic_people": {"khmer": dict(PEOPLE), "hoa": dict(PEOPLE)},
    "school": {
        key: {"school_age": 500, "enrolled": 490}
        for key in ("kindergarten_5", "primary", "lower_secondary", "upper_secondary")
    },
    "places": {
        "commune_road": {"existing": 8, "reaching": 8},
        "hamlet_house": {"existing": 60, "reaching": 51},
    },
    "income": {"ethnic_minority": {"income_vnd": 52.5, "income_2020_vnd": 30.2}},
}


class Case(NamedTuple):
    """A report that breaks a rule: one value of the good one changed, and the cell that is named, by table and line."""

    rule: str
    severity: str
    table: str
    line: str
    column: str
    value: float
    named: str = ""


def household(rule: str, column: str, value: float) -> Case:
    return Case(rule, "critical", "ethnic_households", "khmer", column, value)


def person(rule: str, column: str, value: float) -> Case:
    return Case(rule, "critical", "ethnic_people", "khmer", column, value)


CASES = [
    household("OUT-01", "poor_households", 1001),
    household("OUT-02", "near_poor_households", 1001),
    household("OUT-03", "electricity_households", 1001),
    household("OUT-04", "water_households", 1001),
    household("OUT-05", "land_short_households", 1001),
    household("OUT-06", "land_resolved_households", 41),
    household("OUT-07", "resettlement_households", 1001),
    household("OUT-08", "resettled_households", 31),
    person("OUT-09", "insured_people", 4001),
    person("OUT-10", "people_15", 4001),
    person("OUT-11", "literate_15", 3001),
    person("OUT-12", "media_people", 4001),
    person("OUT-13", "labour_age", 3001),
    person("OUT-14", "trained_labour", 2501),
    person("OUT-15", "births", 4001),
    person("OUT-16", "assisted_births", 61),
    person("OUT-17", "children_5", 4001),
    person("OUT-18", "underweight_children", 301),
    Case("OUT-19", "warning", "school", "primary", "enrolled", 501),
    Case("OUT-20", "critical", "places", "hamlet_house", "reaching", 61),
    household("OUT-25", "near_poor_households", 931),
    Case("OUT-22", "warning", "income", "ethnic_minority", "income_2020_vnd", 52.6, "income_vnd"),
    Case("OUT-23", "warning", "income", "ethnic_minority", "income_vnd", 301.0),
    Case("OUT-24", "warning", "income", "ethnic_minority", "income_2020_vnd", 2.5),
]


def with_totals(tables: Mapping[str, Lines], form: Form) -> dict[str, Lines]:
    """Return the tables with their total lines."""
    full = {
        name: {key: dict(values) for key, values in lines.items()} for name, lines in tables.items()
    }
    for name, lines in full.items():
        total = next((line for line in form.table(name).lines if line.total), None)
        if total is not None:
            names = {column for values in lines.values() for column in values}
            lines[total.key] = {
                column: sum(values.get(column) or 0 for values in lines.values())
                for column in names
            }
    return full


def read(pack: Pack, number: int, tables: Mapping[str, Lines] = GOOD) -> ParsedReport:
    period = Period.parse("2024")
    form, unit = pack.form("outcomes", period), pack.units.get("942", period.end)
    assert form is not None
    assert unit is not None
    content = write_template(form, unit, period, Values(with_totals(tables, form)))
    (reading,) = read_parts(content, delivery(number=number), pack)
    return reading


def good_with(table: str, line: str, **values: float) -> dict[str, Lines]:
    return {**GOOD, table: {**GOOD[table], line: {**GOOD[table][line], **values}}}


def place(reading: ParsedReport, table: str, line: str, column: str) -> tuple[str, str | None]:
    read = reading.tables[table]
    row = read.frame.loc[read.frame["line"] == line].iloc[0]
    return row["sheet"], read.cell(column, int(row["row"]))


@pytest.fixture(scope="module")
def checked_reports(pack: Pack) -> list[tuple[ParsedReport, Submission]]:
    """The bad reports, checked_reports in one batch."""
    readings = [
        read(pack, n, good_with(c.table, c.line, **{c.column: c.value}))
        for n, c in enumerate(CASES)
    ]
    return list(zip(readings, check(pack, *readings), strict=True))


@pytest.mark.parametrize("number", range(len(CASES)), ids=[case.rule for case in CASES])
def test_a_rule_finds_its_cell(
    checked_reports: list[tuple[ParsedReport, Submission]], number: int
) -> None:
    case, (reading, submission) = CASES[number], checked_reports[number]
    sheet, cell = place(reading, case.table, case.line, case.named or case.column)
    found = [(f.rule, f.sheet, f.cell, f.severity.value) for f in asked(submission)]
    assert (case.rule, sheet, cell, case.severity) in found
    assert not any("{" in f.message + f.expected + f.fix for f in submission.findings)


def test_fewer_people_than_households_are_found_at_their_groups(pack: Pack) -> None:
    people: Lines = {"khmer": {"people": 900}, "hoa": {"people": 900}}
    reading = read(pack, 1, {**GOOD, "ethnic_people": people})
    found = [(f.rule, f.sheet, f.cell) for f in asked(check(pack, reading)[0])]
    assert found == [
        ("OUT-27", *place(reading, "ethnic_people", "khmer", "people")),
        ("OUT-28", *place(reading, "ethnic_people", "hoa", "people")),
    ]


def test_too_many_people_for_the_households_are_asked_about_at_the_total(pack: Pack) -> None:
    people: Lines = {"khmer": {"people": 23_001}, "hoa": {"people": 1_000}}
    reading = read(pack, 1, {**GOOD, "ethnic_people": people})
    found = [(f.rule, f.sheet, f.cell) for f in asked(check(pack, reading)[0])]
    assert found == [("OUT-26", *place(reading, "ethnic_people", "total", "people"))]


def test_a_consistent_report_is_accepted_without_a_question(pack: Pack) -> None:
    submission = check(pack, read(pack, 1))[0]
    assert asked(submission) == []
    assert submission.verdict is Verdict.ACCEPTED
    facts = {fact.element: fact.value for fact in submission.facts}
    assert facts["poor_households_total"] == 140
    assert facts["literate_15_khmer"] == 2800
    assert facts["enrolled_kindergarten_5"] == 490
    assert facts["reaching_hamlet_house"] == 51
    assert facts["income_vnd_ethnic_minority"] == 52_500_000


def test_a_total_that_is_not_its_parts_is_asked_about(pack: Pack) -> None:
    form = pack.form("outcomes", Period.parse("2024"))
    assert form is not None
    unit = pack.units.get("942", date(2024, 12, 31))
    assert unit is not None
    tables = with_totals(GOOD, form)
    tables["ethnic_households"]["total"]["poor_households"] = 141
    content = write_template(form, unit, Period.parse("2024"), Values(tables))
    (reading,) = read_parts(content, delivery(), pack)
    found = [(f.rule, f.sheet, f.cell) for f in asked(check(pack, reading)[0])]
    assert found == [("CELL-16", *place(reading, "ethnic_households", "total", "poor_households"))]


# Over all forms: which form a workbook is taken for.
FORMS = load_pack(ROOT / "config" / "soc-trang").forms
EACH_FORM = pytest.mark.parametrize("form", FORMS, ids=[f"{f.code}-{f.version}" for f in FORMS])


def any_value(column: Column) -> Cell:
    """Return a value that fits the column."""
    match column.type:
        case ColumnType.CODE:
            return next(iter(column.vocabulary))
        case ColumnType.DATE:
            return date(2023, 5, 2)
        case ColumnType.TEXT:
            return "Một dòng chữ"
        case ColumnType.COMMUNE:
            return "Xã Phú Tâm"
        case _:
            return 100.0


def filled(form: Form) -> Values:
    def line(table: Table) -> dict[str, Cell]:
        return {column.name: any_value(column) for column in table.columns}

    matrices = {
        t.name: {each.key: line(t) for each in t.lines} for t in form.tables if t.kind == "matrix"
    }
    return Values(matrices, {t.name: [line(t), line(t)] for t in form.tables if t.kind == "list"})


def workbook(form: Form, pack: Pack, values: Values | None) -> bytes:
    period = period_of(form)
    unit = pack.units.get("942", period.end) or next(
        u for u in pack.units if u.is_valid_on(period.end) and u is not pack.province
    )
    return write_template(form, unit, period, values)


@EACH_FORM
@pytest.mark.parametrize("is_filled", [False, True], ids=["blank", "filled"])
def test_a_template_is_read_as_its_own_form_with_every_table_and_column(
    pack: Pack, form: Form, is_filled: bool
) -> None:
    content = workbook(form, pack, filled(form) if is_filled else None)
    (reading,) = read_parts(content, delivery(period=period_of(form)), pack)
    assert reading.form == form
    assert {name: set(table.letters) for name, table in reading.tables.items()} == {
        table.name: {column.name for column in table.columns} for table in form.tables
    }
    # An empty line, and a stage that was taken from the day the file came, are notes; a blank
    # workbook is no report.
    met = {
        p.rule
        for p in reading.problems
        if p.rule.startswith("FORM-") and p.rule not in ("FORM-16", "FORM-29")
    }
    assert met == (set() if is_filled else {"FORM-30"})


@EACH_FORM
def test_no_other_form_comes_near_by_its_labels_alone(pack: Pack, form: Form) -> None:
    opened = open_workbook(workbook(form, pack, filled(form)), DEFAULT_LIMITS)
    assert not isinstance(opened, ReaderFinding)
    sheets = opened.sheets
    own = sum(len(table.columns) for table in form.tables)
    scores = {
        f.code: sum(len(h.columns) for h in find_headers(sheets, f).values())
        for f in pack.forms
        if f.code != form.code
    }
    assert max(scores.values()) * 3 <= own, scores


@EACH_FORM
def test_each_table_stands_on_its_own_sheet_alone(pack: Pack, form: Form) -> None:
    opened = open_workbook(workbook(form, pack, filled(form)), DEFAULT_LIMITS)
    assert not isinstance(opened, ReaderFinding)
    sheets = opened.sheets
    headers = find_headers(sheets, form)
    assert {name: h.sheet.name for name, h in headers.items()} == {
        table.name: table.sheet for table in form.tables
    }
    assert [h.elsewhere for h in headers.values()] == [()] * len(form.tables)
