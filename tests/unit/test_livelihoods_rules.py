"""Each rule of the livelihoods form: what it must find, at which cell, and what it must leave alone."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pytest

from connectors.reader.reader import read_parts
from program.calendar.period import Period
from program.pack.pack import Pack
from program.parsed_report import ParsedReport
from program.submission import Submission, Verdict
from publish.template.values import Cell, Values
from publish.template.workbook import write_template
from tests.conftest import delivery
from tests.shared_rules import asked, check

HOUSING: dict[str, float | None] = {
    "planned": 50,
    "supported": 40,
    "supported_poor": 40,
    "supported_ethnic": 35,
    "supported_women": 12,
    "support_vnd": 1600.5,
}
MODELS: dict[str, float | None] = {
    "planned": 30,
    "supported": 30,
    "supported_poor": 20,
    "support_vnd": 450.0,
}
GOOD: dict[str, dict[str, float | None]] = {"housing": HOUSING, "production_models": MODELS}
COWS: dict[str, Cell] = {
    "model_name": "Nuôi bò sinh sản",
    "model_kind": "livestock",
    "model_commune": "Xã Phú Tâm",
    "model_households": 18,
    "model_vnd": 300.0,
}
ONIONS: dict[str, Cell] = {
    **COWS,
    "model_name": "Trồng hành tím",
    "model_kind": "crops",
    "model_households": 14,
    "model_vnd": 150.0,
}
GOOD_MODELS = [COWS, ONIONS]


class Case(NamedTuple):
    """A report that breaks a rule, and where: a line of the summary, or the first model of the list."""

    rule: str
    severity: str
    line: str
    column: str
    lines: Mapping[str, Mapping[str, float | None]] = GOOD
    models: Sequence[Mapping[str, Cell]] = GOOD_MODELS


def housing_with(**values: float | None) -> dict[str, dict[str, float | None]]:
    return {**GOOD, "housing": {**HOUSING, **values}}


CASES = [
    Case("LIV-01", "warning", "housing", "supported", housing_with(planned=39)),
    Case("LIV-02", "critical", "housing", "supported_poor", housing_with(supported_poor=41)),
    Case("LIV-03", "critical", "housing", "supported_ethnic", housing_with(supported_ethnic=41)),
    Case("LIV-04", "critical", "housing", "supported_women", housing_with(supported_women=41)),
    Case(
        "LIV-05",
        "warning",
        "vocational",
        "supported",
        {**GOOD, "vocational": {"supported": 0, "support_vnd": 20.0}},
    ),
    Case(
        "LIV-06",
        "warning",
        "vocational",
        "support_vnd",
        {**GOOD, "vocational": {"supported": 9, "support_vnd": 0.0}},
    ),
    Case(
        "LIV-07",
        "warning",
        "production_models",
        "supported",
        models=[{**COWS, "model_households": 15}, ONIONS],
    ),
    Case(
        "LIV-08",
        "warning",
        "production_models",
        "support_vnd",
        models=[{**COWS, "model_vnd": 300.1}, ONIONS],
    ),
    Case(
        "LIV-09",
        "warning",
        "",
        "model_households",
        models=[{**COWS, "model_households": 0}, {**ONIONS, "model_households": 40}],
    ),
    Case("LIV-10", "warning", "housing", "support_vnd", housing_with(support_vnd=20_000.1)),
    Case("LIV-10", "warning", "housing", "support_vnd", housing_with(support_vnd=1.6)),
    Case(
        "LIV-11",
        "warning",
        "",
        "model_vnd",
        {**GOOD, "production_models": {**MODELS, "support_vnd": 9_200}},
        [{**COWS, "model_vnd": 9_000.1}, ONIONS],
    ),
    Case("CELL-01", "critical", "housing", "supported", housing_with(supported=None)),
    Case("CELL-03", "critical", "housing", "supported_women", housing_with(supported_women=1.2)),
    Case(
        "CELL-05",
        "critical",
        "",
        "model_kind",
        models=[{**COWS, "model_kind": "Nuôi cá cảnh"}, ONIONS],
    ),
]


def read(
    pack: Pack,
    number: int,
    lines: Mapping[str, Mapping[str, float | None]] = GOOD,
    models: Sequence[Mapping[str, Cell]] = GOOD_MODELS,
) -> ParsedReport:
    period = Period.parse("2024-Q4")
    form, unit = pack.form("livelihoods", period), pack.units.get("942", period.end)
    assert form is not None
    assert unit is not None
    content = write_template(form, unit, period, Values({"support": lines}, {"model_list": models}))
    (reading,) = read_parts(content, delivery(number=number), pack)
    return reading


@pytest.fixture(scope="module")
def checked_reports(pack: Pack) -> list[tuple[ParsedReport, Submission]]:
    """The bad reports, checked_reports in one batch."""
    readings = [read(pack, number, case.lines, case.models) for number, case in enumerate(CASES)]
    return list(zip(readings, check(pack, *readings), strict=True))


@pytest.mark.parametrize("number", range(len(CASES)), ids=[case.rule for case in CASES])
def test_a_rule_finds_its_cell_and_nothing_else_is_asked(
    checked_reports: list[tuple[ParsedReport, Submission]], number: int
) -> None:
    case, (reading, submission) = CASES[number], checked_reports[number]
    table = reading.tables["support" if case.line else "model_list"]
    row = table.frame.loc[table.frame["line"] == case.line].iloc[0]
    found = [(f.rule, f.sheet, f.cell, f.severity.value) for f in asked(submission)]
    assert found == [
        (case.rule, row["sheet"], table.cell(case.column, int(row["row"])), case.severity)
    ]
    assert not any("{" in f.message + f.expected + f.fix for f in submission.findings)


def test_a_consistent_report_is_accepted_without_a_question(pack: Pack) -> None:
    submission = check(pack, read(pack, 1))[0]
    assert asked(submission) == []
    assert submission.verdict is Verdict.ACCEPTED
    facts = {fact.element: fact.value for fact in submission.facts if fact.line == 0}
    assert facts["supported_housing"] == 40
    assert facts["support_vnd_housing"] == 1_600_500_000
    assert (
        facts["models_listed"],
        facts["model_households_listed"],
        facts["model_listed_vnd"],
    ) == (2, 32, 450_000_000)


def test_a_report_without_models_needs_no_list_and_a_line_of_noughts_is_no_contradiction(
    pack: Pack,
) -> None:
    nought = {"housing": {"planned": 5, "supported": 0, "support_vnd": 0.0}}
    submission = check(pack, read(pack, 1, {**GOOD, **nought}, []))[0]
    assert asked(submission) == []
    assert submission.verdict is Verdict.ACCEPTED


def test_no_line_adds_up_households_that_may_have_had_several_supports(pack: Pack) -> None:
    form = pack.form("livelihoods", Period.parse("2024"))
    assert form is not None
    assert not any(line.total or line.parts for line in form.table("support").lines)
