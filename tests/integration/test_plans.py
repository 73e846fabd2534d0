"""Runs with plans, results and narratives: what the marts and the page make of them."""

import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from connectors.reader.reader import read_parts
from examples.seed_report import PLAN_FILE, SEED_FILE
from expectations.checking import Checker
from expectations.rules.rule_set import RuleSet
from flows.night.run_context import open_run
from program.calendar.period import Period
from program.finding import Severity
from program.pack.pack import Pack
from program.settings import Settings
from publish.site.site import publish_site
from publish.template.values import Values
from publish.template.workbook import write_template
from tests.arriving import an_hour_old
from tests.conftest import delivery
from tests.steps_by_hand import collect, load

NOW = datetime(2025, 2, 20, 5, tzinfo=UTC)
Night = Callable[..., "After"]
pytestmark = pytest.mark.both_databases


MARTS = ("mart_plans", "mart_narratives", "mart_training", "mart_reporting", "mart_punctuality")


def _rows(engine: Engine, mart: str) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        rows = connection.execute(text(f"SELECT * FROM {mart}")).mappings()
        return [dict(row) for row in rows]


class After:
    """What a run left: the rows of marts, the first page and the pages of narratives."""

    def __init__(self, settings: Settings, pack: Pack) -> None:
        with open_run(settings, None) as run:
            collect(run)
            load(run)
            index = publish_site(run.warehouse, pack, settings, NOW)
            self.index = index.read_text(encoding="utf-8")
            pages = sorted((index.parent / "narratives").glob("*.html"))
            self.said = "".join(page.read_text(encoding="utf-8") for page in pages)
            self.rows = {mart: _rows(run.warehouse, mart) for mart in MARTS}

    def plans(self, **values: object) -> list[dict[str, Any]]:
        """The rows of mart_plans that have these values."""
        found = self.rows["mart_plans"]
        return [row for row in found if all(row[name] == values[name] for name in values)]


@pytest.fixture
def night(settings: Settings, pack: Pack, reads_here: None) -> Night:
    def night(*files: tuple[str, str, str, Values] | Path) -> After:
        """Run once over workbooks: (unit, form, period, values), or a file of the sample."""
        inbox = Path(str(settings.inbox_url))
        for number, file in enumerate(files):
            if isinstance(file, Path):
                folder = inbox / file.parent.name
                folder.mkdir(parents=True, exist_ok=True)
                target = folder / file.name
                shutil.copy(file, target)
            else:
                code, form_code, period_code, values = file
                period = Period.parse(period_code)
                form = pack.form(form_code, period)
                unit = pack.unit_on(code, period_code)
                assert form is not None
                assert unit is not None
                target = inbox / f"{code}-x" / f"{number} {form_code}.xlsx"
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(write_template(form, unit, period, values))
            an_hour_old(target)
        return After(settings, pack)

    return night


def training(classes: int, participants: int, **more: Any) -> Values:
    """A training report of a district, all of it held by the district."""
    levels = {
        "district": {"classes": classes, "participants": participants, "community": participants},
    }
    return Values(matrix={"levels": levels, **more})


def plan(classes: int | None, participants: int | None, number: str = "05/KH-UBND") -> Values:
    """A plan of training of a district."""
    document = {"plan_number": number, "plan_date": date(2024, 2, 15)}
    matrix: dict[str, Any] = {"document": {"document": document}}
    if classes is not None:
        figures = {"planned_classes": classes, "planned_participants": participants}
        matrix["planned_levels"] = {"district": figures}
    return Values(matrix=matrix)


def total_classes(after: After, **values: object) -> dict[str, Any]:
    (row,) = after.plans(form_code="training", figure="classes", item="total", **values)
    return row


def test_a_plan_without_results_stands_alone(night: Night) -> None:
    after = night(("942", "training_plan", "2024", plan(4, 200)))
    row = total_classes(after, unit_code="942", year=2024)
    assert (row["plan"], row["result"], row["status"]) == (4, None, "no_result")
    assert (row["reported"], row["expected"]) == (0, 4), "four quarters are due"
    assert (row["plan_number"], row["plan_date"][:10]) == ("05/KH-UBND", "2024-02-15")
    of_province = total_classes(after, unit_code="94", year=2024, basis="sum_of_districts")
    assert (of_province["plan"], of_province["plans"], of_province["units"]) == (4, 1, 11)


def test_results_without_a_plan_are_no_share_of_anything(night: Night) -> None:
    after = night(
        ("942", "training", "2024-Q1", training(2, 90)),
        ("942", "training", "2024-Q3", training(1, 40)),
    )
    row = total_classes(after, unit_code="942", year=2024)
    assert (row["plan"], row["result"], row["percent"]) == (None, 3, None)
    assert (row["status"], row["reported"], row["expected"]) == ("no_plan", 2, 4)
    assert "chưa có kế hoạch" in after.index


def test_a_year_s_plan_is_beside_the_sum_of_its_quarters(night: Night) -> None:
    after = night(
        ("942", "training_plan", "2024", plan(4, 200)),
        ("942", "training", "2024-Q1", training(2, 90)),
        ("942", "training", "2024-Q3", training(1, 40)),
        ("943", "training", "2024-Q1", training(5, 250)),
    )
    row = total_classes(after, unit_code="942", year=2024)
    assert (row["plan"], row["result"], row["percent"]) == (4, 3, 75)
    of_province = total_classes(after, unit_code="94", year=2024, basis="sum_of_districts")
    assert (of_province["plan"], of_province["result"]) == (4, 8)
    assert (of_province["plans"], of_province["units"]) == (1, 11)
    assert (of_province["reported"], of_province["expected"]) == (3, 44)
    marts = after.rows["mart_training"]
    quarters = [r for r in marts if r["unit_code"] == "942" and r["classes"]]
    assert {r["year_plan_classes"] for r in quarters} == {4}
    (people,) = after.plans(unit_code="942", figure="participants", item="district")
    assert (people["plan"], people["result"]) == (200, 130)


