"""Several reports in one workbook: each form, unit and period is a report of its own, and nothing is guessed."""

import pytest

from program.pack.pack import Pack
from program.parsed_report import ParsedReport
from tests.workbooks import (
    IDENTITY,
    TOTAL,
    Rows,
    class_list,
    figures,
    met,
    read,
    read_all,
    report,
    summary,
    workbook,
)

UNIT, CODE = IDENTITY[0], IDENTITY[1]


def quarter(number: int, people: int = 150, unit: str = "Huyện Châu Thành") -> Rows:
    """Return a summary of one quarter in which that many people took part."""
    lines = [["Cấp huyện", 3, people, *TOTAL[3:]], ["Tổng cộng", 3, people, *TOTAL[3:]]]
    return summary(
        identity=[["Đơn vị báo cáo:", unit], [f"Kỳ báo cáo: Quý {number} năm 2024"]], lines=lines
    )


def said(readings: list[ParsedReport]) -> list[tuple[str | None, str | None, float | str | None]]:
    """Return unit, period and people of each part."""
    return [
        (r.unit_code, str(r.period) if r.period else None, figures(r).get("participants_total"))
        for r in readings
    ]


def rules(reading: ParsedReport) -> set[str]:
    return {problem.rule for problem in reading.problems}


def test_a_sheet_for_each_quarter_is_a_report_of_each(pack: Pack) -> None:
    readings = read_all(
        workbook(*((f"Q{n}", quarter(n, 100 + n)) for n in (1, 2, 3, 4))), pack, sender="942"
    )
    assert said(readings) == [("942", f"2024-Q{n}", 100.0 + n) for n in (1, 2, 3, 4)]
    assert [(r.report_no, r.number) for r in readings] == [
        (1, 1),
        (2, 2_000_000_001),
        (3, 3_000_000_001),
        (4, 4_000_000_001),
    ]
    assert all(not rules(r) & {"FORM-10", "FORM-23"} for r in readings)


def test_what_a_cover_says_holds_for_sheets_that_say_nothing_themselves(pack: Pack) -> None:
    cover = [UNIT, CODE, ["Kỳ báo cáo: Quý 1 năm 2024"]]
    silent = summary(identity=[])
    second = summary(identity=[["Kỳ báo cáo: Quý 2 năm 2024"]])
    readings = read_all(workbook(("Bìa", cover), ("A", silent), ("B", second)), pack, sender="942")
    assert [(unit, period) for unit, period, _ in said(readings)] == [
        ("942", "2024-Q1"),
        ("942", "2024-Q2"),
    ]


def test_a_provinces_book_is_refused_sheet_by_sheet_where_the_sheets_are_not_the_senders(
    pack: Pack,
) -> None:
    book = workbook(("CT", quarter(4)), ("KS", quarter(4, unit="Huyện Kế Sách")))
    mine, other = read_all(book, pack, sender="942")
    assert (mine.unit_code, rules(mine) & {"FORM-06"}) == ("942", set())
    assert (other.unit_code, rules(other) & {"FORM-06"}) == (None, {"FORM-06"})


def test_sheets_for_quarters_that_nobody_filled_in_are_no_reports(pack: Pack) -> None:
    empty = summary(
        identity=[UNIT, ["Kỳ báo cáo: Quý 2 năm 2024"]],
        lines=[["Cấp huyện"], ["Tổng cộng"], [], ["Người lập biểu"]],
    )
    assert said(read_all(workbook(("Q1", quarter(1)), ("Q2", empty)), pack, sender="942")) == [
        ("942", "2024-Q1", 150.0)
    ]


def test_a_quarter_with_nothing_to_report_is_a_report_beside_the_others(pack: Pack) -> None:
    nothing = class_list(
        identity=[UNIT, ["Kỳ báo cáo: Quý 2 năm 2024"]], lines=[[None, "Không phát sinh"]]
    )
    filled = class_list(identity=[UNIT, ["Kỳ báo cáo: Quý 1 năm 2024"]])
    first, second = read_all(workbook(("Q1", filled), ("Q2", nothing)), pack, sender="942")
    assert (str(second.period), second.is_nil, first.is_nil) == ("2024-Q2", True, False)


@pytest.mark.parametrize(
    "second",
    [summary(identity=[]), summary(lines=[TOTAL]), summary(identity=[UNIT])],
    ids=["says nothing", "lacks lines", "no period"],
)
def test_a_table_that_stands_twice_without_a_difference_is_never_guessed(
    pack: Pack, second: Rows
) -> None:
    assert ("FORM-23", "A5") in met(
        read(workbook(("A", summary()), ("B", second), ("C", class_list())), pack, sender="942")
    )


def test_a_copy_of_one_quarter_is_found_in_its_own_part_only(pack: Pack) -> None:
    book = workbook(("Q1", quarter(1)), ("Q1 (2)", quarter(1, 90)), ("Q2", quarter(2)))
    first, second = read_all(book, pack, sender="942")
    assert ("FORM-23" in rules(first), "FORM-23" in rules(second)) == (True, False)


def test_the_lists_go_with_the_summary_of_their_quarter(pack: Pack) -> None:
    lists = [
        class_list(identity=[["Đơn vị: Châu Thành"], [f"Kỳ: quý {n} năm 2024"]]) for n in (1, 2)
    ]
    book = workbook(("T1", quarter(1)), ("T2", quarter(2)), ("D1", lists[0]), ("D2", lists[1]))
    readings = read_all(book, pack, sender="942")
    assert [[t.sheet for t in r.tables.values()] for r in readings] == [["T1", "D1"], ["T2", "D2"]]


def test_one_bad_sheet_keeps_no_good_one_out(pack: Pack) -> None:
    bad = quarter(2)
    good, refused = read_all(
        workbook(("Q1", quarter(1)), ("Q2", [*bad[:-1], ["Tổng cộng", 3, "ba", *TOTAL[3:]]])), pack
    )
    assert "CELL-07" not in rules(good)
    assert "CELL-07" in rules(refused)


def test_other_forms_on_other_sheets_are_reports_of_their_own(pack: Pack) -> None:
    works = next(form for form in pack.forms if form.code == "works").tables[0]
    labels = [column.label for column in works.columns]
    rows = [
        [UNIT[0], UNIT[2]],
        ["Kỳ báo cáo: Quý 3 năm 2024"],
        [],
        ["STT", *labels],
        [1, "CT1", "Cầu", *[12] * (len(labels) - 2)],
    ]
    training, other = read_all(
        workbook(("Tổng hợp", summary()), ("Danh sách lớp", class_list()), ("Công trình", rows)),
        pack,
    )
    assert [(r.form.code if r.form else None, str(r.period)) for r in (training, other)] == [
        ("training", "2024-Q4"),
        ("works", "2024-Q3"),
    ]
    assert set(training.tables) == {"levels", "class_list"}


def test_a_workbook_of_one_report_is_read_as_before(pack: Pack) -> None:
    (only,) = read_all(report(), pack, sender="942")
    assert (only.report_no, only.number, met(only)) == (1, only.delivery.id, [])
