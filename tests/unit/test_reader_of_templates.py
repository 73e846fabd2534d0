"""What the reader makes of our own templates: the marker that nobody sees, stages, communes, totals without their values."""

import io
from dataclasses import replace
from datetime import UTC, date, datetime

import openpyxl
import pytest

from connectors.reader.reader import read_parts
from expectations.checking import Checker
from expectations.rules.rule_set import RuleSet
from program.calendar.period import Period
from program.calendar.stage import Stage
from program.finding import Severity
from program.forms.qualifier import Qualifier
from program.forms.template_marker import MARKER_SHEET
from program.pack.pack import Pack
from program.parsed_report import ParsedReport, facts_of
from publish.template.values import Values
from publish.template.workbook import write_template
from tests.conftest import GOOD_LEVELS, delivery
from tests.workbooks import class_list, figures, read, read_all, report, summary, workbook

INFO = ("FORM-14", "FORM-16", "CELL-19")


def template(
    pack: Pack,
    form: str,
    unit: str,
    period: str,
    values: Values | None = None,
    stage: Stage = Stage.FINAL,
) -> bytes:
    when = Period.parse(period)
    layout, reporter = pack.form(form, when), pack.units.get(unit, when.end)
    assert layout
    assert reporter
    return write_template(layout, reporter, when, values, stage=stage)


