"""Who must send which report by when."""

from datetime import date

import pytest
from pydantic import ValidationError

from program.calendar.period import Period, PeriodKind
from program.calendar.schedule import Calendar, Due, Duty, WorkingDays, obligations
from program.calendar.stage import Stage
from program.pack.contact import Correspondence
from program.pack.pack import Pack
from program.units.unit import Unit, UnitKind

WORKING = WorkingDays(public_holidays="VN", source="test")
QUARTERLY = Duty(
    form="training",
    from_kind=UnitKind.DISTRICT,
    every=PeriodKind.QUARTER,
    first=date(2024, 1, 1),
    last=date(2025, 6, 30),
    due=Due(days_after=15, source="test"),
    source="test",
)
ESTIMATE = Duty(
    form="outcomes",
    from_kind=UnitKind.DISTRICT,
    every=PeriodKind.YEAR,
    stage=Stage.ESTIMATE,
    first=date(2024, 1, 1),
    due=Due(day=14, month=9, year="same", source="test"),
    source="test",
)


def unit(
    code: str,
    kind: UnitKind = UnitKind.DISTRICT,
    first: date | None = None,
    last: date | None = None,
) -> Unit:
    return Unit(code, f"Huyện {code}", kind, "94", first, last, source="test")


def owed(duty: Duty, units: list[Unit], as_of: date) -> list[tuple[str, str, date]]:
    calendar = Calendar(working_days=WORKING, duties=(duty,))
    return [(o.unit_code, o.period.code, o.due_date) for o in obligations(calendar, units, as_of)]


def test_a_report_is_due_from_the_last_day_of_its_period() -> None:
    assert owed(QUARTERLY, [unit("1")], date(2024, 3, 30)) == []
    assert owed(QUARTERLY, [unit("1")], date(2024, 3, 31)) == [("1", "2024-Q1", date(2024, 4, 15))]


def test_nothing_is_due_for_periods_that_end_after_the_duty() -> None:
    found = owed(QUARTERLY, [unit("1")], date(2026, 1, 1))
    assert [period for _, period, _ in found] == [
        "2024-Q1",
        "2024-Q2",
        "2024-Q3",
        "2024-Q4",
        "2025-Q1",
        "2025-Q2",
    ]


def test_a_duty_without_a_last_day_goes_on() -> None:
    endless = QUARTERLY.model_copy(update={"last": None})
    assert owed(endless, [unit("1")], date(2026, 1, 1))[-1] == ("1", "2025-Q4", date(2026, 1, 15))


def test_a_unit_must_report_only_what_ends_while_it_exists() -> None:
    units = [unit("1", last=date(2024, 6, 29)), unit("2", first=date(2024, 6, 30))]
    found = owed(QUARTERLY, units, date(2024, 9, 30))
    assert [(code, period) for code, period, _ in found] == [
        ("1", "2024-Q1"),
        ("2", "2024-Q2"),
        ("2", "2024-Q3"),
    ]


def test_only_units_of_the_duty_s_kind_must_report() -> None:
    assert owed(QUARTERLY, [unit("94", UnitKind.PROVINCE)], date(2025, 1, 1)) == []


def test_an_estimate_is_due_before_its_year_ends_from_the_month_in_which_it_is_due() -> None:
    assert owed(ESTIMATE, [unit("1")], date(2024, 8, 31)) == []
    # 14/9/2024 is a Saturday.
    assert owed(ESTIMATE, [unit("1")], date(2024, 9, 1)) == [("1", "2024", date(2024, 9, 16))]


def test_an_estimate_is_due_by_units_that_exist_when_it_is_due() -> None:
    units = [unit("1", last=date(2025, 6, 30)), unit("2", first=date(2025, 7, 1))]
    assert [
        code for code, period, _ in owed(ESTIMATE, units, date(2025, 12, 1)) if period == "2025"
    ] == ["2"]


def test_an_estimate_without_a_day_of_its_year_is_refused() -> None:
    with pytest.raises(ValidationError, match="same year"):
        Duty(**ESTIMATE.model_dump() | {"due": {"days_after": 10, "source": "test"}})


