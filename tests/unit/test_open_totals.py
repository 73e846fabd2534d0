"""Totals with an empty part: which of them nobody knows, and which somebody typed."""

from typing import Any

import pytest

from expectations.checking import Checker
from program.calendar.period import Period
from program.calendar.stage import Stage
from program.pack.pack import Pack
from program.submission import Submission
from publish.template.requests import request_of
from publish.template.values import Values
from publish.template.workbook import write_template
from tests.conftest import Fill
from tests.filled_templates import asks
from tests.shared_rules import rules_of
from tests.workbooks import COMMUNE, DISTRICT, TOTAL, read, report, summary

LEVELS: dict[str, dict[str, Any]] = {
    "district": {"classes": 1, "participants": 50, "women": 20},
    "commune": {"classes": 2, "participants": 80, "women": None},
}


def checked_reports(content: bytes, pack: Pack) -> Submission:
    reading = read(content, pack, period=Period.parse("2024-Q4"))
    return Checker(pack, rules_of(pack), "test").check([reading])[0]


def totals(submission: Submission, column: str) -> list[float | None]:
    return [fact.value for fact in submission.facts if fact.element == f"{column}_total"]


def test_a_sum_over_an_unknown_part_is_no_figure_and_the_others_are(fill: Fill, pack: Pack) -> None:
    found = checked_reports(fill("942", "2024-Q4", levels=LEVELS), pack)
    assert asks(found.findings) == []
    assert (totals(found, "women"), totals(found, "participants")) == ([], [130])


def test_a_total_that_somebody_typed_beside_an_unknown_part_is_known(
    fill: Fill, pack: Pack
) -> None:
    levels = {**LEVELS, "total": {"women": 61}}
    found = checked_reports(fill("942", "2024-Q4", levels=levels), pack)
    assert (asks(found.findings), totals(found, "women")) == ([], [61])


def test_a_line_left_empty_is_nothing_and_leaves_its_total_known(fill: Fill, pack: Pack) -> None:
    levels = {"district": LEVELS["district"]}
    found = checked_reports(fill("942", "2024-Q4", levels=levels), pack)
    assert totals(found, "women") == [20]


@pytest.mark.parametrize(("community", "officials"), [(50, [30]), (40, [])])
def test_an_empty_share_is_none_where_the_others_make_up_the_whole(
    fill: Fill, pack: Pack, community: int, officials: list[float]
) -> None:
    levels = {
        "district": {"classes": 1, "participants": 50, "community": community},
        "commune": {"classes": 1, "participants": 90, "officials": 30, "community": 60},
    }
    found = checked_reports(fill("942", "2024-Q4", levels=levels), pack)
    assert totals(found, "officials") == officials


def test_a_required_figure_that_is_missing_is_asked_for_there_and_not_at_its_total(
    fill: Fill, pack: Pack
) -> None:
    levels = {**LEVELS, "commune": {"classes": 2, "participants": None}}
    found = checked_reports(fill("942", "2024-Q4", levels=levels), pack)
    assert [(f.rule, f.cell) for f in asks(found.findings)] == [("CELL-01", "C11")]


def test_a_forgotten_total_over_known_parts_is_asked_for(pack: Pack) -> None:
    forgotten = [*TOTAL[:2], None, *TOTAL[3:]]
    found = checked_reports(report(summary(lines=[DISTRICT, COMMUNE, forgotten])), pack)
    assert ("CELL-01", "C9") in {(f.rule, f.cell) for f in asks(found.findings)}


def test_a_sum_of_a_list_is_unknown_where_a_line_lacks_its_figure(pack: Pack) -> None:
    models = [{"model_name": "Nuôi bò", "model_households": 6}, {"model_name": "Trồng nấm"}]
    support = {"production_models": {"planned": 12, "supported": 10}}
    content = template(pack, "livelihoods", Values({"support": support}, {"model_list": models}))
    found = checked_reports(content, pack)
    # With 6 for the sum, LIV-07 would say that the list lacks households.
    assert asks(found.findings) == []
    told = {fact.element: fact.value for fact in found.facts if fact.line == 0}
    assert told["models_listed"] == 2
    assert "model_households_listed" not in told


@pytest.mark.parametrize(("disbursed", "plans"), [(None, [40e6]), (5, [])])
def test_an_empty_stream_is_no_plan_unless_money_of_it_was_disbursed(
    pack: Pack, disbursed: float | None, plans: list[float]
) -> None:
    line = {
        "plan_central_investment_vnd": 40,
        "disbursed_central_investment_vnd": 10,
        "disbursed_local_investment_vnd": disbursed,
    }
    content = template(pack, "disbursement", Values({"capital": {"da1": line}}))
    found = checked_reports(content, pack)
    assert [fact.value for fact in found.facts if fact.element == "plan_total_vnd_da1"] == plans


def test_a_finding_at_a_computed_total_names_the_cells_to_correct(pack: Pack) -> None:
    line = {"plan_central_investment_vnd": 100, "disbursed_central_investment_vnd": 130}
    content = template(pack, "disbursement", Values({"capital": {"da1": line}}))
    (finding,) = [f for f in checked_reports(content, pack).findings if f.rule == "DIS-06"]
    assert finding.cell == "M11"
    assert finding.fix.endswith("Ô M11 tự tính từ H11:L11; chỗ cần sửa là ở các ô đó.")


def template(pack: Pack, form_code: str, values: Values) -> bytes:
    period = Period.parse("2024-Q4")
    form, unit = pack.form(form_code, period), pack.units.get("942", period.end)
    assert form is not None
    assert unit is not None
    asked = request_of(pack, form, unit, period, Stage.FINAL)
    return write_template(form, unit, period, values, sending=asked.sending)
