"""What came with stages, words before figures, and districts that end: in the warehouse and its marts."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import Engine, insert, select
from sqlalchemy.orm import Session

from program.calendar.stage import Stage
from program.forms.qualifier import Qualifier
from program.pack.catalogue import Indicator
from program.pack.pack import Pack
from program.records.query_rows import TerritorySumRow
from program.settings import Settings
from program.submission import Verdict
from tests.arriving import catalogued
from tests.reports_sent import load_report
from warehouse.ledger import start_run
from warehouse.queries.reports import progress, reporting, stages, territories_and_provincial
from warehouse.queries.tracing import trace
from warehouse.tables import CapitalRow, IndicatorRow, SubmissionRow

NOON = datetime(2026, 2, 20, 5, tzinfo=UTC)
Send = Callable[..., None]
pytestmark = pytest.mark.both_databases


@pytest.fixture
def engine(settings: Settings, pack: Pack) -> Engine:
    return catalogued(settings, pack, NOON)


@pytest.fixture
def send(engine: Engine) -> Send:
    """send("942", "2024", {"people_total": 10}, form="outcomes"): an accepted report comes in."""
    run, numbers = start_run(engine, NOON.date(), "rules-1", NOON), count(1)

    def send(
        unit: str,
        period: str,
        figures: dict[str, float | str],
        *,
        form: str = "outcomes",
        stage: Stage = Stage.FINAL,
        qualifier: Qualifier | None = None,
    ) -> None:
        number = next(numbers)
        load_report(
            engine, run, number, unit, period, figures,
            at=NOON + timedelta(minutes=number), form=form, stage=stage, qualifier=qualifier,
        )  # fmt: skip

    return send


def insured(share: float) -> dict[str, float | str]:
    return {"insured_people_total": share * 10, "people_total": 1000.0}


def territories(engine: Engine) -> list[TerritorySumRow]:
    return [row for row in territories_and_provincial(engine) if row.unit_code != "94"]


def test_an_estimate_and_the_final_figure_of_a_year_both_stay(engine: Engine, send: Send) -> None:
    send("942", "2024", insured(90), stage=Stage.ESTIMATE)
    send("942", "2024", insured(93))
    with Session(engine) as session:
        rows = session.scalars(select(SubmissionRow).order_by(SubmissionRow.id)).all()
        assert [(r.stage, r.version, r.known_to) for r in rows] == [
            ("estimate", 1, None),
            ("final", 1, None),
        ]
    current = [r for r in progress(engine) if r.indicator_code == "T19"]
    assert [(r.stage, r.actual) for r in current] == [(Stage.FINAL, 93.0)]


def test_until_the_final_figure_comes_the_estimate_is_shown(engine: Engine, send: Send) -> None:
    send("942", "2024", insured(90), stage=Stage.ESTIMATE)
    assert [(r.stage, r.actual) for r in progress(engine) if r.indicator_code == "T19"] == [
        (Stage.ESTIMATE, 90.0)
    ]


def test_a_new_estimate_supersedes_the_estimate_and_not_the_final_figure(
    engine: Engine, send: Send
) -> None:
    send("942", "2024", insured(90), stage=Stage.ESTIMATE)
    send("942", "2024", insured(93))
    send("942", "2024", insured(91), stage=Stage.ESTIMATE)
    asked = {
        "form": "outcomes",
        "unit": "942",
        "period": "2024",
        "elements": ["insured_people_total"],
    }
    assert [
        (f.value, f.known_to is None) for f in trace(engine, **asked, stage=Stage.ESTIMATE)
    ] == [(910, True), (900, False)]
    assert [(f.value, f.known_to is None) for f in trace(engine, **asked)] == [(930, True)]


def test_estimate_and_final_figure_are_set_side_by_side(engine: Engine, send: Send) -> None:
    send("942", "2024", insured(90), stage=Stage.ESTIMATE)
    send("943", "2024", insured(80), stage=Stage.ESTIMATE)
    send("942", "2024", insured(93))
    (row,) = [r for r in stages(engine) if r.indicator_code == "T19"]
    assert (row.unit_code, row.estimate, row.final, row.difference) == ("942", 90, 93, 3)
    assert row.percent == pytest.approx(100 * 3 / 90)


def test_who_has_sent_an_estimate_must_still_send_the_final_figures(
    engine: Engine, send: Send
) -> None:
    send("942", "2024", insured(90), stage=Stage.ESTIMATE)
    of_unit = [
        r for r in reporting(engine, "2024") if (r.unit_code, r.form_code) == ("942", "outcomes")
    ]
    assert [(r.stage, r.verdict) for r in of_unit] == [
        (Stage.ESTIMATE, Verdict.ACCEPTED),
        (Stage.FINAL, None),
    ]
    assert of_unit[0].due_date != of_unit[1].due_date


def test_a_word_before_a_figure_stays_with_it(engine: Engine, send: Send) -> None:
    send(
        "942", "2024-Q4", {"participants_total": 1200.0}, form="training", qualifier=Qualifier.OVER
    )
    row = next(r for r in progress(engine) if r.indicator_code == "TRN-PARTICIPANTS")
    assert (row.actual, row.qualifier) == (1200, Qualifier.OVER)
    (fact,) = trace(
        engine, form="training", unit="942", period="2024-Q4", elements=["participants_total"]
    )
    assert fact.qualifier is Qualifier.OVER


def test_a_ratio_is_no_percentage_and_yes_is_one(engine: Engine, send: Send, pack: Pack) -> None:
    yes_no = Indicator(
        code="YES", name="Có kế hoạch", unit="có/không", direction="up", kind="yes_no", frequency="year", project=None, tag="U",
        source="test", form="outcomes", numerator="plan_issued", baseline="unknown", targets="unknown",
    )  # fmt: skip
    with engine.begin() as connection:
        row = yes_no.model_dump(include={"code", "name", "unit", "numerator", "source"})
        connection.execute(
            insert(IndicatorRow).values(
                **row,
                position=99,
                direction="up",
                kind="yes_no",
                form_code="outcomes",
                tag="U",
                known_from=NOON,
            )
        )
    send(
        "942",
        "2024",
        {
            "income_vnd_ethnic_minority": 48e6,
            "income_2020_vnd_ethnic_minority": 24e6,
            "plan_issued": "yes",
        },
    )
    actual = {r.indicator_code: r.actual for r in progress(engine)}
    assert (actual["T01"], actual["YES"]) == (2.0, 1.0)


def test_new_communes_add_up_to_the_old_district_and_shared_ones_are_left_out(
    engine: Engine, send: Send, pack: Pack
) -> None:
    district = pack.units.get("948", date(2025, 6, 30))
    assert district is not None
    land = pack.units.territory(district)
    assert [u.name for u in land.shared] == ["Xã Tân Long"]
    for unit in (*land.whole[:2], *land.shared):
        send(
            unit.code,
            "2025-Q3",
            {"participants_total": 100.0, "women_total": 40.0},
            form="training",
        )
    rows = {r.indicator_code: r for r in territories(engine) if r.unit_code == "948"}
    people, women = rows["TRN-PARTICIPANTS"], rows["TRN-WOMEN"]
    assert (people.actual, people.reported, people.whole, people.shared) == (
        200,
        2,
        len(land.whole),
        1,
    )
    assert women.actual == 40, "a share is the quotient of sums"


def test_a_report_from_before_the_change_is_on_no_old_district_s_land(
    engine: Engine, send: Send
) -> None:
    # 31528 was Thị trấn Kế Sách and is Xã Kế Sách: what it sent before is the old one's.
    send("31528", "2024-Q4", {"participants_total": 10.0}, form="training")
    assert territories(engine) == []
    send("31528", "2025-Q3", {"participants_total": 20.0}, form="training")
    assert [
        (r.period, r.actual) for r in territories(engine) if r.indicator_code == "TRN-PARTICIPANTS"
    ] == [("2025-Q3", 20)]


def test_estimates_and_final_figures_are_never_in_one_sum(
    engine: Engine, send: Send, pack: Pack
) -> None:
    first, second = pack.units.territory(pack.units.get("943", date(2025, 6, 30))).whole[:2]
    send(first.code, "2025", insured(90), stage=Stage.ESTIMATE)
    send(second.code, "2025", insured(80))
    rows = [r for r in territories(engine) if (r.unit_code, r.indicator_code) == ("943", "T19")]
    assert {(r.stage, r.actual, r.reported) for r in rows} == {
        ("estimate", 90, 1),
        ("final", 80, 1),
    }


def test_an_income_per_head_is_never_added_up(engine: Engine, send: Send, pack: Pack) -> None:
    commune = pack.units.territory(pack.units.get("943", date(2025, 6, 30))).whole[0]
    send(
        commune.code,
        "2025",
        {"income_vnd_ethnic_minority": 48e6, "income_2020_vnd_ethnic_minority": 24e6},
    )
    assert [r for r in territories(engine) if r.indicator_code == "T01"] == []


def test_a_word_before_the_denominator_is_on_the_share(engine: Engine, send: Send) -> None:
    with_word = {"insured_people_total": 900.0, "people_total": 1000.0}
    send("942", "2024", with_word, qualifier=Qualifier.ABOUT)
    assert (
        next(r for r in progress(engine) if r.indicator_code == "T19").qualifier is Qualifier.ABOUT
    )


def test_capital_is_kept_with_its_words_and_sources(engine: Engine) -> None:
    with Session(engine) as session:
        rows = session.scalars(
            select(CapitalRow).where(CapitalRow.code == "total", CapitalRow.scope == "province")
        ).all()
    assert ("nearly", 769e9) in {(r.qualifier, r.vnd) for r in rows}
    assert all(r.source for r in rows)
