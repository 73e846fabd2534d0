"""Who owes which report by when."""

from datetime import date

from program.pack import Pack
from program.period import PeriodKind
from program.schedule import Duty, obligations
from program.units import Unit, UnitKind

QUARTERLY = Duty(
    form="training",
    from_kind=UnitKind.DISTRICT,
    every=PeriodKind.QUARTER,
    first=date(2024, 1, 1),
    last=date(2025, 6, 30),
    due=Due(days_after=15, source="test"),
)


def unit(code: str, kind: UnitKind = UnitKind.DISTRICT, first: date | None = None, last: date | None = None) -> Unit:
    return Unit(code, f"Huyện {code}", kind, "94", first, last, "test")


def owed(duty: Duty, units: list[Unit], as_of: date) -> list[tuple[str, str, date]]:
    return [(o.unit_code, o.period.code, o.due_date) for o in obligations([duty], units, as_of)]


def test_a_report_is_owed_from_the_last_day_of_its_period() -> None:
    assert owed(QUARTERLY, [unit("1")], date(2024, 3, 30)) == []
    assert owed(QUARTERLY, [unit("1")], date(2024, 3, 31)) == [("1", "2024-Q1", date(2024, 4, 15))]


def test_nothing_is_owed_for_periods_that_end_after_the_duty() -> None:
    found = owed(QUARTERLY, [unit("1")], date(2026, 1, 1))
    assert [period for _, period, _ in found] == ["2024-Q1", "2024-Q2", "2024-Q3", "2024-Q4", "2025-Q1", "2025-Q2"]


def test_a_duty_without_a_last_day_goes_on() -> None:
    endless = QUARTERLY.model_copy(update={"last": None})
    assert owed(endless, [unit("1")], date(2026, 1, 1))[-1] == ("1", "2025-Q4", date(2026, 1, 15))


def test_a_unit_owes_only_what_ends_while_it_exists() -> None:
    units = [unit("1", last=date(2024, 6, 29)), unit("2", first=date(2024, 6, 30))]
    found = owed(QUARTERLY, units, date(2024, 9, 30))
    assert [(code, period) for code, period, _ in found] == [("1", "2024-Q1"), ("2", "2024-Q2"), ("2", "2024-Q3")]


def test_only_units_of_the_duty_s_kind_owe() -> None:
    assert owed(QUARTERLY, [unit("94", UnitKind.PROVINCE)], date(2025, 1, 1)) == []


def test_the_sample_province_asks_eleven_districts_for_six_quarters_and_itself_for_one_year(pack: Pack) -> None:
    found = obligations(pack.duties, pack.units, date(2026, 1, 15))
    assert len(found) == 11 * 6 + 1
    assert [(o.unit_code, o.due_date) for o in found if o.period.code == "2024"] == [("94", date(2025, 1, 25))]
    assert len(set(found)) == len(found)