def test_a_plan_is_never_overdue_where_the_calendar_does_not_ask_for_it(night: Night) -> None:
    after = night(("942", "training_plan", "2024", plan(4, 200)))
    reports = [r for r in after.rows["mart_reporting"] if r["form_code"] == "training_plan"]
    assert [(r["unit_code"], r["due_date"], r["is_due"]) for r in reports] == [("942", None, None)]
    assert not [r for r in after.rows["mart_punctuality"] if r["form_code"] == "training_plan"]


def test_money_and_households_are_beside_the_plan_of_their_own_form(night: Night) -> None:
    support = {"housing": {"planned": 40, "supported": 25, "support_vnd": 1000}}
    after = night(("942", "livelihoods", "2024-Q4", Values(matrix={"support": support})))
    (row,) = after.plans(unit_code="942", form_code="livelihoods", item="housing")
    assert (row["plan"], row["result"], row["percent"]) == (40, 25, 62.5)
    assert row["item_name"] == "Nhà ở"


def test_a_narrative_is_kept_and_shown_and_one_query_gives_all_of_a_period(night: Night) -> None:
    said = {
        "results": {"narrative": "Tổ chức 2 lớp.\n\nĐông đủ học viên."},
        "difficulties": {"narrative": "Không có"},
    }
    after = night(
        ("942", "training", "2024-Q1", training(2, 90, narrative_part=said)),
        ("943", "training", "2024-Q1", training(5, 250)),
    )
    rows = after.rows["mart_narratives"]
    assert {(r["unit_code"], r["period"], r["part"], r["text"]) for r in rows} == {
        ("942", "2024-Q1", "results", "Tổ chức 2 lớp.\nĐông đủ học viên."),
        ("942", "2024-Q1", "difficulties", "Không có"),
    }
    assert total_classes(after, unit_code="942", year=2024)["result"] == 2, "figures count"
    assert "Tổ chức 2 lớp.<br>Đông đủ học viên." in after.said


def test_a_narrative_without_figures_is_no_report(night: Night) -> None:
    said = {"difficulties": {"narrative": "Chưa được giao vốn."}}
    after = night(("942", "training", "2024-Q1", Values(matrix={"narrative_part": said})))
    assert after.rows["mart_narratives"] == []
    assert after.rows["mart_plans"] == []


def test_the_seed_says_its_classes_topics_groups_and_plan(night: Night, pack: Pack) -> None:
    after = night(SEED_FILE, PLAN_FILE)
    row = total_classes(after, unit_code="94", basis="reported")
    assert (row["result"], row["plan"], row["status"]) == (12, None, "plan_unknown")
    assert row["plan_number"] == "13/KH-BCĐUBND"
    assert (row["doubtful"], row["is_flagged"]) == (1, 1), "3 + 8 is not 12"
    reached = {r["item_name"]: r["result"] for r in after.plans(is_units=1, basis="reported")}
    assert len(reached) == 10
    assert reached["Huyện Cù Lao Dung"] == 1, "by the joint class"
    assert "Thành phố Sóc Trăng" not in reached, "it is a venue only"
    groups = {r["figure"]: r["result"] for r in after.plans(table_name="class_list", is_units=0)}
    assert groups == {"classes_for_officials": 3, "classes_for_community": 8}
    assert "kế hoạch số 13/KH-BCĐUBND ngày 26/04/2024" in after.index
    assert "kế hoạch không nêu" in after.index
    assert "Trao chứng nhận và khen thưởng cho học viên." in after.said


def test_the_seed_has_the_one_warning_that_its_author_should_answer(pack: Pack) -> None:
    file = delivery(name=SEED_FILE.name, sender="94")
    (reading,) = read_parts(SEED_FILE.read_bytes(), file, pack)
    (checked,) = Checker(pack, RuleSet(pack), "t").check([reading])
    asked = [f.rule for f in checked.findings if f.severity is not Severity.INFO]
    assert asked == ["TRN-05"]
    texts = {fact.element for fact in checked.facts if fact.text}
    assert {"topic_note_culture", "group_note_unions", "arranged_note_trainers"} <= texts
    assert {fact.text for fact in checked.facts if fact.element == "arranged_rewards"} == {"yes"}


def test_of_classes_that_do_not_say_for_whom_they_were_nobody_knows_the_number(
    night: Night,
) -> None:
    lines = [
        {"class_title": "Lớp A", "class_level": "district", "class_participants": 60},
        {"class_title": "Lớp B", "class_level": "district", "class_participants": 30},
    ]
    days = {"class_first_day": date(2024, 2, 1), "class_last_day": date(2024, 2, 2)}
    values = Values(
        matrix=training(2, 90).matrix, lists={"class_list": [{**line, **days} for line in lines]}
    )
    after = night(("942", "training", "2024-Q1", values))
    assert after.plans(unit_code="942", figure="classes_for_officials") == []
