"""What the warehouse hands over for rules across submissions: of each report the compared elements alone."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine

from benchmarks.in_memory import reading_of
from benchmarks.province import Province
from expectations.rules.rule_set import RuleSet
from program.calendar.period import Period
from program.calendar.stage import Stage
from program.pack.pack import Pack
from program.parsed_report import facts_of
from program.records.current_report import CurrentReport, current_reports
from program.settings import Settings
from program.submission import Fact, Submission, Verdict
from tests.arriving import arrive
from warehouse.database.engine import prepare_warehouse
from warehouse.ledger import start_run
from warehouse.lifecycle.cross_checks import WarehousePeriodStage, by_year, current_report_facts
from warehouse.load import load_delivery

NOON = datetime(2025, 1, 20, 5, tzinfo=UTC)
Q4 = Period.parse("2024-Q4")
OCCASIONS = [WarehousePeriodStage("2024-Q4", Stage.FINAL)]


@pytest.fixture
def engine(settings: Settings) -> Engine:
    return prepare_warehouse(settings.warehouse_url)


def load(engine: Engine, *reports: tuple[str, str, tuple[Fact, ...]]) -> dict[int, Submission]:
    """Load reports of form, unit and facts; return them by their submissions' numbers."""
    run, loaded = start_run(engine, date(2025, 1, 20), "rules-1", NOON), {}
    for number, (form, unit, facts) in enumerate(reports, start=1):
        now = NOON + timedelta(minutes=number)
        delivery = arrive(engine, run, number, unit, now)
        loaded[number] = Submission(
            delivery, Verdict.ACCEPTED, (), form, "v1", unit, Q4, facts=facts
        )
        owed = [(loaded[number], None)]
        load_delivery(engine, owed, run_id=run, rule_set_version="rules-1", now=now)
    return loaded


def only(report: CurrentReport, elements: frozenset[str]) -> list[Fact]:
    return [fact for fact in report.facts if fact.element in elements]


@pytest.mark.both_databases
def test_each_report_comes_with_the_elements_that_a_rule_names_in_the_order_of_its_lines(
    engine: Engine, pack: Pack
) -> None:
    province, compared = Province(pack, 1, ("942", "946")), RuleSet(pack).compared
    forms = ("works", "training", "disbursement")
    sent = [
        (form, unit, facts_of(reading_of(province.report(form, unit, Q4), pack, 1)))
        for form in forms
        for unit in ("946", "942")
    ]
    loaded = load(engine, *sent)
    reports = current_report_facts(engine, OCCASIONS, compared)
    assert [(r.unit, r.form) for r in reports] == sorted((unit, form) for form, unit, _ in sent)
    everything = {report.number: report for report in current_reports(loaded)}
    for report in reports:
        known = only(everything[report.number], compared[report.form])
        assert list(report.facts) == sorted(known, key=lambda fact: (fact.line, fact.element))
    # Of a work its name and investment are compared, of its other columns none.
    names = {
        fact.element
        for report in reports
        if report.form == "works"
        for fact in report.facts
        if fact.line
    }
    assert names == {"work_name", "work_investment_vnd"}


def test_a_report_without_a_compared_element_has_reported_and_one_without_facts_has_not(
    engine: Engine, pack: Pack
) -> None:
    note = Fact("note", 9, None, "không có", "Trang", "B9")
    load(engine, ("training", "942", (note,)), ("training", "946", ()))
    (report,) = current_report_facts(engine, OCCASIONS, RuleSet(pack).compared)
    assert (report.unit, list(report.facts)) == ("942", [])


def test_occasions_of_one_year_are_compared_together_and_no_others() -> None:
    year, quarter, earlier = (
        WarehousePeriodStage(code, Stage.FINAL) for code in ("2024", "2024-Q4", "2023-Q4")
    )
    assert by_year([year, earlier, quarter]) == [[earlier], [year, quarter]]
