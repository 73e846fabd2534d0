"""From a figure, or from a sum over units, back to the cells of the files; and what is answered to a wrong name."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from mtqg.cli import app
from program.calendar.period import Period
from program.calendar.stage import Stage
from program.errors import UsageError
from program.finding import Finding, Severity
from program.pack.pack import Pack
from program.settings import Settings
from program.submission import Fact, Submission, verdict_of
from tests.arriving import arrive, catalogued
from warehouse.ledger import pending_deliveries, start_run
from warehouse.load import load_delivery

RUN = datetime(2025, 1, 20, 15, tzinfo=UTC)
AT_TOTAL = Finding("TRN-05", Severity.WARNING, "Tổng lệch", "Sửa", sheet="S", cell="C12")
AT_PART = Finding("TRN-07", Severity.WARNING, "Cấp xã quá lớn", "Sửa", sheet="S", cell="C11")
CRITICAL = Finding("TRN-01", Severity.CRITICAL, "Số nữ lớn hơn", "Sửa", sheet="S", cell="D10")
Send = Callable[..., None]
Ask = Callable[..., Result]
pytestmark = pytest.mark.both_databases


@pytest.fixture
def engine(settings: Settings, pack: Pack) -> Engine:
    return catalogued(settings, pack, RUN)


@pytest.fixture
def send(engine: Engine) -> Send:
    """send("942", 100): a unit's report of 2024-Q4 is checked, so many days after the first run.

    `people` None: the report leaves the figure empty.
    """
    run, numbers = start_run(engine, RUN.date(), "rules-1", RUN), count(1)

    def send(
        unit: str, people: float | None, *findings: Finding, day: int = 0, period: str = "2024-Q4"
    ) -> None:
        now = RUN + timedelta(days=day, minutes=1)
        arrive(engine, run, next(numbers), unit, now)
        (delivery,) = pending_deliveries(engine, 10)
        facts = [Fact("women_total", 0, 3.0, None, "S", "D12")]
        if people is not None:
            facts.append(Fact("participants_commune", 0, people, None, "S", "C11"))
            facts.append(Fact("participants_total", 0, people, None, "S", "C12"))
        verdict = verdict_of(findings)
        of_period = Period.parse(period)
        loaded = tuple(facts) if verdict.loads else ()
        report = Submission(
            delivery, verdict, findings, "training", "v1", unit, of_period, Stage.FINAL, loaded
        )
        load_delivery(engine, [(report, None)], run_id=run, rule_set_version="rules-1", now=now)

    return send


@pytest.fixture
def ask(engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """ask("94", "2024-Q4", "--json"): what `mtqg trace` answers about participants."""
    monkeypatch.setenv("MTQG_VAR", str(settings.var))
    monkeypatch.setenv("MTQG_WAREHOUSE_URL", settings.warehouse_url)

    def ask(unit: str, period: str, *more: str, indicator: str = "TRN-PARTICIPANTS") -> Result:
        asked = ("trace", "--unit", unit, "--indicator", indicator, "--period", period, *more)
        return CliRunner().invoke(app, list(asked), terminal_width=200)

    return ask


def answer(result: Result) -> Any:
    assert result.exception is None, result.exception
    return json.loads(result.stdout)


def refusal(result: Result) -> str:
    assert isinstance(result.exception, UsageError), result.stdout
    return str(result.exception)


def test_a_sum_opens_into_the_cells_of_its_parts(send: Send, ask: Ask) -> None:
    send("942", 100)
    send("943", 40)
    send("945", 2)
    (summed,) = answer(ask("94", "2024-Q4", "--json"))["sums"]
    assert (summed["basis"], summed["value"]) == ("sum_of_districts", 142)
    assert (summed["reported"], summed["units"], summed["enough"]) == (3, 11, False)
    parts = {part["unit"]: part for part in summed["parts"]}
    assert {code: part["value"] for code, part in parts.items()} == {
        "942": 100,
        "943": 40,
        "945": 2,
    }
    (fact,) = parts["943"]["facts"]
    assert (fact["sheet"], fact["cell"]) == ("S", "C12")
    assert (fact["delivery"]["sender"], fact["delivery"]["name"]) == ("943", "2.xlsx")
    assert fact["submission"]["rule_set_version"] == "rules-1"


def test_the_parts_of_a_sum_add_up_to_it_in_every_period(send: Send, ask: Ask) -> None:
    for number, unit in enumerate(("941", "942", "943", "944"), start=1):
        send(unit, 10.0 * number, period="2024-Q3")
        send(unit, 7.0 * number)
    for period in ("2024-Q3", "2024-Q4"):
        (summed,) = answer(ask("94", period, "--json"))["sums"]
        assert sum(part["value"] for part in summed["parts"]) == summed["value"] > 0


def test_a_sum_names_each_unit_that_is_not_in_it_and_says_why(send: Send, ask: Ask) -> None:
    send("942", 100)
    send("943", 50, CRITICAL)
    send("945", None)
    (summed,) = answer(ask("94", "2024-Q4", "--json"))["sums"]
    missing = {unit["unit"]: unit["why"] for unit in summed["missing"]}
    assert (missing.pop("943"), missing.pop("945")) == ("to_correct", "no_figure")
    assert set(missing.values()) == {"nothing_came"}
    assert len(summed["parts"]) + len(summed["missing"]) == summed["expected"] == 11
    printed = ask("94", "2024-Q4").stdout
    assert "missing, came, and waits for a correction: 943 Huyện Kế Sách" in printed
    assert "missing, accepted, and has no such figure: 945 Huyện Cù Lao Dung" in printed
    assert "100 người · 1/11 units · not enough reports to count" in printed


def test_a_doubt_about_a_part_of_a_figure_marks_the_sum_and_is_shown(send: Send, ask: Ask) -> None:
    send("942", 100, AT_PART)
    send("943", 40)
    (summed,) = answer(ask("94", "2024-Q4", "--json"))["sums"]
    doubts = {part["unit"]: [d["cell"] for d in part["doubts"]] for part in summed["parts"]}
    assert (summed["doubtful"], doubts) == (1, {"942": ["C11"], "943": []})
    printed = ask("94", "2024-Q4").stdout
    assert "1 reports in doubt" in printed
    assert "in doubt: 942 Huyện Châu Thành" in printed
    assert 'participants_commune, sheet "S", cell C11: TRN-07: Cấp xã quá lớn' in printed


def test_the_open_findings_at_a_cell_stand_once_with_the_figure(send: Send, ask: Ask) -> None:
    send("942", 100, AT_TOTAL)
    assert [f["rule"] for f in answer(ask("942", "2024-Q4", "--json"))["facts"][0]["findings"]] == [
        "TRN-05"
    ]
    assert ask("942", "2024-Q4").stdout.count("Tổng lệch") == 1


def test_a_unit_that_reported_itself_shows_that_first_and_its_sum_on_demand(
    send: Send, ask: Ask
) -> None:
    send("94", 500)
    send("942", 100)
    traced = answer(ask("94", "2024-Q4", "--json"))
    assert (traced["value"], traced["sums"][0]["value"]) == (500, 100)
    closed, opened = (ask("94", "2024-Q4", *more).stdout for more in ((), ("--sum",)))
    for printed in (closed, opened):
        assert "reported: 500 người" in printed
        assert "sum of the districts: 100 người" in printed
    assert "2.xlsx" not in closed
    assert "2.xlsx" in opened


def test_a_sum_is_that_of_an_earlier_day(send: Send, ask: Ask) -> None:
    send("942", 100)
    send("943", 40, day=3)
    values = []
    for day in ("2025-01-21", "2025-01-23"):
        (summed,) = answer(ask("94", "2024-Q4", "--json", "--as-of", day))["sums"]
        values.append((summed["value"], summed["reported"], len(summed["missing"])))
    assert values == [(100, 1, 10), (140, 2, 9)]


def test_a_former_district_is_found_by_its_name_and_is_the_sum_of_its_communes(
    send: Send, ask: Ask, pack: Pack
) -> None:
    district = pack.units.latest("946")
    assert district is not None
    whole, shared = pack.units.territory(district).whole, pack.units.territory(district).shared
    for commune in whole:
        send(commune.code, 10, period="2025-Q3")
    traced = answer(ask("huyen Long Phu", "Quý III/2025", "--json"))
    (summed,) = traced["sums"]
    assert (traced["unit"], traced["period"]) == ("946", "2025-Q3")
    assert summed["value"] == 10 * len(whole)
    assert [unit["unit"] for unit in summed["shared"]] == [unit.code for unit in shared]


@pytest.mark.parametrize(
    ("unit", "period", "indicator", "words"),
    [
        ("942", "2024-Q4", "TRN-PARTICIPANT", "did you mean TRN-PARTICIPANTS (Số người tham dự"),
        ("942", "2024-Q4", "hộ nghèo", "OUT-POOR ("),
        ("942", "2024-Q5", "TRN-PARTICIPANTS", "or 2024-Q4"),
        ("Kế Xách", "2024-Q4", "TRN-PARTICIPANTS", "did you mean 943 (Huyện Kế Sách)?"),
        ("Sóc Trăng", "2024-Q4", "TRN-PARTICIPANTS", "94 (Tỉnh Sóc Trăng) or 941 (Thành phố"),
        ("qqq", "2024-Q4", "TRN-PARTICIPANTS", "units.csv"),
    ],
)
def test_a_wrong_name_is_answered_with_the_nearest_ones(
    ask: Ask, unit: str, period: str, indicator: str, words: str
) -> None:
    assert words in refusal(ask(unit, period, indicator=indicator))


def test_a_period_without_a_figure_is_answered_with_those_that_have_one(
    send: Send, ask: Ask
) -> None:
    assert "it has none of any period" in refusal(ask("94", "2024"))
    send("942", 100)
    send("942", 30, period="2024-Q3")
    for unit in ("94", "942"):
        assert "it has figures of 2024-Q3, 2024-Q4" in refusal(ask(unit, "2024"))
