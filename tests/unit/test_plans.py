"""Plans beside their results: what belongs together, and what the page makes of it."""

import io
from datetime import date

import openpyxl

from program.calendar.period import Period
from program.forms.nil_report import NIL_LABEL
from program.forms.plan_pairs import PlanPair, plan_pairs
from program.forms.table import OverTime
from program.pack.pack import Pack
from program.records.plan_rows import NarrativeRow, PlanRow
from publish.rendering import render
from publish.site.narrative_pages import NarrativePage
from publish.site.tables.plans import narrative_groups, plan_panel
from publish.template.values import Values
from publish.template.workbook import write_template
from tests.workbooks import read


def pairs_of(pack: Pack, form: str) -> dict[str, PlanPair]:
    return {p.result_element: p for p in plan_pairs(pack.forms) if p.result_form == form}


def row(figure: str = "classes", item: str = "total", **values: object) -> PlanRow:
    names = {"total": "Tổng cộng", "province": "Cấp tỉnh"}
    usual: dict[str, object] = {
        "unit_code": "94", "basis": "reported", "year": 2024, "form_code": "training",
        "plan_form_code": "training_plan", "position": 0, "table_name": "levels", "item": item,
        "figure": figure, "item_name": names.get(item, item), "figure_name": "Số lớp",
        "measure": "lớp", "plan": None, "result": 12.0, "percent": None, "status": "no_plan",
        "plans": 0, "units": 1, "reported": 1, "expected": 1, "plan_number": None,
        "plan_date": None, "is_total": item == "total", "is_units": False, "doubtful": 0,
        "is_synthetic": False,
    }  # fmt: skip
    return PlanRow(**{**usual, **values})  # type: ignore[arg-type]


def panel(pack: Pack, *rows: PlanRow) -> str:
    shown = plan_panel(rows, pack)
    return render("site/plans.html.j2", root="", pack=pack, as_of_day=None, plans=shown)


def test_a_plan_of_training_names_the_results_by_level_group_topic_and_unit(pack: Pack) -> None:
    pairs = pairs_of(pack, "training")
    total = pairs["classes_total"]
    assert (total.plan_form, total.plan_element) == ("training_plan", "planned_classes_total")
    assert (total.table, total.item, total.is_total) == ("levels", "total", True)
    assert (total.over_time, total.measure) == (OverTime.FLOW, "lớp")
    assert pairs["group_participants_unions"].item_name == "Cán bộ đoàn thể"
    assert pairs["topic_classes_culture"].plan_element == "planned_topic_classes_culture"
    assert pairs["class_units"].is_units
    assert pairs["classes_for_officials"].figure_name == "Lớp cho cán bộ"


def test_a_form_may_hold_its_own_plan(pack: Pack) -> None:
    money = pairs_of(pack, "disbursement")["disbursed_total_vnd_total"]
    assert (money.plan_form, money.plan_element) == ("disbursement", "plan_total_vnd_total")
    assert money.over_time is OverTime.YEAR
    works = pairs_of(pack, "works")["works_completed"]
    assert (works.plan_element, works.is_total) == ("works_listed", True)


def test_results_without_a_plan_say_so(pack: Pack) -> None:
    page = panel(pack, row())
    assert "Chưa có kế hoạch." in page
    # Said once: a column without any figure would say it in each line.
    assert "Kế hoạch</th>" not in page


def test_a_plan_that_names_no_number_is_no_missing_plan(pack: Pack) -> None:
    page = panel(
        pack,
        row(status="plan_unknown", plan_number="13/KH-BCĐUBND", plan_date=date(2024, 4, 26)),
    )
    assert "Kế hoạch không nêu số." in page
    assert "chưa có kế hoạch" not in page.lower()
    assert "kế hoạch số 13/KH-BCĐUBND ngày 26/04/2024" in page


def test_a_plan_without_results_says_so(pack: Pack) -> None:
    page = panel(pack, row(plan=12.0, plans=1, result=None, status="no_result", reported=0))
    assert "chưa có kết quả" in page


def test_money_is_printed_in_its_measure_and_with_the_share_of_the_plan(pack: Pack) -> None:
    money = row(
        "budget_spent_vnd", measure="triệu đồng", plan=200e6, result=150e6, percent=75.0,
        status="compared", plans=1,
    )  # fmt: skip
    page = panel(pack, money)
    assert '<td class="n">200</td>' in page
    assert "150" in page
    assert "75% kế hoạch" in page


def test_the_year_that_the_province_reported_comes_before_a_thinner_later_one(pack: Pack) -> None:
    thin = row(year=2025, basis="sum_of_districts", reported=1, expected=22)
    shown = plan_panel([thin, row()], pack)
    assert [group.year for group in shown.groups] == [2024]
    assert [group.year for group in shown.others] == [2025]


