"""What-if runs on small data: the figures that a leader reads, and what they are compared with."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text, update

from flows.night.run_context import open_run
from program.calendar.period import Period
from program.calendar.stage import Stage
from program.errors import ConfigurationError
from program.finding import Finding, Severity
from program.forms.qualifier import Qualifier
from program.pack.catalogue import Target, UnitTarget
from program.pack.load import load_pack
from program.pack.pack import Pack
from program.settings import ROOT, Settings
from publish.site.site import publish_site
from publish.site.tables.target_summary import status_counts, target_summary
from tests.arriving import catalogued
from tests.conftest import SAMPLES
from tests.reports_sent import load_report
from tests.steps_by_hand import collect, load
from warehouse.ledger import start_run
from warehouse.queries.reports import progress_of, territories_and_provincial
from warehouse.tables import FindingRow, RunRow

NOON = datetime(2026, 2, 20, 5, tzinfo=UTC)
ODD = Finding("TRN-05", Severity.WARNING, "Lệch", "Sửa", sheet="S", cell="C1")
DISTRICTS = tuple(str(code) for code in range(941, 952))
CASE = ROOT / "tests" / "data" / "cases" / "one-ward-estimate-2025.xlsx"
Send = Callable[..., None]
Ask = Callable[..., list[dict[str, Any]]]
pytestmark = pytest.mark.both_databases


@pytest.fixture
def engine(settings: Settings, pack: Pack) -> Engine:
    return catalogued(settings, pack, NOON)


def sender(engine: Engine, now: datetime) -> Send:
    """Return `send("942", "2024", {"people_total": 10})`: a report comes in and is loaded."""
    run = start_run(engine, now.date(), "rules-1", now)
    numbers = count(1)

    def send(
        unit: str,
        period: str,
        figures: dict[str, float],
        *findings: Finding,
        form: str = "outcomes",
        stage: Stage = Stage.FINAL,
        qualifier: Qualifier | None = None,
    ) -> None:
        number = next(numbers)
        load_report(
            engine, run, number, unit, period, figures, *findings, at=now + timedelta(minutes=number),
            form=form, stage=stage, qualifier=qualifier, first_row=1,
        )  # fmt: skip

    return send


@pytest.fixture
def send(engine: Engine) -> Send:
    return sender(engine, NOON)


@pytest.fixture
def ask(engine: Engine) -> Ask:
    """ask("mart_training", unit_code="94"): the rows of a mart that have these values."""

    def ask(mart: str, **values: object) -> list[dict[str, Any]]:
        where = " AND ".join(f"{name} = :{name}" for name in values)
        query = text(f"SELECT * FROM {mart} WHERE {where}")
        with engine.connect() as connection:
            return [dict(row) for row in connection.execute(query, values).mappings()]

    return ask


def insured(share: float) -> dict[str, float]:
    return {"insured_people_total": share * 10, "people_total": 1000.0}


def standing(engine: Engine, pack: Pack) -> dict[str, int]:
    return status_counts(target_summary(progress_of(engine, "94"), pack))


def test_one_ward_s_estimate_does_not_replace_the_province_s_final_year(
    engine: Engine, send: Send, pack: Pack, ask: Ask
) -> None:
    for district in DISTRICTS:
        send(district, "2024", insured(99))
    before = standing(engine, pack)
    send("31507", "2025", insured(10), stage=Stage.ESTIMATE)
    assert standing(engine, pack) == before
    assert before["achieved"] == 1
    (line,) = [x for x in target_summary(progress_of(engine, "94"), pack) if x.row]
    assert line.row is not None
    assert line.newer is not None
    assert (line.row.period, line.row.reported, line.row.expected) == ("2024", 11, 11)
    assert (line.newer.period, line.newer.reported, line.newer.expected) == ("2025", 1, 43)
    (thin,) = ask("mart_progress", indicator_code="T19", unit_code="94", period="2025")
    assert (thin["status"], thin["is_headline"]) == ("partial", 0)


@pytest.mark.parametrize(("reports", "status"), [(8, "partial"), (9, "achieved")])
def test_a_sum_stands_for_the_province_once_four_fifths_of_the_reports_have_come(
    send: Send, ask: Ask, reports: int, status: str
) -> None:
    for district in DISTRICTS[:reports]:
        send(district, "2024", insured(99))
    (row,) = ask(
        "mart_progress",
        indicator_code="T19",
        unit_code="94",
        period="2024",
        basis="sum_of_districts",
    )
    assert (row["status"], row["is_headline"]) == (status, int(status == "achieved"))


def test_one_final_report_does_not_hide_the_estimates_of_all_the_others(
    send: Send, ask: Ask
) -> None:
    for district in DISTRICTS:
        send(district, "2024", insured(99), stage=Stage.ESTIMATE)
    send("942", "2024", insured(50))
    (row,) = ask(
        "mart_progress",
        indicator_code="T19",
        unit_code="94",
        period="2024",
        basis="sum_of_districts",
    )
    assert (row["stage"], row["reported"], row["status"]) == ("estimate", 11, "estimated_met")
    assert row["is_headline"] == 0


def test_reports_that_nobody_asked_for_count_against_all_units_that_exist(
    send: Send, ask: Ask
) -> None:
    for district in DISTRICTS[:3]:
        send(district, "2023", insured(99))
    (row,) = ask("mart_progress", indicator_code="T19", unit_code="94", period="2023")
    assert (row["reported"], row["units"], row["status"]) == (3, 11, "partial")


@pytest.mark.sqlite_only  # the statements are those of the tests above
@pytest.mark.usefixtures("reads_here")
def test_the_case_of_one_ward_leaves_the_province_s_headline_as_it_was(
    settings: Settings, pack: Pack
) -> None:
    inbox = Path(settings.inbox_url)
    for file in SAMPLES.glob("*/*kết quả 2024.xlsx"):
        (inbox / file.parent.name).mkdir(exist_ok=True)
        shutil.copyfile(file, inbox / file.parent.name / file.name)
    before = standing_after_run(settings, pack)
    (inbox / "31507").mkdir()
    shutil.copyfile(CASE, inbox / "31507" / "uoc-2025.xlsx")
    after = standing_after_run(settings, pack)
    # Of five indicators no district has a figure: there the ward's is the only one, and is thin.
    assert after.pop("partial") == before.pop("no_data") - after.pop("no_data") == 5
    assert after == before == {"achieved": 11, "not_yet": 6}


def standing_after_run(settings: Settings, pack: Pack) -> dict[str, int]:
    """Return how many targets have each status after a run over the inbox."""
    with open_run(settings, None) as run:
        collect(run)
        load(run)
        return standing(run.warehouse, pack)


def test_of_one_period_the_province_s_own_report_is_the_headline(send: Send, ask: Ask) -> None:
    for district in DISTRICTS:
        send(district, "2024", insured(99))
    send("94", "2024", insured(97))
    (row,) = ask("mart_progress", indicator_code="T19", unit_code="94", is_headline=1)
    assert (row["basis"], row["actual"]) == ("reported", 97)


def with_targets(
    settings: Settings, pack: Pack, code: str, *lines: UnitTarget, **values: Any
) -> Engine:
    """Return a warehouse with the pack, where an indicator has one provincial target of 2024."""
    target = Target(scope="province", tag="U", source="test", comparison="at_least", **values)
    indicators = tuple(
        each.model_copy(update={"targets": (target,)}) if each.code == code else each
        for each in pack.indicators
    )
    return catalogued(settings, replace(pack, indicators=indicators, unit_targets=lines), NOON)


def test_a_province_s_amount_is_no_target_of_its_districts(settings: Settings, pack: Pack) -> None:
    own = UnitTarget(
        indicator="TRN-CLASSES", unit="943", period="2024", value=5, comparison="at_least",
        tag="U", source="test",
    )  # fmt: skip
    engine = with_targets(settings, pack, "TRN-CLASSES", own, period="2024", value=12)
    send = sender(engine, NOON)
    for unit in ("94", "942", "943"):
        send(unit, "2024", {"classes_total": 4.0}, form="training")
    with engine.connect() as connection:
        query = "SELECT unit_code, target, target_scope, status FROM mart_progress "
        query += "WHERE indicator_code = 'TRN-CLASSES' AND period = '2024' AND basis = 'reported'"
        rows = {row.unit_code: tuple(row)[1:] for row in connection.execute(text(query))}
    assert rows["94"] == (12, "province", "not_reached")
    assert rows["942"] == (None, None, "no_target")
    assert rows["943"] == (5, "unit", "not_reached")


def test_a_province_s_share_applies_to_its_districts_and_one_of_a_level_to_that_level(
    settings: Settings, pack: Pack
) -> None:
    engine = with_targets(settings, pack, "T19", period="2025", value=98)
    sender(engine, NOON)("942", "2024", insured(99))
    level = with_targets(settings, pack, "T19", period="2025", value=98, level="commune")
    query = text("SELECT target FROM mart_progress WHERE unit_code = '942' AND actual = 99")
    with level.connect() as connection:
        assert connection.scalars(query).all() == [None]


def test_a_target_of_a_unit_that_does_not_exist_is_refused_with_its_place(tmp_path: Path) -> None:
    folder = tmp_path / "pack"
    shutil.copytree(ROOT / "config" / "soc-trang", folder)
    heading = "indicator,unit,period,value,comparison,tag,source\n"
    (folder / "targets.csv").write_text(heading + "TRN-CLASSES,999,2024,5,at_least,U,test\n")
    with pytest.raises(ConfigurationError, match=r"targets\.csv: TRN-CLASSES, unit 999, 2024"):
        load_pack(folder)
    (folder / "targets.csv").write_text(heading + "TRN-CLASSES,942,2024,năm,at_least,U,test\n")
    with pytest.raises(ConfigurationError, match=r"targets\.csv:2: value: .* found năm"):
        load_pack(folder)


def set_day(engine: Engine, day: date) -> None:
    """Make a day the one of the last run."""
    with engine.begin() as connection:
        connection.execute(update(RunRow).values(as_of=day))


def classes(number: float) -> dict[str, float]:
    return {"classes_total": number}


def test_a_year_of_a_flow_is_the_sum_of_its_quarters_and_restarts_in_january(
    send: Send, ask: Ask
) -> None:
    for quarter, number in (("2024-Q3", 2), ("2024-Q4", 3), ("2024-Q1", 4), ("2024-Q2", 1)):
        send("942", quarter, classes(number), form="training")
    send("942", "2025-Q1", classes(6), form="training")
    send("942", "2025-Q3", classes(7), form="training")
    rows = ask("mart_progress", indicator_code="TRN-CLASSES", unit_code="942", basis="reported")
    sums = {row["period"]: row["since_january"] for row in rows if row["actual"] is not None}
    assert sums == {
        "2024-Q1": 4, "2024-Q2": 5, "2024-Q3": 7, "2024-Q4": 10, "2025-Q1": 6, "2025-Q3": None,
    }, "nobody knows the sum since January where a quarter is missing"  # fmt: skip


def test_a_share_of_two_flows_is_a_quotient_of_the_sums_since_january(send: Send, ask: Ask) -> None:
    for quarter, women, people in (("2024-Q1", 90, 100), ("2024-Q2", 10, 300)):
        figures = {"women_total": float(women), "participants_total": float(people)}
        send("942", quarter, figures, form="training")
    (row,) = ask("mart_progress", indicator_code="TRN-WOMEN", unit_code="942", period="2024-Q2")
    assert row["since_january"] == pytest.approx(25)
    assert row["projection"] is None, "a share of two flows does not grow through the year"


def rate(percent: float) -> dict[str, float]:
    return {"disbursed_total_vnd_total": percent * 1e6, "plan_total_vnd_total": 1e8}


@pytest.mark.parametrize(
    ("period", "percent", "status", "projection", "expected"),
    [
        ("2024-Q3", 72.0, "on_track", 96.0, 71.25),
        ("2024-Q3", 66.0, "at_risk", 88.0, 71.25),
        ("2025-Q1", 13.1, "behind", 52.4, 23.75),
        ("2024-Q4", 65.5, "not_reached", None, 95.0),
        ("2024-Q4", 95.5, "achieved", None, 95.0),
    ],
)
def test_the_pace_of_a_cumulative_flow_runs_within_its_year(
    settings: Settings,
    pack: Pack,
    period: str,
    percent: float,
    status: str,
    projection: float | None,
    expected: float,
) -> None:
    engine = with_targets(settings, pack, "DIS-RATE", period=None, value=95)
    send = sender(engine, NOON)
    send("942", "2023-Q4", rate(99), form="disbursement")
    send("942", period, rate(percent), form="disbursement")
    set_day(engine, Period.parse(period).end)
    with engine.connect() as connection:
        query = "SELECT status, projection, expected_by_now FROM mart_progress WHERE unit_code = "
        query += "'942' AND indicator_code = 'DIS-RATE' AND basis = 'reported' AND period = :period"
        row = connection.execute(text(query), {"period": period}).one()
    assert row.status == status
    assert row.projection == (None if projection is None else pytest.approx(projection))
    assert row.expected_by_now == pytest.approx(expected)


def test_communes_continue_the_year_of_the_districts_that_they_replaced(
    send: Send, ask: Ask, pack: Pack
) -> None:
    for quarter in ("2025-Q1", "2025-Q2"):
        for district in DISTRICTS:
            send(district, quarter, classes(1), form="training")
    for commune in (unit for unit in pack.units if unit.kind == "commune" and not unit.valid_to):
        send(commune.code, "2025-Q3", classes(1), form="training")
    (row,) = ask("mart_progress", indicator_code="TRN-CLASSES", unit_code="94", period="2025-Q3")
    assert (row["basis"], row["actual"], row["since_january"]) == ("sum_of_communes", 43, 65)


@pytest.mark.parametrize(
    ("day", "status"), [(date(2025, 3, 1), "on_track"), (date(2026, 1, 5), "not_yet")]
)
def test_after_the_target_s_date_nothing_is_on_track(
    engine: Engine, send: Send, ask: Ask, day: date, status: str
) -> None:
    send("942", "2023", insured(94))
    send("942", "2024", insured(97))
    set_day(engine, day)
    (row,) = ask("mart_progress", indicator_code="T19", unit_code="942", period="2024")
    assert row["status"] == status


def test_at_the_target_s_date_it_is_reached_or_not(send: Send, ask: Ask) -> None:
    send("31507", "2025", insured(97))
    send("31510", "2025", insured(98))
    rows = ask("mart_progress", indicator_code="T19", period="2025", basis="reported", reported=1)
    assert {row["unit_code"]: row["status"] for row in rows} == {
        "31507": "not_reached",
        "31510": "achieved",
    }


def test_an_estimate_is_compared_as_an_estimate_until_the_final_figure_comes(
    send: Send, ask: Ask
) -> None:
    send("31507", "2025", insured(99), stage=Stage.ESTIMATE)
    asked = {"indicator_code": "T19", "unit_code": "31507", "period": "2025"}
    assert ask("mart_progress", **asked)[0]["status"] == "estimated_met"
    send("31507", "2025", insured(97))
    assert ask("mart_progress", **asked)[0]["status"] == "not_reached"


def income(now: float, then: float, people: float | None) -> dict[str, float]:
    figures = {"income_vnd_ethnic_minority": now, "income_2020_vnd_ethnic_minority": then}
    return figures | ({} if people is None else {"people_total": people})


def test_income_per_head_is_weighted_by_the_people_of_each_unit(send: Send, ask: Ask) -> None:
    send("942", "2024", income(60e6, 20e6, 1000.0))
    send("943", "2024", income(40e6, 20e6, 3000.0))
    send("944", "2024", income(90e6, 20e6, None))
    (row,) = ask(
        "mart_progress", indicator_code="T01", unit_code="94", period="2024", stage="final"
    )
    assert row["actual"] == pytest.approx((60 * 1 + 40 * 3) / (20 * 4)), "not (3 + 2) / 2"
    assert row["reported"] == 2, "of the third, nobody knows the weight"


def test_coverage_counts_the_units_that_exist(engine: Engine, send: Send) -> None:
    for district in DISTRICTS[:3]:
        send(district, "2023", insured(99))
    sums = territories_and_provincial(engine)
    (row,) = [row for row in sums if (row.unit_code, row.indicator_code) == ("94", "T19")]
    assert (row.reported, row.expected, row.whole) == (3, 3, 11)


def test_doubt_in_one_cell_marks_the_report_s_total_and_every_sum_up_to_the_province(
    send: Send, ask: Ask
) -> None:
    # The facts stand in C1, C2, …: the finding is at the classes of the level of communes.
    send("942", "2024-Q4", {"classes_commune": 2.0, "classes_total": 4.0}, ODD, form="training")
    send("943", "2024-Q4", {"classes_commune": 2.0, "classes_total": 4.0}, form="training")
    marked = {
        row["unit_code"]: (row["is_flagged"], row["doubtful"])
        for row in ask("mart_progress", indicator_code="TRN-CLASSES", period="2024-Q4")
        if row["actual"] is not None
    }
    assert marked == {"942": (1, 1), "943": (0, 0), "94": (1, 1)}
    (doubt,) = ask("mart_doubts", unit_code="942")
    assert (doubt["element"], doubt["cell"], doubt["reason"], doubt["rule"]) == (
        "classes_commune", "C1", "finding", "TRN-05",
    )  # fmt: skip


def test_a_word_before_a_figure_and_a_cross_check_are_doubts_and_a_note_is_none(
    engine: Engine, send: Send, ask: Ask
) -> None:
    note = Finding("TRN-09", Severity.INFO, "Ghi chú", "", sheet="S", cell="C1")
    send("942", "2024-Q4", classes(4), form="training", qualifier=Qualifier.OVER)
    send("943", "2024-Q4", classes(4), note, form="training")
    send("944", "2024-Q4", classes(4), ODD, form="training")
    with engine.begin() as connection:
        found_now = update(FindingRow).values(cross_check_found_at=NOON)
        connection.execute(found_now.where(FindingRow.rule == "TRN-05"))
    reasons = {row["unit_code"]: row["reason"] for row in ask("mart_doubts", form_code="training")}
    assert reasons == {"942": "qualifier", "944": "cross_check"}
    (row,) = ask("mart_rollups", indicator_code="TRN-CLASSES", unit_code="94", period="2024-Q4")
    assert (row["reported"], row["doubtful"]) == (3, 2)


def test_a_doubtful_quarter_marks_the_flow_since_january(send: Send, ask: Ask) -> None:
    send("942", "2024-Q1", classes(4), ODD, form="training")
    send("942", "2024-Q2", classes(4), form="training")
    (row,) = ask("mart_progress", indicator_code="TRN-CLASSES", unit_code="942", period="2024-Q2")
    assert (row["doubtful"], row["is_flagged"]) == (0, 1)


@pytest.mark.sqlite_only  # words of the page, not of a database
def test_the_page_says_what_stands_beside_the_headline_and_whose_target_it_is(
    engine: Engine, send: Send, settings: Settings, pack: Pack
) -> None:
    for district in DISTRICTS[:9]:
        send(district, "2024", {"reaching_hamlet_road": 80.0, "existing_hamlet_road": 100.0})
    send("31507", "2025", insured(10), stage=Stage.ESTIMATE)
    page = publish_site(engine, pack, settings, NOON).read_text(encoding="utf-8")
    headline = " ".join(page[page.index('id="chi-tieu"') : page.index('id="von"')].split())
    assert "mục tiêu ít nhất 70% thôn – toàn quốc, chưa đối chiếu văn bản gốc" in headline
    assert "9/11 huyện" in headline
    assert "2025: ước 10 (1/43 xã, chưa tính)" in headline
    assert "chỉ tiêu so với mục tiêu chưa đối chiếu văn bản gốc" in headline
    assert "Đến nay" not in page


def test_a_year_so_far_is_as_complete_as_the_thinnest_of_its_quarters(
    settings: Settings, pack: Pack
) -> None:
    engine = with_targets(settings, pack, "TRN-CLASSES", period="2024", value=20)
    send = sender(engine, NOON)
    for quarter, reports in (("2024-Q1", 11), ("2024-Q2", 3), ("2024-Q3", 11)):
        for district in DISTRICTS[:reports]:
            send(district, quarter, classes(1), form="training")
    with engine.connect() as connection:
        query = (
            "SELECT period, since_january, is_settled, status FROM mart_progress WHERE unit_code"
        )
        query += " = '94' AND indicator_code = 'TRN-CLASSES' AND basis = 'sum_of_districts'"
        query += " AND period IN ('2024-Q2', '2024-Q3') ORDER BY period"
        rows = [tuple(row) for row in connection.execute(text(query))]
    assert rows == [("2024-Q2", 14, 0, "partial"), ("2024-Q3", 25, 1, "partial")]
