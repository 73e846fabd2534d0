"""What was reported before, from a real warehouse: what is handed over, by which index, and that a run uses it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest
from sqlalchemy import Connection, Engine, event

from benchmarks.in_memory import past_of_readings, reading_of
from benchmarks.province import Province
from expectations.checking import Checker
from program.calendar.period import Period
from program.errors import WarehouseError
from program.pack.pack import Pack
from program.parsed_report import ParsedReport, facts_of
from program.records.history import HistoryKeys, history_keys, line_elements
from program.settings import Settings
from program.submission import Submission, Verdict
from tests.arriving import arrive
from tests.shared_rules import rules_of
from warehouse.database.engine import prepare_warehouse
from warehouse.ledger import start_run
from warehouse.load import load_delivery
from warehouse.queries import history
from warehouse.queries.history import PastReader, past_of

NOON = datetime(2025, 1, 20, 5, tzinfo=UTC)
UNITS = ("941", "942", "943", "944")
Q1, Q2, Q3 = (Period.parse(f"2024-Q{n}") for n in (1, 2, 3))
Load = Callable[..., int]


@pytest.fixture
def engine(settings: Settings) -> Engine:
    return prepare_warehouse(settings.warehouse_url)


@pytest.fixture
def load(engine: Engine, pack: Pack) -> Load:
    """load(form, unit, period, verdict): a good report of the invented province comes in.

    Returns its delivery's number.
    """
    run, province, minutes = (
        start_run(engine, date(2025, 1, 20), "rules-1", NOON),
        Province(pack, 1, UNITS),
        0,
    )

    def load(form: str, unit: str, period: Period, verdict: Verdict = Verdict.ACCEPTED) -> int:
        nonlocal minutes
        minutes += 1
        now = NOON + timedelta(minutes=minutes)
        delivery = arrive(engine, run, minutes, unit, now)
        facts = (
            facts_of(reading_of(province.report(form, unit, period), pack, minutes))
            if verdict.loads
            else ()
        )
        submission = Submission(
            delivery,
            verdict,
            (),
            form,
            "v2" if form == "works" else "v1",
            unit,
            period,
            facts=facts,
        )
        load_delivery(engine, [(submission, None)], run_id=run, rule_set_version="rules-1", now=now)
        return delivery.id

    return load


def about(
    engine: Engine, pack: Pack, *asked: HistoryKeys, periods: int = 8
) -> set[tuple[str, str, str]]:
    past = past_of(engine, asked, line_elements(pack.forms), periods)
    return set(zip(past.reports["form"], past.reports["unit"], past.reports["period"], strict=True))


def asked(pack: Pack, form: str, unit: str, period: Period) -> HistoryKeys:
    from program.units.unit import UnitKind

    kin = frozenset(u.code for u in pack.units if u.kind is UnitKind.DISTRICT)
    return HistoryKeys(form, unit, period, kin)


def test_of_a_unit_its_periods_and_of_its_peers_this_one_and_the_last_are_handed_over(
    engine: Engine, pack: Pack, load: Load
) -> None:
    for unit, period in (("942", Q1), ("942", Q2), ("943", Q1), ("943", Q2), ("943", Q3)):
        load("training", unit, period)
    load("livelihoods", "942", Q2)
    found = about(engine, pack, asked(pack, "training", "942", Q3))
    assert found == {
        ("training", *r)
        for r in (("942", "2024-Q1"), ("942", "2024-Q2"), ("943", "2024-Q2"), ("943", "2024-Q3"))
    }


def test_what_was_replaced_or_kept_out_or_is_too_old_is_not(
    engine: Engine, pack: Pack, load: Load
) -> None:
    load("training", "942", Period.parse("2021-Q1"))
    load("training", "942", Q1, Verdict.QUARANTINED)
    load("training", "942", Q2)
    newer = load("training", "942", Q2)
    past = past_of(engine, [asked(pack, "training", "942", Q3)], line_elements(pack.forms), 8)
    assert list(past.reports["period"]) == ["2024-Q2"]
    assert newer == 4
    assert set(past.facts["report"]) == set(past.reports["report"])


def test_a_reader_of_batches_gives_each_what_a_single_question_gives(
    engine: Engine, pack: Pack, load: Load
) -> None:
    elements = line_elements(pack.forms)
    reader = PastReader(engine, elements, 8)
    for unit, period in (("942", Q1), ("943", Q1), ("942", Q2), ("943", Q2)):
        load("works", unit, period)
    reader.past_of([asked(pack, "works", "942", Q2)])
    # A new version replaces what the reader knows, and another unit's past is older.
    load("works", "942", Q2)
    load("training", "943", Q1)
    batch = [asked(pack, "works", "943", Q3), asked(pack, "training", "943", Q2)]
    past, alone = reader.past_of(batch), past_of(engine, batch, elements, 8)
    pd.testing.assert_frame_equal(past.reports, alone.reports)
    pd.testing.assert_frame_equal(past.facts, alone.facts)
    assert set(past.facts["report"]) == set(past.reports["report"])


def test_facts_that_the_batch_before_needed_are_not_read_again(
    engine: Engine, pack: Pack, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[list[int]] = []
    facts_of_reports = history._facts

    def recorded(connection: Connection, reports: list[int], lines: set[str]) -> pd.DataFrame:
        read.append(reports)
        return facts_of_reports(connection, reports, lines)

    monkeypatch.setattr(history, "_facts", recorded)
    reader = PastReader(engine, line_elements(pack.forms), 8)
    first = [load("training", unit, Q2) for unit in ("942", "943")]
    reader.past_of([asked(pack, "training", "942", Q3)])
    new = load("training", "944", Q3)
    reader.past_of([asked(pack, "training", "943", Q3)])
    assert read == [first, [new]]


def test_the_facts_are_those_of_the_readings(engine: Engine, pack: Pack, load: Load) -> None:
    load("works", "942", Q1)
    reading = reading_of(Province(pack, 1, UNITS).report("works", "942", Q1), pack, 7)
    past = past_of(engine, [asked(pack, "works", "942", Q2)], line_elements(pack.forms), 8)
    expected = past_of_readings([reading])
    columns = ["element", "line", "value", "text"]
    theirs, ours = (
        frame[columns]
        .sort_values(["element", "line"], ignore_index=True)
        .fillna({"value": -1.0, "text": ""})
        for frame in (past.facts, expected.facts)
    )
    assert theirs.to_dict("records") == ours.to_dict("records")


def test_a_warehouse_and_a_batch_lead_to_the_same_findings(
    engine: Engine, pack: Pack, load: Load
) -> None:
    load("works", "942", Q1)
    province = Province(pack, 1, UNITS)
    backwards = province.report("works", "942", Q2)
    for line in backwards.tables["work_list"].values():
        line["work_disbursed_vnd"] = 1.0
    before, now = (
        reading_of(r, pack, n)
        for n, r in enumerate((province.report("works", "942", Q1), backwards))
    )
    checker = Checker(pack, rules_of(pack), "test")
    past = past_of(engine, history_keys([now], pack.units), line_elements(pack.forms), 8)
    by_warehouse, by_batch = (
        checker.check([now], past)[0],
        checker.check([before, now], past_of_readings([]))[1],
    )
    assert by_warehouse.findings == by_batch.findings
    assert "HIS-02" in {f.rule for f in by_warehouse.findings}


def test_every_look_up_goes_by_an_index(engine: Engine, pack: Pack, load: Load) -> None:
    load("training", "942", Q1)
    plans: list[str] = []

    def explain(connection, _cursor, statement, parameters, _context, _many) -> None:  # type: ignore[no-untyped-def]
        if statement.startswith("SELECT"):
            rows = connection.connection.driver_connection.execute(
                f"EXPLAIN QUERY PLAN {statement}", parameters
            ).fetchall()
            plans.extend(row[3] for row in rows)

    event.listen(engine, "before_cursor_execute", explain)
    about(engine, pack, asked(pack, "training", "942", Q2))
    searched = [plan for plan in plans if plan.startswith(("SEARCH", "SCAN"))]
    assert searched
    assert not [plan for plan in searched if plan.startswith("SCAN")]
    assert any("form_code=? AND unit_code=? AND period=?" in plan for plan in searched)


def test_a_warehouse_that_cannot_be_read_says_so(engine: Engine, pack: Pack) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE facts RENAME TO elsewhere")
        connection.exec_driver_sql("ALTER TABLE submissions RENAME TO gone")
    with pytest.raises(WarehouseError, match="cannot read what was reported before"):
        about(engine, pack, asked(pack, "training", "942", Q2))


def test_a_reading_that_is_about_nobody_asks_for_nothing(pack: Pack) -> None:
    reading: ParsedReport = reading_of(
        Province(pack, 1, UNITS).report("training", "942", Q1), pack, 1
    )
    assert (
        history_keys([replace(reading, unit_code=None), replace(reading, period=None)], pack.units)
        == []
    )
    one = history_keys([reading, reading], pack.units)
    assert [(a.form, a.unit, len(a.peers)) for a in one] == [("training", "942", 11)]