def test_a_later_year_from_enough_units_comes_before_an_own_report_of_an_earlier_one(
    pack: Pack,
) -> None:
    full = row(year=2025, basis="sum_of_communes", reported=43, expected=43)
    shown = plan_panel([full, row()], pack)
    assert [group.year for group in shown.groups] == [2025]


def test_the_panel_shows_the_whole_and_leaves_the_parts_to_the_details(pack: Pack) -> None:
    (group,) = plan_panel([row(item="province", result=3.0), row()], pack).groups
    assert [line.result for line in group.headlines] == [12.0]
    assert [line.label for line in group.lines] == ["Cấp tỉnh", "Số lớp"]


def test_a_narrative_is_shown_under_its_headings_and_keeps_its_paragraphs(pack: Pack) -> None:
    rows = [
        NarrativeRow("training", "94", "2024", "final", "results", "Một.\n<b>Hai</b>.", False),
        NarrativeRow("training", "94", "2024", "final", "difficulties", "Đường xa.", False),
    ]
    (said,) = narrative_groups(rows, pack)
    shown = NarrativePage("", said)
    page = render("site/narrative.html.j2", root="../", pack=pack, as_of_day=None, page=shown)
    assert "<strong>Khó khăn, vướng mắc.</strong> Đường xa." in page
    assert "Một.<br>&lt;b&gt;Hai&lt;/b&gt;." in page
    assert "Tỉnh Sóc Trăng" in page


def workbook(pack: Pack, form_code: str, period: Period, values: Values) -> bytes:
    form = pack.form(form_code, period)
    unit = pack.units.get("942", Period.parse("2024").end)
    assert form is not None
    assert unit is not None
    return write_template(form, unit, period, values)


def ticked(content: bytes, sheet: str) -> bytes:
    """Tick the template's cell that says that there is nothing to report."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    label = next(c for c in book[sheet][2] if c.value and str(c.value).startswith(NIL_LABEL))
    tick = next(c for c in book[sheet][2][label.column :] if not c.protection.locked)
    tick.value = "x"
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def test_a_report_of_nothing_may_say_why(pack: Pack) -> None:
    why = {"difficulties": {"narrative": "Chưa được giao vốn."}}
    values = Values(matrix={"narrative_part": why})
    content = workbook(pack, "training", Period.parse("2024-Q1"), values)
    reading = read(ticked(content, "Tổng hợp"), pack, sender="942")
    assert {problem.rule for problem in reading.problems} == {"FORM-31"}
    assert reading.is_nil
    assert reading.tables["narrative_part"].values["narrative"] == ["Chưa được giao vốn."]


def test_a_plan_may_come_before_its_year(pack: Pack) -> None:
    document = {"plan_number": "01/KH-UBND", "plan_date": date(2025, 12, 20)}
    values = Values(matrix={"document": {"document": document}})
    reading = read(workbook(pack, "training_plan", Period.parse("2027"), values), pack)
    assert {problem.rule for problem in reading.problems} & {"FORM-13", "FORM-30"} == set()


def test_units_of_a_joint_class_are_read_in_any_spelling_and_asked_about_if_unknown(
    pack: Pack,
) -> None:
    def units(text: str) -> tuple[object, list[str]]:
        line = {"class_title": "Lớp ghép", "class_level": "district", "class_units": text}
        values = Values(
            matrix={"levels": {"district": {"classes": 1, "participants": 60}}},
            lists={"class_list": [line]},
        )
        form = pack.form("training", Period.parse("2024"))
        assert form is not None
        content = write_template(form, pack.province, Period.parse("2024"), values)
        reading = read(content, pack, sender="94")
        asked = [p.values["name"] for p in reading.problems if p.rule == "CELL-51"]
        return reading.tables["class_list"].values["class_units"][0], asked

    assert units("Huyện Mỹ Xuyên; huyện Cù Lao Dung và thị xã Ngã Năm") == ("947;945;948", [])
    assert units("mỹ xuyên, CÙ LAO DUNG\nNgã Năm") == ("947;945;948", [])
    assert units("Mỹ Xuyên, Cái Bè") == ("Mỹ Xuyên, Cái Bè", ["Cái Bè"])


def test_a_workbook_of_the_older_version_is_read_as_it_is(pack: Pack) -> None:
    old = pack.form("training", Period.parse("2023"))
    unit = pack.units.get("942", Period.parse("2024").end)
    assert old is not None
    assert unit is not None
    assert old.version == "v1"
    levels = {"district": {"classes": 1, "participants": 60, "officials": 10, "community": 50}}
    period = Period.parse("2024-Q1")
    reading = read(write_template(old, unit, period, Values({"levels": levels})), pack)
    assert reading.form is pack.form("training", period)
    assert {problem.rule for problem in reading.problems} <= {"FORM-16"}
    assert reading.tables["levels"].values["participants"] == [60, 60]
