"""What we known then: every question, asked as of an earlier moment.

Deliveries that were taken back; the pack's own history.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session
from typer.testing import CliRunner, Result

from mtqg.cli import app
from program.calendar.period import Period
from program.calendar.schedule import obligations
from program.calendar.stage import Stage
from program.errors import UsageError
from program.finding import Finding, Severity
from program.pack.pack import Pack
from program.records.audit import Signature
from program.settings import Settings
from program.submission import Fact, Submission, Verdict, verdict_of
from tests.arriving import arrive, catalogued
from warehouse.catalogue import sync_catalogue
from warehouse.database.engine import open_warehouse
from warehouse.ledger import pending_deliveries, start_run
from warehouse.lifecycle.cross_checks import WarehousePeriodStage, record_cross_check
from warehouse.lifecycle.reprocess import requeue
from warehouse.lifecycle.withdraw import withdraw
from warehouse.load import load_delivery
from warehouse.queries.as_of import open_as_of, set_as_of
from warehouse.queries.reports import progress, reporting
from warehouse.queries.tracing import trace
from warehouse.tables import DeliveryRow, SubmissionRow, UnitRow

NIGHT = datetime(2025, 1, 20, 15, tzinfo=UTC)
CRITICAL = Finding("TRN-01", Severity.CRITICAL, "Số nữ lớn hơn", "Sửa", sheet="S", cell="D10")
WARNING = Finding("TRN-05", Severity.WARNING, "Tổng lệch", "Sửa", sheet="S", cell="C12")
Send = Callable[..., int]
pytestmark = pytest.mark.both_databases


@pytest.fixture
def engine(settings: Settings, pack: Pack) -> Engine:
    return catalogued(settings, pack, NIGHT)


@pytest.fixture
def send(engine: Engine) -> Send:
    """send(100, day=3): a report of 2024-Q4 comes in, so many days after the first run.

    Its delivery's number comes back.
    """
    run, numbers = start_run(engine, NIGHT.date(), "rules-1", NIGHT), count(1)

    def send(
        people: float, *findings: Finding, day: int = 0, unit: str = "942", sha: str | None = None
    ) -> int:
        number, now = next(numbers), NIGHT + timedelta(days=day, minutes=1)
        arrive(engine, run, number, unit, now, sha256=sha or "")
        return judge(engine, people, *findings, now=now, unit=unit)

    return send


def judge(
    engine: Engine, people: float, *findings: Finding, now: datetime, unit: str = "942"
) -> int:
    """What the run does with the delivery that waits: it reads these people."""
    (delivery,) = pending_deliveries(engine, 10)
    verdict = verdict_of(findings)
    facts = (
        Fact("participants_total", 0, people, None, "S", "C12"),
        Fact("women_total", 0, 3.0, None, "S", "D12"),
    )
    report = Submission(
        delivery,
        verdict,
        findings,
        "training",
        "v1",
        unit,
        Period.parse("2024-Q4"),
        Stage.FINAL,
        facts if verdict.loads else (),
    )
    load_delivery(engine, [(report, None)], run_id=1, rule_set_version="rules-1", now=now)
    return delivery.id


@contextmanager
def as_of(settings: Settings, day: int) -> Iterator[Engine]:
    engine = open_as_of(settings.warehouse_url, (NIGHT + timedelta(days=day)).date())
    try:
        yield engine
    finally:
        engine.dispose()


def figures(engine: Engine) -> list[tuple[float | None, bool]]:
    facts = trace(
        engine, form="training", unit="942", period="2024-Q4", elements=["participants_total"]
    )
    return [(fact.value, fact.known_to is None) for fact in facts]


def people(engine: Engine) -> list[float | None]:
    return [
        row.actual
        for row in progress(engine)
        if (row.indicator_code, row.unit_code) == ("TRN-PARTICIPANTS", "942")
    ]


def report(engine: Engine) -> tuple[Verdict | None, int, bool]:
    (row,) = [
        r for r in reporting(engine, "2024-Q4") if (r.unit_code, r.form_code) == ("942", "training")
    ]
    return row.verdict, row.versions, row.is_open


def test_every_question_is_answered_as_it_would_have_been_then(
    engine: Engine, send: Send, settings: Settings
) -> None:
    send(100)
    send(110, day=3)
    send(90, CRITICAL, day=6)
    with as_of(settings, 1) as then:
        assert (figures(then), people(then), report(then)) == (
            [(100, True)],
            [100],
            (Verdict.ACCEPTED, 1, False),
        )
    with as_of(settings, 4) as then:
        assert (figures(then), people(then)) == ([(110, True), (100, False)], [110])
    with as_of(settings, 7) as then:
        assert (people(then), report(then)) == ([110], (Verdict.ACCEPTED, 3, True)), (
            "a bad version never replaces a good one"
        )
    assert (figures(engine), people(engine)) == ([(110, True), (100, False)], [110]), (
        "looking back changes nothing"
    )


def test_a_day_ends_at_midnight_in_vietnam(engine: Engine, send: Send, settings: Settings) -> None:
    send(100)  # 20/1 at 22:01 in Vietnam
    with as_of(settings, 0) as then:
        assert people(then) == [100]
    midnight = open_warehouse(settings.warehouse_url)
    set_as_of(midnight, NIGHT + timedelta(seconds=30))
    assert people(midnight) == []
    midnight.dispose()


def test_before_the_first_run_nothing_was_known(
    engine: Engine, send: Send, settings: Settings
) -> None:
    send(100)
    with pytest.raises(
        UsageError, match="nothing was known then; the first run began on 20/01/2025"
    ):
        open_as_of(settings.warehouse_url, date(2025, 1, 19))


def test_a_finding_by_comparison_changes_no_verdict_of_the_past(
    engine: Engine, send: Send, settings: Settings
) -> None:
    send(100)
    send(50, unit="943")
    with Session(engine) as session:
        number = session.scalars(
            select(SubmissionRow.id).where(SubmissionRow.unit_code == "942")
        ).one()
    days = {1: [(number, WARNING)], 3: [], 5: [(number, CRITICAL)]}
    for day, found in days.items():
        occasions, now = [WarehousePeriodStage("2024-Q4", Stage.FINAL)], NIGHT + timedelta(days=day)
        record_cross_check(
            engine, occasions, found, run_id=1, recipient=lambda sender, unit: None, now=now
        )
    expected = {
        0: Verdict.ACCEPTED,
        1: Verdict.ACCEPTED_WITH_WARNINGS,
        3: Verdict.ACCEPTED,
        5: Verdict.QUARANTINED,
    }
    for day, verdict in expected.items():
        with as_of(settings, day) as then:
            assert report(then)[0] is verdict, day


def test_what_is_withdrawn_is_no_longer_current_and_what_it_replaced_comes_back(
    engine: Engine, send: Send, settings: Settings
) -> None:
    first, second = send(100), send(110, day=1)
    done = withdraw(
        engine,
        second,
        Signature("", NIGHT + timedelta(days=2), "gửi nhầm tệp, theo đề nghị của huyện"),
    )
    assert (done.is_done, done.reports, done.reopened) == (True, 1, (first,))
    assert people(engine) == []
    judge(engine, 100, now=NIGHT + timedelta(days=3))
    assert (people(engine), report(engine)[0]) == ([100], Verdict.ACCEPTED)
    with as_of(settings, 1) as then:
        assert (people(then), report(then)[1]) == ([110], 2), (
            "what was believed before it was withdrawn stays on record"
        )
    with Session(engine) as session:
        assert (
            session.get_one(DeliveryRow, second).withdrawn_reason
            == "gửi nhầm tệp, theo đề nghị của huyện"
        )


def test_what_only_one_delivery_said_is_due_again_once_it_is_withdrawn(
    engine: Engine, send: Send
) -> None:
    only = send(100)
    assert withdraw(engine, only, Signature("", NIGHT + timedelta(days=1), "nhầm")).reopened == ()
    assert report(engine) == (None, 0, False)


def test_withdrawing_both_of_two_versions_brings_back_the_one_before(
    engine: Engine, send: Send
) -> None:
    first, second, third = send(100), send(110, day=1), send(120, day=2)
    assert withdraw(engine, second, Signature("", NIGHT + timedelta(days=3), "nhầm")).reopened == ()
    assert people(engine) == [120]
    assert withdraw(engine, third, Signature("", NIGHT + timedelta(days=4), "nhầm")).reopened == (
        first,
    )


def test_a_delivery_that_was_read_again_gives_way_to_what_it_replaced_first(
    engine: Engine, send: Send
) -> None:
    first, second = send(100), send(110, day=1)
    requeue(engine, [second])
    judge(engine, 111, now=NIGHT + timedelta(days=2))
    assert withdraw(engine, second, Signature("", NIGHT + timedelta(days=3), "nhầm")).reopened == (
        first,
    )


def test_what_is_withdrawn_is_neither_read_again_nor_withdrawn_twice_and_may_be_sent_again(
    engine: Engine, send: Send
) -> None:
    number = send(100, sha="a" * 64)
    withdraw(engine, number, Signature("", NIGHT + timedelta(days=1), "nhầm"))
    assert requeue(engine, [number]) == ([], {number: "withdrawn"})
    assert withdraw(engine, number, Signature("", NIGHT, "nhầm")).state == "withdrawn"
    assert withdraw(engine, 77, Signature("", NIGHT, "nhầm")).state is None
    send(100, day=2, sha="a" * 64)
    assert people(engine) == [100]


def test_the_pack_s_targets_units_and_duties_are_history(
    engine: Engine, send: Send, pack: Pack, settings: Settings
) -> None:
    send(100)
    changed = type(pack)(
        **{
            **{f: getattr(pack, f) for f in pack.__dataclass_fields__},
            "indicators": pack.indicators[1:],
        }
    )
    later = NIGHT + timedelta(days=10)
    sync_catalogue(engine, changed, obligations(pack.calendar, pack.units, later.date()), later)
    gone = pack.indicators[0].code

    def known(engine: Engine) -> tuple[int, int]:
        with engine.connect() as connection:
            one = connection.scalar(
                text("SELECT COUNT(*) FROM now_indicators WHERE code = :code"), {"code": gone}
            )
            return one, connection.scalar(text("SELECT COUNT(*) FROM now_indicators"))

    assert known(engine) == (0, len(pack.indicators) - 1)
    with as_of(settings, 9) as then:
        assert known(then) == (1, len(pack.indicators))
    sync_catalogue(
        engine,
        pack,
        obligations(pack.calendar, pack.units, later.date()),
        later + timedelta(days=1),
    )
    assert known(engine) == (1, len(pack.indicators))


def test_a_run_that_changes_nothing_in_the_pack_writes_nothing(engine: Engine, pack: Pack) -> None:
    def rows() -> list[Any]:
        with Session(engine) as session:
            return session.execute(
                select(UnitRow.code, UnitRow.valid_from, UnitRow.known_from, UnitRow.known_to)
            ).all()

    before = rows()
    sync_catalogue(
        engine,
        pack,
        obligations(pack.calendar, pack.units, NIGHT.date()),
        NIGHT + timedelta(days=1),
    )
    assert rows() == before


def mtqg(settings: Settings, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Result:
    monkeypatch.setenv("MTQG_VAR", str(settings.var))
    monkeypatch.setenv("MTQG_WAREHOUSE_URL", settings.warehouse_url)
    result = CliRunner().invoke(app, list(arguments), terminal_width=200)
    assert result.exception is None or isinstance(result.exception, UsageError), result.exception
    return result


def test_commands_and_the_page_look_back(
    engine: Engine, send: Send, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    send(2101)
    second = send(2202, day=3)
    asked = ("--unit", "942", "--indicator", "TRN-PARTICIPANTS", "--period", "2024-Q4")
    told = mtqg(settings, monkeypatch, "trace", *asked, "--as-of", "2025-01-21").stdout
    assert "participants_total = 2.101 current on 21/01/2025" in told
    assert "2.202" not in told
    rows = json.loads(
        mtqg(settings, monkeypatch, "status", "--json", "--as-of", "2025-01-21").stdout
    )
    late = {
        row["unit"]: (row["versions"], row["late_working_days"])
        for row in rows
        if row["form"] == "training"
    }
    # Due on Wednesday 15 January, it came on Monday 20 January.
    assert (late["942"], late["943"][0]) == ((1, 3), 0)
    taken = mtqg(settings, monkeypatch, "withdraw", str(second), "--reason", "gửi nhầm")
    assert "1 of its reports no longer current. Delivery 1 comes back" in taken.stdout
    assert "was withdrawn before" in str(
        mtqg(settings, monkeypatch, "withdraw", str(second), "--reason", "x").exception
    )
    assert isinstance(
        mtqg(settings, monkeypatch, "withdraw", "1", "--reason", " ").exception, UsageError
    )
    for day, figure in (("2025-01-21", "2.101"), ("2025-01-24", "2.202")):
        assert (
            mtqg(settings, monkeypatch, "page", "--as-of", day, "-o", str(tmp_path / day)).exit_code
            == 0
        )
        html = (tmp_path / day / "index.html").read_text(encoding="utf-8")
        assert (figure in html, "Số liệu như đã biết đến hết ngày" in html) == (True, True)
        assert (tmp_path / day / "quality.html").exists()