def edited(content: bytes, **texts: str) -> bytes:
    """The workbook with texts replaced wherever people see them, its formulas without values: edited(c, Quý_IV="Quý III")."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    for sheet in book:
        for row in sheet.iter_rows() if sheet.sheet_state == "visible" else ():
            for cell in row:
                for old, new in texts.items():
                    if isinstance(cell.value, str) and not cell.value.startswith("="):
                        cell.value = cell.value.replace(old.replace("_", " "), new)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def asked(reading: ParsedReport) -> list[str]:
    return [p.rule for p in reading.problems if p.rule not in INFO]


def outcomes(pack: Pack, label: str, received: date) -> ParsedReport:
    content = edited(template(pack, "outcomes", "942", "2024"), **{"Năm_2024_(chính_thức)": label})
    book = openpyxl.load_workbook(io.BytesIO(content))
    del book[MARKER_SHEET]
    buffer = io.BytesIO()
    book.save(buffer)
    came = replace(
        delivery(sender="942"),
        received_at=datetime(received.year, received.month, received.day, 5, tzinfo=UTC),
    )
    (reading,) = read_parts(buffer.getvalue(), came, pack)
    return reading


def test_a_template_without_visible_names_is_known_by_its_marker(pack: Pack) -> None:
    content = edited(
        template(pack, "training", "942", "2024-Q4"), Huyện_Châu_Thành="", Quý_IV_năm_2024=""
    )
    reading = read(edited(content, **{"942": ""}), pack, sender="942")
    assert (reading.unit_code, str(reading.period)) == ("942", "2024-Q4")


def test_a_marker_never_puts_a_file_on_another_unit_s_record(pack: Pack) -> None:
    content = edited(template(pack, "training", "942", "2024-Q4"), Huyện_Châu_Thành="")
    reading = read(edited(content, **{"942": ""}), pack, sender="943")
    assert reading.unit_code is None
    assert "FORM-06" in asked(reading)


def test_what_people_read_counts_more_than_the_marker(pack: Pack) -> None:
    content = edited(template(pack, "training", "942", "2024-Q3"), Quý_III="Quý IV")
    reading = read(content, pack, sender="942")
    assert str(reading.period) == "2024-Q4"
    assert "FORM-26" in asked(reading)


def test_a_marker_that_somebody_changed_says_nothing(pack: Pack) -> None:
    book = openpyxl.load_workbook(io.BytesIO(template(pack, "training", "942", "2024-Q4")))
    sheet = book[MARKER_SHEET]
    for row in sheet.iter_rows():
        if row[1].value == "942":
            row[1].value = "943"
    buffer = io.BytesIO()
    book.save(buffer)
    reading = read(buffer.getvalue(), pack, sender="942")
    assert (reading.unit_code, "FORM-27" in asked(reading)) == ("942", False)


def test_a_file_of_2023_reads_by_the_layout_of_2023_and_one_of_2024_by_its_own(pack: Pack) -> None:
    old, new = (
        read(template(pack, "works", "942", period), pack) for period in ("2023-Q4", "2024-Q4")
    )
    assert old.form
    assert new.form
    assert (old.form.version, new.form.version) == ("v1", "v2")
    assert "work_kind" not in old.tables["work_list"].letters
    assert "work_kind" in new.tables["work_list"].letters


def test_a_template_of_the_new_layout_used_for_an_old_period_reads_by_the_old_one(
    pack: Pack,
) -> None:
    reading = read(edited(template(pack, "works", "942", "2024-Q4"), năm_2024="năm 2023"), pack)
    assert reading.form
    assert reading.form.version == "v1"
    assert [p.value for p in reading.problems if p.rule == "FORM-08"] == ["Loại công trình"]


@pytest.mark.parametrize(
    ("label", "stage"),
    [
        ("Năm 2024 (ước thực hiện)", Stage.ESTIMATE),
        ("Ước thực hiện năm 2024", Stage.ESTIMATE),
        ("Năm 2024 (chính thức)", Stage.FINAL),
        ("Số liệu chính thức năm 2024", Stage.FINAL),
    ],
)
def test_the_stage_is_read_from_the_period_s_words(pack: Pack, label: str, stage: Stage) -> None:
    reading = outcomes(pack, label, date(2025, 1, 20))
    assert (str(reading.period), reading.stage, asked(reading)) == ("2024", stage, ["FORM-30"])


@pytest.mark.parametrize(
    ("received", "stage"), [(date(2024, 12, 31), Stage.ESTIMATE), (date(2025, 1, 1), Stage.FINAL)]
)
def test_a_year_that_has_not_ended_can_only_be_estimated(
    pack: Pack, received: date, stage: Stage
) -> None:
    reading = outcomes(pack, "Năm 2024", received)
    assert (reading.stage, asked(reading)) == (stage, ["FORM-29", "FORM-30"])


def test_communes_become_codes_by_any_writing(pack: Pack) -> None:
    names = ["Xã Phú Tâm", "phú tâm", "TT Châu Thành", None]
    works = [
        {"work_code": str(n), "work_name": "Cầu", "work_commune": name}
        for n, name in enumerate(names)
    ]
    reading = read(
        template(pack, "works", "942", "2024-Q4", Values({}, {"work_list": works})),
        pack,
        sender="942",
    )
    codes = [f.text for f in facts_of(reading) if f.element == "work_commune"]
    by_name = {u.name: u.code for u in pack.units.children("942", date(2024, 12, 31))}
    assert codes == [by_name["Xã Phú Tâm"]] * 2 + [by_name["Thị trấn Châu Thành"]]


def test_a_commune_of_another_district_is_refused_and_stays_as_typed(pack: Pack) -> None:
    works = [{"work_code": "1", "work_name": "Cầu", "work_commune": "Xã Đại Tâm"}]
    reading = read(
        template(pack, "works", "942", "2024-Q4", Values({}, {"work_list": works})),
        pack,
        sender="942",
    )
    assert asked(reading) == ["CELL-20"]
    assert reading.tables["work_list"].frame["work_commune"].tolist() == ["Xã Đại Tâm"]


def test_a_commune_that_could_be_two_is_refused_with_both_named(pack: Pack) -> None:
    works = [{"work_code": "1", "work_name": "Cầu", "work_commune": "Long Phú"}]
    reading = read(
        template(pack, "works", "946", "2024-Q4", Values({}, {"work_list": works})),
        pack,
        sender="946",
    )
    (problem,) = [p for p in reading.problems if p.rule == "CELL-21"]
    assert "Thị trấn Long Phú" in problem.values["candidates"]
    assert "Xã Long Phú" in problem.values["candidates"]


def test_totals_that_nothing_calculated_are_computed_as_their_formulas_say(pack: Pack) -> None:
    lines = {key: dict(line) for key, line in GOOD_LEVELS.items() if key != "total"}
    calculated = template(pack, "training", "942", "2024-Q4", Values({"levels": lines}))
    uncalculated = edited(calculated)
    one, other = read(calculated, pack), read(uncalculated, pack)
    assert figures(one) == figures(other)
    assert figures(other)["participants_total"] == 150
    assert asked(one) == asked(other) == []
    assert {p.rule for p in other.problems if p.rule == "CELL-19"} == {"CELL-19"}


def test_a_total_of_totals_is_computed_too(pack: Pack) -> None:
    lines = {
        "da3_tda1": {"plan_central_investment_vnd": 10.5, "plan_local_investment_vnd": 1},
        "da3_tda2": {"plan_central_investment_vnd": 20},
        "da4_tda1": {"plan_central_investment_vnd": 100},
    }
    content = edited(template(pack, "disbursement", "942", "2024-Q4", Values({"capital": lines})))
    found = figures(read(content, pack))
    assert found["plan_central_investment_vnd_da3"] == 30_500_000
    assert found["plan_total_vnd_da3_tda1"] == 11_500_000
    assert found["plan_total_vnd_total"] == 131_500_000
    assert "plan_total_vnd_da1" not in found, "an empty line stays empty"


def test_a_formula_of_the_sender_s_own_stays_unread(pack: Pack) -> None:
    book = openpyxl.load_workbook(
        io.BytesIO(template(pack, "training", "942", "2024-Q4", Values({"levels": GOOD_LEVELS})))
    )
    book["Tổng hợp"]["C12"] = "=C10+C11+1"
    buffer = io.BytesIO()
    book.save(buffer)
    reading = read(buffer.getvalue(), pack)
    assert [(p.rule, p.cell) for p in reading.problems if p.rule == "CELL-12"] == [
        ("CELL-12", "C12")
    ]
    assert "participants_total" not in figures(reading)


def test_a_part_that_cannot_be_read_leaves_its_total_unknown_and_is_reported_alone(
    pack: Pack,
) -> None:
    book = openpyxl.load_workbook(
        io.BytesIO(template(pack, "training", "942", "2024-Q4", Values({"levels": GOOD_LEVELS})))
    )
    book["Tổng hợp"]["C10"] = "nhiều"
    buffer = io.BytesIO()
    book.save(buffer)
    reading = read(buffer.getvalue(), pack)
    found = {(p.rule, p.cell) for p in reading.problems}
    assert ("CELL-07", "C10") in found
    assert [rule for rule, cell in found if cell == "C12"] == []
    assert "participants_total" not in figures(reading)
    (submission,) = Checker(pack, RuleSet(pack), "test").check([reading])
    critical = [f.cell for f in submission.findings if f.severity is Severity.CRITICAL]
    assert critical == ["C10"]


def test_a_workbook_typed_by_hand_needs_no_marker(pack: Pack) -> None:
    reading = read(report(), pack, sender="942")
    assert (reading.form.code if reading.form else None, reading.unit_code, asked(reading)) == (
        "training",
        "942",
        [],
    )


def test_a_sheet_called_like_the_marker_with_anything_in_it_harms_nothing(pack: Pack) -> None:
    content = workbook(
        ("Tổng hợp", summary()), (MARKER_SHEET, [["form", 1], [None], ["x", "y", "z"]])
    )
    assert read(content, pack).unit_code == "942"


def test_a_name_that_a_district_shares_with_its_township_is_the_district(pack: Pack) -> None:
    reading = read(
        report(
            summary(identity=[["Đơn vị báo cáo: Kế Sách"], ["Kỳ báo cáo: Quý 4 năm 2024"]]),
            class_list(identity=[]),
        ),
        pack,
    )
    assert reading.unit_code == "943"


def test_after_the_change_that_name_is_the_commune(pack: Pack) -> None:
    reading = read(
        report(
            summary(identity=[["Đơn vị báo cáo: Kế Sách"], ["Kỳ báo cáo: Quý 3 năm 2025"]]),
            class_list(identity=[]),
        ),
        pack,
    )
    unit = pack.unit_on(reading.unit_code, "2025-Q3")
    assert unit is not None
    assert unit.name == "Xã Kế Sách"


def test_a_commune_that_had_nothing_to_report_then_is_not_taken_for_a_reporter(pack: Pack) -> None:
    reading = read(
        report(
            summary(identity=[["Đơn vị báo cáo: Xã Đại Tâm"], ["Kỳ báo cáo: Quý 4 năm 2024"]]),
            class_list(identity=[]),
        ),
        pack,
    )
    assert (reading.unit_code, asked(reading)) == (None, ["FORM-34"])


def nothing(pack: Pack, form: str, period: str = "2024-Q4") -> ParsedReport:
    return read(template(pack, form, "942", period), pack, sender="942")


@pytest.mark.parametrize(
    ("form", "period"),
    [
        ("works", "2024-Q4"),
        ("livelihoods", "2024-Q4"),
        ("training", "2024-Q4"),
        ("outcomes", "2024"),
    ],
)
def test_a_blank_template_is_no_report(pack: Pack, form: str, period: str) -> None:
    reading = nothing(pack, form, period)
    assert asked(reading) == ["FORM-30"], "said once, of the first table"
    assert facts_of(reading) == ()


def test_a_list_that_says_that_there_is_nothing_counts_nought(pack: Pack) -> None:
    said = Values({}, {"work_list": [{"work_name": "Không phát sinh"}]})
    reading = read(template(pack, "works", "942", "2024-Q4", said), pack, sender="942")
    assert asked(reading) == ["FORM-31"]
    assert figures(reading)["works_listed"] == 0
    assert figures(reading)["works_disbursed_listed_vnd"] == 0


def test_a_table_left_blank_beside_others_is_no_blank_report(pack: Pack) -> None:
    values = Values({"levels": {key: line for key, line in GOOD_LEVELS.items() if key != "total"}})
    assert asked(read(template(pack, "training", "942", "2024-Q4", values), pack)) == []


def test_a_total_that_excel_could_not_add_up_beside_text_is_computed(pack: Pack) -> None:
    lines = {key: dict(line) for key, line in GOOD_LEVELS.items() if key != "total"}
    book = openpyxl.load_workbook(
        io.BytesIO(template(pack, "training", "942", "2024-Q4", Values({"levels": lines})))
    )
    sheet = book["Tổng hợp"]
    for row in (10, 11):
        sheet.cell(row, 3).value = str(sheet.cell(row, 3).value)
    sheet["C12"] = None  # what COUNT()=0 shows
    buffer = io.BytesIO()
    book.save(buffer)
    reading = read(buffer.getvalue(), pack)
    assert figures(reading)["participants_total"] == 150
    assert ("CELL-19", "C12") in [(p.rule, p.cell) for p in reading.problems]


def test_a_total_that_nobody_wrote_beside_figures_stays_empty(pack: Pack) -> None:
    lines = [["Cấp huyện", 2, 120], ["Tổng cộng", 2, None]]
    found = figures(read(report(summary(lines=lines)), pack))
    assert "participants_total" not in found


def test_a_word_before_a_part_is_on_its_total_and_its_list_s_sum(pack: Pack) -> None:
    lines = {
        "da1": {"plan_central_investment_vnd": "khoảng 50"},
        "da2": {"plan_central_investment_vnd": 30},
    }
    content = edited(template(pack, "disbursement", "942", "2024-Q4", Values({"capital": lines})))
    words = {f.element: f.qualifier for f in facts_of(read(content, pack))}
    assert words["plan_central_investment_vnd_da1"] is Qualifier.ABOUT
    assert words["plan_central_investment_vnd_total"] is Qualifier.ABOUT
    assert words["plan_total_vnd_total"] is Qualifier.ABOUT
    assert words["plan_central_investment_vnd_da2"] is None
    classes = [
        [1, "A", "B", "Cấp huyện", "C", date(2024, 12, 2), date(2024, 12, 3), "trên 70", None]
    ]
    listed = {
        f.element: f.qualifier
        for f in facts_of(read(report(None, class_list(lines=classes)), pack))
    }
    assert (listed["participants_listed"], listed["classes_listed"]) == (Qualifier.OVER, None)


def test_an_estimate_s_template_stays_an_estimate_where_its_words_were_lost(pack: Pack) -> None:
    content = edited(
        template(pack, "outcomes", "942", "2024", stage=Stage.ESTIMATE),
        **{"Năm_2024_(ước_thực_hiện)": "Năm 2024"},
    )
    assert read(content, pack).stage is Stage.ESTIMATE


def test_final_figures_of_a_year_that_has_not_ended_are_refused(pack: Pack) -> None:
    assert "FORM-35" in asked(outcomes(pack, "Năm 2024 (chính thức)", date(2024, 9, 10)))
    assert "FORM-35" not in asked(outcomes(pack, "Năm 2024 (chính thức)", date(2025, 1, 10)))


def test_a_period_that_only_the_marker_gives_is_checked_as_well(pack: Pack) -> None:
    unit = next(u for u in pack.units if u.valid_from == date(2025, 7, 1) and len(u.code) == 5)
    content = edited(template(pack, "training", unit.code, "2027-Q1"), Quý_I_năm_2027="")
    assert "FORM-13" in asked(read(content, pack))


def test_a_unit_that_ended_reads_what_it_is_now(pack: Pack) -> None:
    identity = [["Đơn vị báo cáo: Huyện Châu Thành"], ["Kỳ báo cáo: Quý 3 năm 2025"]]
    (problem,) = [
        p
        for p in read(report(summary(identity=identity), class_list(identity=[])), pack).problems
        if p.rule == "FORM-33"
    ]
    assert problem.values["ended"] == "30/06/2025"
    assert "Xã Phú Tâm" in problem.values["successors"]


def test_a_second_form_in_the_workbook_is_a_report_of_its_own(pack: Pack) -> None:
    content = template(
        pack,
        "works",
        "942",
        "2024-Q4",
        Values({}, {"work_list": [{"work_name": "Cầu", "work_commune": "Xã Phú Tâm"}]}),
    )
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book.create_sheet("Tập huấn")
    for row in summary():
        sheet.append(list(row))
    buffer = io.BytesIO()
    book.save(buffer)
    works, training = read_all(buffer.getvalue(), pack, sender="942")
    assert works.form is pack.form("works", Period.parse("2024-Q4"))
    assert training.form is pack.form("training", Period.parse("2024-Q4"))
    assert (list(works.tables), list(training.tables)) == (
        ["work_list", "narrative_part"],
        ["levels"],
    )
    assert [(r.report_no, r.unit_code, str(r.period)) for r in (works, training)] == [
        (1, "942", "2024-Q4"),
        (2, "942", "2024-Q4"),
    ]


@pytest.mark.parametrize(
    "written", ["Ấp Phú Hòa, xã Phú Tâm", "31573", "XÃ PHÚ TÂM", "xã Phú Tâm, huyện Châu Thành"]
)
def test_a_commune_behind_a_hamlet_or_as_a_code_is_the_commune(pack: Pack, written: str) -> None:
    code = next(
        u.code for u in pack.units.children("942", date(2024, 12, 31)) if u.name == "Xã Phú Tâm"
    )
    works = [{"work_code": "1", "work_name": "Cầu", "work_commune": written.replace("31573", code)}]
    reading = read(
        template(pack, "works", "942", "2024-Q4", Values({}, {"work_list": works})),
        pack,
        sender="942",
    )
    assert reading.tables["work_list"].frame["work_commune"].tolist() == [code]


def test_group_headings_are_understood_where_nothing_is_merged(pack: Pack) -> None:
    group, plan, spent = "Kế hoạch vốn", "Đầu tư TW", "Giải ngân lũy kế"
    rows = [
        ["Đơn vị báo cáo: Huyện Châu Thành"],
        ["Kỳ báo cáo: Quý 4 năm 2024"],
        [],
        ["Dự án, tiểu dự án", group, *[None] * 5, spent, *[None] * 5],
        [None, *[plan, "Đầu tư ĐP", "Sự nghiệp TW", "Sự nghiệp ĐP", "Kéo dài", "Tổng số"] * 2],
        ["Dự án 1", *[5, 1, 1, 1, 1, 9] * 2],
        ["Tổng cộng", *[5, 1, 1, 1, 1, 9] * 2],
    ]
    found = figures(read(workbook(("Giải ngân", rows)), pack))
    assert found["plan_local_recurrent_vnd_da1"] == 1_000_000
    assert found["disbursed_total_vnd_total"] == 9_000_000
