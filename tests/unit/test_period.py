"""Periods: their one spelling, and the many that offices use."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from program.calendar.period import Period, PeriodKind, periods_between

NUMBERS = {PeriodKind.YEAR: 1, PeriodKind.HALF: 2, PeriodKind.QUARTER: 4, PeriodKind.MONTH: 12}
periods = st.builds(
    lambda year, kind, number: Period(year, kind, number % NUMBERS[kind] + 1),
    st.integers(2000, 2099),
    st.sampled_from(PeriodKind),
    st.integers(0, 11),
)


@given(periods)
def test_every_period_is_read_back_from_its_code_and_from_its_labels(period: Period) -> None:
    assert Period.parse(period.code) == period
    assert {
        Period.read(text) for text in (period.code, period.label, period.short_label, str(period))
    } == {period}


@given(st.integers(2000, 2099), st.sampled_from(PeriodKind))
def test_the_periods_of_a_kind_fill_the_year_without_gap_or_overlap(
    year: int, kind: PeriodKind
) -> None:
    filling = [Period(year, kind, number + 1) for number in range(NUMBERS[kind])]
    assert (filling[0].start, filling[-1].end) == (date(year, 1, 1), date(year, 12, 31))
    assert all(after.start - before.end == timedelta(days=1) for before, after in pairwise(filling))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Quý IV/2024", "2024-Q4"),
        ("Quý 4 năm 2024", "2024-Q4"),
        ("QUÝ IV NĂM 2024", "2024-Q4"),
        ("Qúy iv-2024", "2024-Q4"),
        ("quy 4/2024", "2024-Q4"),
        ("Quý 04/2024", "2024-Q4"),
        ("Quý bốn năm 2024", "2024-Q4"),
        ("Q4/2024", "2024-Q4"),
        ("QIV/2024", "2024-Q4"),
        ("2024-Q4", "2024-Q4"),
        ("2024-q4 ", "2024-Q4"),
        ("Báo cáo Quý I năm 2025", "2025-Q1"),
        ("6 tháng đầu năm 2024", "2024-H1"),
        ("06 tháng đầu năm 2024", "2024-H1"),
        ("Sáu tháng cuối năm 2024", "2024-H2"),
        ("6T đầu/2024", "2024-H1"),
        ("Nửa đầu năm 2024", "2024-H1"),
        ("tháng 12 năm 2024", "2024-12"),
        ("Tháng 3/2024", "2024-03"),
        ("Tháng 03-2024", "2024-03"),
        ("T3/2024", "2024-03"),
        ("Năm 2024", "2024"),
        ("Cả năm 2024", "2024"),
        ("2024", "2024"),
        ("２０２４", "2024"),
        ("12 tháng năm 2024", "2024"),
        ("12 tháng đầu năm 2024", "2024"),
        ("3 tháng đầu năm 2024", "2024-Q1"),
        ("03 tháng cuối năm 2024", "2024-Q4"),
        ("từ tháng 10 đến tháng 12 năm 2024", "2024-Q4"),
        ("từ 01/10/2024 đến 31/12/2024", "2024-Q4"),
        ("Từ ngày 01/01/2024 đến hết ngày 30/6/2024", "2024-H1"),
        ("01/10 – 31/12/2024", "2024-Q4"),
        ("từ ngày 01 tháng 01 năm 2024 đến ngày 31 tháng 12 năm 2024", "2024"),
        ("01/02/2024 - 29/02/2024", "2024-02"),
        ("từ 1/10 đến 31/12/2024", "2024-Q4"),
        ("từ tháng 10/2024 đến tháng 12/2024", "2024-Q4"),
        ("T10 đến T12/2024", "2024-Q4"),
        ("Quý IV năm 2024 (từ ngày 01/10/2024 đến ngày 31/12/2024)", "2024-Q4"),
        ("(Từ ngày 01/10/2024 đến hết ngày 31/12/2024)", "2024-Q4"),
        ("Quý IV (2024)", "2024-Q4"),
        ("(Quý IV) năm 2024", "2024-Q4"),
        ("6 tháng (đầu năm) 2024", "2024-H1"),
        ("Năm 2024 ()", "2024"),
        ("Quý 4 - 2024", "2024-Q4"),
        ("Năm 2024, quý IV", "2024-Q4"),
        ("Quý IV của năm 2024", "2024-Q4"),
        ("Quý IV/24", "2024-Q4"),
        ("Kỳ báo cáo quý IV năm 2024", "2024-Q4"),
        ("năm ngân sách 2024", "2024"),
        ("niên độ ngân sách 2024", "2024"),
        ("Quý IV năm ngân sách 2024", "2024-Q4"),
    ],
)
def test_the_spellings_of_offices_are_read(text: str, code: str) -> None:
    period = Period.read(text)
    assert period is not None
    assert period.code == code


@pytest.mark.parametrize(
    "text",
    [
        "9 tháng đầu năm 2024",
        "3 tháng năm 2024",
        "tháng 2 đến tháng 4 năm 2024",
        "tháng 10, 12 năm 2024",
        "từ 01/10/2024 đến 30/12/2024",
        "từ 02/10/2024 đến 31/12/2024",
        "từ 01/10/2023 đến 31/12/2024",
        "từ 01/10 đến 31/11/2024",
        "từ 01/02/2024 đến 30/04/2024",
        "từ tháng 10/2023 đến tháng 12/2024",
        "Quý IV năm 2024 (từ ngày 01/10/2024 đến ngày 30/11/2024)",
        "Quý IV năm 2024 (9 tháng đầu năm)",
        "Quý IV năm 2024 (2023)",
        "lũy kế đến 30/9/2024",
        "lũy kế đến hết quý IV/2024",
        "06 tháng cuối năm",
        "Tháng 10/24",
        "Quý 4/19",
        "Tháng 2 và 2 tháng đầu năm 2025",
        "Quý IV và cả năm 2024",
        "Quý III, IV/2024",
        "Quý 3 năm 2024, Quý 4 năm 2024",
        "6 tháng đầu năm và ước cả năm 2024",
        "Năm 2023 và năm 2024",
        "giai đoạn 2021-2025",
        "Quý V/2024",
        "Quý 5 năm 2024",
        "Tháng 13 năm 2024",
        "2024-13",
        "2024-H3",
        "0000",
        "Năm 0024",
        "năm nay",
        "12/2024",
        "Quý IV",
        "01/10/2024",
        "",
        "٢٠٢٤",
    ],
)
def test_what_is_no_one_period_is_none_and_never_a_guess(text: str) -> None:
    assert Period.read(text) is None


@pytest.mark.parametrize(
    "code", ["", "24", "2024Q4", "2024-Q5", "2024-1", "Năm 2024", "0000", "2024-Q4\nx"]
)
def test_only_the_four_spellings_are_parsed(code: str) -> None:
    with pytest.raises(ValueError, match="expected 2024, 2024-H1, 2024-Q4 or 2024-12"):
        Period.parse(code)


@given(st.text(max_size=40))
def test_any_text_is_read_without_an_error_and_with_days_that_exist(text: str) -> None:
    period = Period.read(text)
    assert period is None or period.start <= period.end


def test_days_are_those_of_the_calendar() -> None:
    assert Period.parse("2024-02").end == date(2024, 2, 29)
    assert (Period.parse("2024-Q4").start, Period.parse("2024-Q4").end) == (
        date(2024, 10, 1),
        date(2024, 12, 31),
    )
    assert (Period.parse("2024-H1").start, Period.parse("2024-H1").end) == (
        date(2024, 1, 1),
        date(2024, 6, 30),
    )
    assert (Period.parse("2024").start, Period.parse("2024").end) == (
        date(2024, 1, 1),
        date(2024, 12, 31),
    )


def test_periods_between_are_those_that_end_within() -> None:
    found = periods_between(PeriodKind.QUARTER, date(2024, 3, 31), date(2025, 3, 30))
    assert [p.code for p in found] == ["2024-Q1", "2024-Q2", "2024-Q3", "2024-Q4"]
    assert periods_between(PeriodKind.YEAR, date(2024, 1, 1), date(2024, 12, 30)) == []