@pytest.mark.parametrize(
    ("due", "expected"),
    [
        (Due(days_after=15, source="test"), date(2025, 1, 15)),
        # 25/1/2025 is a Saturday; Tết closes offices from 27/1 (in lieu: 25/1 to 2/2), so the first
        # open day is 3/2.
        (Due(days_after=25, source="test"), date(2025, 2, 3)),
        (Due(day=31, month=1, year="next", source="test"), date(2025, 2, 3)),
        (Due(working_days_after=1, source="test"), date(2025, 1, 2)),
        (Due(working_days_after=17, source="test"), date(2025, 1, 24)),
        (Due(working_days_after=18, source="test"), date(2025, 2, 3)),
    ],
)
def test_a_deadline_falls_on_a_working_day(due: Due, expected: date) -> None:
    assert due.date_for(Period.parse("2024"), WORKING) == expected


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"days_after": 3, "working_days_after": 3},
        {"day": 3},
        {"day": 31, "month": 2, "year": "next"},
        {"days_after": 3, "month": 2},
    ],
)
def test_a_deadline_is_said_in_one_way(wrong: dict) -> None:
    with pytest.raises(ValidationError):
        Due(**wrong, source="test")


def test_a_deadline_without_a_source_is_known_to_be_a_placeholder() -> None:
    assert not Due(days_after=15, source="unknown: a placeholder").is_known
    assert Due(days_after=15, source="Circular").is_known


def test_days_that_the_package_does_not_know_are_declared() -> None:
    swapped = WorkingDays(
        public_holidays="VN",
        closed_days=(date(2024, 7, 12),),
        open_days=(date(2024, 7, 13),),
        source="test",
    )
    assert WORKING.is_working(date(2024, 7, 12))
    assert not swapped.is_working(date(2024, 7, 12))
    assert swapped.is_working(date(2024, 7, 13)), "a Saturday worked instead"


def test_a_saturday_worked_for_a_bridge_day_is_a_working_day() -> None:
    assert not WORKING.is_working(date(2024, 4, 29)), "the bridge day"
    assert WORKING.is_working(date(2024, 5, 4)), "the Saturday worked for it"


def test_an_unknown_country_is_refused() -> None:
    with pytest.raises(ValidationError, match="Vietnam is VN"):
        WorkingDays(public_holidays="VIETNAM", source="test")


def test_working_days_between_two_days_leave_tet_out() -> None:
    assert WORKING.between(date(2025, 1, 24), date(2025, 2, 5)) == 3
    assert WORKING.between(date(2025, 2, 5), date(2025, 1, 24)) == 0


def test_who_must_send_a_form_depends_on_the_day() -> None:
    communal = QUARTERLY.model_copy(
        update={"from_kind": UnitKind.COMMUNE, "first": date(2025, 7, 1), "last": None}
    )
    calendar = Calendar(working_days=WORKING, duties=(QUARTERLY, communal))
    assert calendar.reporters("training", date(2025, 6, 30)) == {UnitKind.DISTRICT}
    assert calendar.reporters("training", date(2025, 9, 30)) == {UnitKind.COMMUNE}
    assert calendar.reporters("works", date(2025, 9, 30)) == set()


def test_the_sample_province_asks_districts_until_they_end_and_communes_from_then_on(
    pack: Pack,
) -> None:
    found = obligations(pack.calendar, pack.units, date(2026, 3, 1))
    assert len(set(found)) == len(found)
    training = [o for o in found if o.form_code == "training"]
    assert len([o for o in training if len(o.unit_code) == 3]) == 11 * 6
    assert [o.period.code for o in training if o.unit_code == "94"] == ["2024"]
    assert {o.period.code for o in training if len(o.unit_code) == 5} == {"2025-Q3", "2025-Q4"}
    assert len([o for o in training if o.period.code == "2025-Q3"]) == 43


def test_the_later_a_report_the_higher_it_is_brought(pack: Pack) -> None:
    people: Correspondence = pack.correspondence
    assert [step.to for step in people.escalated(0)] == []
    assert [step.to for step in people.escalated(3)] == ["unit"]
    assert [step.to for step in people.escalated(30)] == ["unit", "office", "leader"]
