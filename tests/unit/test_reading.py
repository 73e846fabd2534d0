"""From a reading to facts: every value with its element, line and cell."""

from program.calendar.period import Period
from program.delivery import Delivery
from program.pack.pack import Pack
from program.parsed_report import ParsedReport, ParsedTable, facts_of
from program.submission import Fact
from tests.conftest import delivery
from tests.workbooks import CLASS, class_list, read, report


def test_a_matrix_gives_an_element_for_each_column_and_line_at_its_cell(pack: Pack) -> None:
    facts = {fact.element: fact for fact in facts_of(read(report(), pack))}
    assert facts["participants_total"] == Fact(
        "participants_total", 0, 150.0, None, "Tổng hợp", "C9"
    )
    assert facts["budget_planned_vnd_district"] == Fact(
        "budget_planned_vnd_district", 0, 152_300_000.0, None, "Tổng hợp", "I7"
    )


def test_a_list_gives_its_cells_on_the_line_of_their_sheet_row(pack: Pack) -> None:
    facts = [fact for fact in facts_of(read(report(), pack)) if fact.line == 6]
    assert facts == [
        Fact("class_title", 6, None, "Lớp A", "Danh sách lớp", "B6"),
        Fact("class_topic", 6, None, "Giám sát", "Danh sách lớp", "C6"),
        Fact("class_level", 6, None, "district", "Danh sách lớp", "D6"),
        Fact("class_place", 6, None, "Phú Tân", "Danh sách lớp", "E6"),
        Fact("class_first_day", 6, None, "2024-12-02", "Danh sách lớp", "F6"),
        Fact("class_last_day", 6, None, "2024-12-04", "Danh sách lớp", "G6"),
        Fact("class_participants", 6, 70.0, None, "Danh sách lớp", "H6"),
        Fact("class_organiser", 6, None, "Phòng Dân tộc", "Danh sách lớp", "I6"),
    ]


def test_an_empty_cell_gives_no_fact_and_a_zero_gives_one(pack: Pack) -> None:
    lines = [[*CLASS[:2], None, *CLASS[3:7], 0, "-"]]
    facts = {
        fact.element: fact.value
        for fact in facts_of(read(report(None, class_list(lines=lines)), pack))
        if fact.line
    }
    assert facts["class_participants"] == 0.0
    assert facts.keys().isdisjoint({"class_topic", "class_organiser"})


def test_every_fact_has_a_number_or_a_text_and_never_both(pack: Pack) -> None:
    assert all(
        (fact.value is None) != (fact.text is None) for fact in facts_of(read(report(), pack))
    )


def test_without_a_form_or_a_table_there_is_nothing() -> None:
    came: Delivery = delivery()
    assert facts_of(ParsedReport(came)) == ()


def test_a_form_whose_tables_were_not_found_gives_nothing(pack: Pack) -> None:
    assert (
        facts_of(ParsedReport(delivery(), form=pack.form("training", Period.parse("2024")))) == ()
    )


def test_the_address_of_a_column_that_is_missing_is_unknown(pack: Pack) -> None:
    table: ParsedTable = read(report(), pack).tables["levels"]
    assert (table.cell("women", 9), table.cell("no_such_column", 9)) == ("D9", None)
