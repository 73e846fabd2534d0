"""The marts: every column documented; pace and status; roll-ups with who is missing.

Shares from sums; lateness; quality.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Engine, inspect, text, update

from program.calendar.stage import Stage
from program.finding import Finding, Severity
from program.pack.pack import Pack
from program.records.report_state import ReportState, state_of
from program.records.reporting_rates import rates_of
from program.settings import ROOT, Settings
from tests.arriving import catalogued
from tests.questions import answer, questions
from tests.reports_sent import load_report
from warehouse.database.views import MARTS
from warehouse.ledger import start_run
from warehouse.queries.reports import reporting
from warehouse.tables import RunRow

NOON = datetime(2026, 2, 20, 5, tzinfo=UTC)
WRONG = Finding("TRN-01", Severity.CRITICAL, "Số nữ lớn hơn", "Sửa", sheet="S", cell="D10")
ODD = Finding("TRN-05", Severity.WARNING, "Tổng lệch", "Sửa", sheet="S", cell="C12")
Send = Callable[..., None]
Ask = Callable[..., list[dict[str, Any]]]
pytestmark = pytest.mark.both_databases


@pytest.fixture
def engine(settings: Settings, pack: Pack) -> Engine:
    return catalogued(settings, pack, NOON)


@pytest.fixture
def send(engine: Engine) -> Send:
    """send("942", "2024-Q4", {"participants_total": 10}): a report comes in, on `day` where given."""
    run, numbers = start_run(engine, NOON.date(), "rules-1", NOON), count(1)

    def send(
        unit: str,
        period: str,
        figures: dict[str, float],
        *findings: Finding,
        form: str = "training",
        stage: Stage = Stage.FINAL,
        day: date | None = None,
    ) -> None:
        number = next(numbers)
        at = NOON + timedelta(minutes=number)
        came = datetime(day.year, day.month, day.day, 5, tzinfo=UTC) if day else at
        load_report(
            engine, run, number, unit, period, figures, *findings,
            at=at, came=came, form=form, stage=stage,
        )  # fmt: skip

    return send


@pytest.fixture
def ask(engine: Engine) -> Ask:
    """ask("mart_training", unit_code="94"): the rows of a mart that have these values."""

    def ask(mart: str, **values: object) -> list[dict[str, Any]]:
        where = " AND ".join(f"{name} = :{name}" for name in values)
        with engine.connect() as connection:
            return [
                dict(row)
                for row in connection.execute(
                    text(f"SELECT * FROM {mart} WHERE {where}"), values
                ).mappings()
            ]

    return ask


def test_every_column_of_every_mart_is_documented_and_no_other(engine: Engine) -> None:
    sections = re.split(
        r"^## ", (ROOT / "docs" / "marts.md").read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    documented = {}
    for section in sections:
        lines = [line for line in section.splitlines() if line.startswith("| `")]
        documented[section.split("\n", 1)[0]] = [
            name for line in lines for name in re.findall(r"`(\w+)`", line.split("|")[1])
        ]
    for mart in MARTS:
        columns = [column["name"] for column in inspect(engine).get_columns(mart)]
        assert sorted(documented[mart]) == sorted(columns), mart


def test_each_of_the_forty_questions_is_a_short_statement_on_the_marts_of_either_database(
    engine: Engine,
) -> None:
    asked = [question.sql for question in questions()]
    assert (len(asked), max(sql.count("\n") for sql in asked)) == (40, 2)
    for sql in asked:
        tables = re.findall(r"(?:FROM|JOIN) (\w+)", sql)
        assert set(tables) <= set(MARTS)
        with engine.connect() as connection:
            answer(connection, sql)


@pytest.mark.parametrize(
    ("earlier", "now", "status", "pace", "projection"),
    [
        (None, 97.0, "not_yet", None, None),
        (96.0, 97.0, "on_track", 1.0, 98.0),
        (90.0, 94.0, "at_risk", 4.0, 98.0),
        (96.0, 96.2, "behind", 0.2, 96.4),
        (96.0, 98.5, "achieved", 2.5, 101.0),
    ],
)
def test_status_follows_the_pace_to_the_end_of_2025(
    send: Send,
    ask: Ask,
    engine: Engine,
    earlier: float | None,
    now: float,
    status: str,
    pace: float | None,
    projection: float | None,
) -> None:
    target = 98.5 if status == "at_risk" else 98
    with engine.begin() as connection:
        # After the target's date nothing is on track any more.
        connection.execute(update(RunRow).values(as_of=date(2025, 3, 1)))
        connection.execute(
            text(
                f"UPDATE targets SET value = {target}, comparison = 'at_least' WHERE indicator_code = 'T19'"
            )
        )
    if earlier is not None:
        send(
            "942",
            "2023",
            {"insured_people_total": earlier * 10, "people_total": 1000.0},
            form="outcomes",
        )
    send("942", "2024", {"insured_people_total": now * 10, "people_total": 1000.0}, form="outcomes")
    (row,) = ask(
        "mart_progress", indicator_code="T19", unit_code="942", period="2024", basis="reported"
    )
    assert (row["status"], row["target_2025"], row["period_kind"]) == (status, target, "year")
    assert row["required_pace"] == pytest.approx(target - now)
    assert row["actual_pace"] == (None if pace is None else pytest.approx(pace))
    assert row["projection"] == (None if projection is None else pytest.approx(projection))


def test_the_way_begins_at_the_baseline_where_one_is_declared(
    engine: Engine, send: Send, ask: Ask
) -> None:
    with engine.begin() as connection:
        connection.execute(update(RunRow).values(as_of=date(2025, 3, 1)))
    send(
        "942",
        "2024",
        {"income_vnd_ethnic_minority": 48e6, "income_2020_vnd_ethnic_minority": 30e6},
        form="outcomes",
    )
    (row,) = ask(
        "mart_progress", indicator_code="T01", unit_code="942", period="2024", basis="reported"
    )
    assert (row["baseline"], row["baseline_period"], row["target_2025"], row["comparison"]) == (
        1,
        "2020",
        2,
        "more_than",
    )
    assert row["percent_of_way"] == pytest.approx(60)
    assert (row["actual_pace"], row["required_pace"]) == (pytest.approx(0.15), pytest.approx(0.4))
    assert (row["projection"], row["status"]) == (pytest.approx(1.75), "behind")


def test_a_province_s_baseline_is_no_district_s(send: Send, ask: Ask) -> None:
    send("942", "2024", {"poor_households_khmer": 5.0, "households_khmer": 100.0}, form="outcomes")
    rows = {
        row["basis"]: row
        for row in ask("mart_progress", indicator_code="OUT-POOR-KHMER", period="2024")
        if row["actual"]
    }
    assert rows["reported"]["baseline"] is None
    assert (rows["sum_of_districts"]["unit_code"], rows["sum_of_districts"]["baseline"]) == (
        "94",
        pytest.approx(7.01),
    )


def test_what_is_due_and_did_not_come_has_no_data_and_is_no_zero(send: Send, ask: Ask) -> None:
    send("942", "2024", {"insured_people_total": 900.0, "people_total": 1000.0}, form="outcomes")
    (missing,) = ask(
        "mart_progress", indicator_code="T19", unit_code="943", period="2024", basis="reported"
    )
    assert (missing["actual"], missing["status"], missing["reported"], missing["expected"]) == (
        None,
        "no_data",
        0,
        1,
    )
    (nothing,) = ask(
        "mart_rollups", indicator_code="T19", unit_code="94", period="2025", stage="final"
    )
    assert (nothing["actual"], nothing["reported"], nothing["expected"]) == (None, 0, 43)


def test_a_province_s_share_is_a_quotient_of_sums_over_who_reported(send: Send, ask: Ask) -> None:
    send("942", "2024", {"insured_people_total": 900.0, "people_total": 1000.0}, form="outcomes")
    send("943", "2024", {"insured_people_total": 50.0, "people_total": 100.0}, form="outcomes")
    (row,) = ask(
        "mart_progress", indicator_code="T19", unit_code="94", period="2024", stage="final"
    )
    assert row["actual"] == pytest.approx(100 * 950 / 1100), "not (90 + 50) / 2"
    assert (row["basis"], row["reported"], row["expected"]) == ("sum_of_districts", 2, 11)


def test_a_shared_commune_is_in_the_province_s_sum_and_in_no_district_s(
    send: Send, ask: Ask, pack: Pack
) -> None:
    land = pack.units.territory(pack.units.get("948", date(2025, 6, 30)))
    for unit in (*land.whole, *land.shared):
        send(unit.code, "2025-Q3", {"participants_total": 100.0, "women_total": 40.0})
    counted = {
        row["unit_code"]: row
        for row in ask("mart_training", period="2025-Q3", basis="sum_of_communes")
    }
    assert (counted["948"]["participants"], counted["948"]["reported"]) == (
        100 * len(land.whole),
        len(land.whole),
    )
    assert (counted["94"]["participants"], counted["94"]["expected"]) == (
        100 * (len(land.whole) + len(land.shared)),
        43,
    )
    assert "92" not in counted, "of the new province the table knows a part only"


def test_who_does_not_say_how_many_were_women_is_in_no_share_of_women(send: Send, ask: Ask) -> None:
    send(
        "942",
        "2024-Q4",
        {"participants_total": 100.0, "women_total": 40.0, "budget_spent_vnd_total": 20e6},
    )
    send("943", "2024-Q4", {"participants_total": 300.0, "classes_total": 3.0})
    (row,) = ask("mart_training", unit_code="94", period="2024-Q4")
    assert (row["participants"], row["participants_by_sex"], row["women_percent"]) == (400, 100, 40)
    assert (row["cost_per_participant_vnd"], row["participants_with_cost"]) == (200_000, 100)
    assert (row["reported"], row["expected"]) == (2, 11)


def money(plan: float, disbursed: float | None) -> dict[str, float]:
    figures = {"plan_central_investment_vnd_da1": plan, "plan_total_vnd_total": plan}
    return figures | (
        {"disbursed_central_investment_vnd_da1": disbursed} if disbursed is not None else {}
    )


def test_disbursement_stands_beside_the_same_time_last_year(send: Send, ask: Ask) -> None:
    send("942", "2023-Q4", money(100e6, 40e6), form="disbursement")
    send("942", "2024-Q4", money(200e6, 150e6), form="disbursement")
    send("943", "2024-Q4", money(500e6, None), form="disbursement")
    chosen = {"period": "2024-Q4", "project_code": "DA1", "source": "central_investment"}
    (own,) = ask("mart_disbursement", unit_code="942", **chosen)
    assert (own["plan_vnd"], own["disbursed_vnd"], own["rate"]) == (200e6, 150e6, 75)
    assert (own["rate_year_before"], own["rate_change"]) == (40, 35)
    (all_of_them,) = ask("mart_disbursement", unit_code="94", **chosen)
    assert (all_of_them["plan_vnd"], all_of_them["disbursed_vnd"]) == (700e6, 150e6)
    assert all_of_them["rate"] == 75, (
        "who does not say what was disbursed has not disbursed nothing"
    )
    assert (
        all_of_them["reported"],
        all_of_them["expected"],
        all_of_them["reported_year_before"],
    ) == (2, 11, 1)


def test_lateness_is_counted_from_the_first_version_in_days_of_vietnam(
    send: Send, ask: Ask
) -> None:
    due = ask("mart_reporting", form_code="training", unit_code="942", period="2024-Q4")[0][
        "due_date"
    ]
    due = date.fromisoformat(str(due))
    send("942", "2024-Q4", {"participants_total": 1.0}, WRONG, day=due + timedelta(days=3))
    send("942", "2024-Q4", {"participants_total": 1.0}, day=due + timedelta(days=9))
    send("943", "2024-Q4", {"participants_total": 1.0}, day=due)
    late = {
        row["unit_code"]: row
        for row in ask("mart_reporting", form_code="training", period="2024-Q4")
    }
    assert [
        (late[u]["days_late"], late[u]["is_timely"], late[u]["versions"]) for u in ("942", "943")
    ] == [(3, 0, 2), (0, 1, 1)]
    assert (late["944"]["days_late"], late["944"]["is_current"]) == ((NOON.date() - due).days, 0)


def test_rates_are_those_of_dhis2_and_what_waits_for_a_correction_has_come(
    send: Send, ask: Ask
) -> None:
    """Six quarters are due of a district: 2024-Q1 to 2025-Q2, after which it ended."""
    dues = {
        row["period"]: date.fromisoformat(str(row["due_date"]))
        for row in ask("mart_reporting", form_code="training", unit_code="943")
    }
    figures = {"participants_total": 1.0}
    send("943", "2024-Q1", figures, day=dues["2024-Q1"])
    send("943", "2024-Q2", figures, WRONG, day=dues["2024-Q2"])
    send("943", "2024-Q3", figures, day=dues["2024-Q3"] + timedelta(days=1))
    (unit,) = ask("mart_punctuality", form_code="training", unit_code="943")
    counts = (unit["due"], unit["received"], unit["timely"], unit["accepted"])
    assert counts == (6, 3, 2, 2)
    # By hand: 3 of 6, 2 of 6, 2 of 6.
    rates = [unit[name] for name in ("reporting_rate", "reporting_rate_on_time", "accepted_rate")]
    assert rates == [50.0, pytest.approx(33.333, abs=0.001), pytest.approx(33.333, abs=0.001)]


@pytest.mark.parametrize(
    ("days", "is_due", "state"),
    [(0, 0, ReportState.NOT_YET_DUE), (1, 1, ReportState.MISSING)],
    ids=["on its due date", "the day after"],
)
def test_a_report_is_due_from_the_day_after_its_due_date_in_marts_and_states_alike(
    engine: Engine, ask: Ask, days: int, is_due: int, state: ReportState
) -> None:
    asked = {"form_code": "training", "unit_code": "943", "period": "2024-Q4"}
    start_run(engine, date(2025, 1, 1), "rules-1", NOON)
    due_date = date.fromisoformat(str(ask("mart_reporting", **asked)[0]["due_date"]))
    day = due_date + timedelta(days=days)
    start_run(engine, day, "rules-1", NOON + timedelta(days=1))
    (row,) = ask("mart_reporting", **asked)
    assert (row["is_due"], row["days_late"] or 0) == (is_due, days)
    rows = [row for row in reporting(engine, "2024-Q4") if row.form_code == "training"]
    of_unit = [row for row in rows if row.unit_code == "943"]
    assert [state_of(row, day) for row in of_unit] == [state]
    # The same count by SQL and by the pages.
    by_sql = sum(row["due"] for row in ask("mart_punctuality", form_code="training"))
    assert (
        rates_of([row for row in reporting(engine) if row.form_code == "training"], day).expected
        == by_sql
    )


def test_quality_says_how_often_a_rule_is_broken_and_how_soon_it_is_mended(
    send: Send, ask: Ask
) -> None:
    figures = {"participants_total": 1.0, "women_total": 1.0}
    send("942", "2024-Q4", figures, WRONG, ODD, day=date(2025, 1, 10))
    send("942", "2024-Q4", figures, ODD, day=date(2025, 1, 14))
    send("942", "2024-Q3", figures, day=date(2025, 1, 20))
    rows = {row["rule"]: row for row in ask("mart_quality", unit_code="942", form_code="training")}
    assert {rule: row["findings"] for rule, row in rows.items()} == {
        "TRN-01": 1,
        "TRN-05": 2,
        "all": 3,
    }
    assert rows["all"]["findings_per_thousand"] == pytest.approx(1000 * 3 / 6)
    assert (
        rows["TRN-01"]["first_pass_yield"],
        rows["TRN-01"]["fixed"],
        rows["TRN-01"]["days_to_fix_each"],
    ) == (50, 1, 4)
    assert (rows["TRN-05"]["broken"], rows["TRN-05"]["fixed"], rows["TRN-05"]["days_to_fix"]) == (
        1,
        0,
        None,
    )


@pytest.mark.sqlite_only  # PostgreSQL plans by its statistics
def test_progress_looks_for_a_units_report_among_its_own_and_not_among_all_of_the_period(
    engine: Engine, send: Send
) -> None:
    send("942", "2024-Q4", {"participants_total": 10})
    with engine.connect() as connection:
        steps = connection.execute(text("EXPLAIN QUERY PLAN SELECT * FROM mart_progress")).all()
    searches = [step.detail for step in steps if step.detail.startswith("SEARCH s ")]
    assert any("(form_code=? AND unit_code=? AND period=?)" in search for search in searches)
    assert not [
        search for search in searches if search.endswith("ix_submissions_period_stage (period=?)")
    ]
