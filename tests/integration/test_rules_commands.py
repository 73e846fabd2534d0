"""`mtqg rules profile`, `list` and `show`: what the past suggests, valid when pasted.

And what rules there are.
"""

import json
import shutil
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from connectors.reader.reader import read_parts
from expectations.checking import Checker
from expectations.rules.rule_set import SUITES, RuleSet
from mtqg.cli import app
from program.calendar.period import Period
from program.errors import UsageError, WarehouseError
from program.pack.load import load_pack
from program.pack.pack import Pack
from program.settings import ROOT, Settings
from program.submission import Fact, Submission, Verdict
from tests.arriving import arrive
from tests.conftest import GOOD_LEVELS, Fill, delivery
from warehouse.database.engine import prepare_warehouse
from warehouse.ledger import start_run
from warehouse.load import load_delivery

NOON = datetime(2026, 2, 20, 5, tzinfo=UTC)
UNITS = ("942", "943", "944", "945")
PERIODS = ("2023-Q1", "2023-Q2", "2023-Q3", "2023-Q4", "2024-Q1", "2024-Q2")


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """24 training reports: 100 to 123 people at about 0.3 million đồng each, in one class.

    The first three real.
    """
    settings = Settings(_env_file=None, var=tmp_path_factory.mktemp("var"))
    engine = prepare_warehouse(settings.warehouse_url)
    run = start_run(engine, NOON.date(), "rules-1", NOON)
    for number, (unit, period) in enumerate(product(UNITS, PERIODS)):
        now = NOON + timedelta(minutes=number)
        delivery = arrive(engine, run, number, unit, now, is_synthetic=number > 2)
        people = 100.0 + number
        figures = {
            "participants": people,
            "classes": 1.0,
            "budget_planned_vnd": people * (300_000 + 1000 * (number % 7)),
        }
        facts = tuple(
            Fact(f"{name}_total", 0, value, None, "S", "C5") for name, value in figures.items()
        )
        report = Submission(
            delivery,
            Verdict.ACCEPTED,
            (),
            "training",
            "v1",
            unit,
            Period.parse(period),
            facts=facts,
        )
        load_delivery(engine, [(report, None)], run_id=run, rule_set_version="rules-1", now=now)
    return settings


@pytest.fixture(autouse=True)
def _var(warehouse: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTQG_VAR", str(warehouse.var))


def rules(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(app, ["rules", *map(str, arguments)], terminal_width=200)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def proposed(*arguments: str | Path) -> dict[tuple[str, ...], dict]:
    found = yaml.safe_load(rules("profile", "--form", "training", *arguments).stdout)["rules"]
    return {
        tuple(v for k, v in rule["kwargs"].items() if k.startswith("column")): rule
        for rule in found
    }


def test_bounds_are_proposed_with_free_ids_and_only_where_something_is_known() -> None:
    found = proposed()
    assert found.keys() == {
        ("participants_total",),
        ("budget_planned_vnd_total",),
        ("budget_planned_vnd", "participants"),
    }
    used = {
        rule.id for rule in RuleSet(load_pack(ROOT / "config" / "soc-trang")).of_form("training")
    }
    ids = [rule["id"] for rule in found.values()]
    assert not used.intersection(ids)
    assert len(set(ids)) == 3
    # Quartiles 105.75 and 117.25, each moved outwards by three times their distance on a
    # logarithmic scale.
    assert found[("participants_total",)]["kwargs"] == {
        "column": "participants_total",
        "min_value": 77.0,
        "max_value": 160.0,
    }
    ratio = found["budget_planned_vnd", "participants"]
    assert (ratio["table"], ratio["at"]) == ("levels", "budget_planned_vnd")
    assert 250_000 < ratio["kwargs"]["min_value"] < 300_000
    assert 306_000 < ratio["kwargs"]["max_value"] < 400_000


def test_every_rule_says_what_it_rests_on_and_that_samples_are_invented() -> None:
    text = rules("profile", "--form", "training").stdout
    assert (
        "# participants_total (Số người tham dự, dòng Tổng cộng): 24 points; 21 of them SYNTHETIC"
        in text
    )
    assert "# periods 2023-Q1 to 2024-Q2 (6); units 942, 943, 944 and 1 more (4)" in text
    assert "min 100, 5 % 101.15, median 111.5, 95 % 121.85, max 123" in text
    assert "24 points of 4 units, 21 of them synthetic" in text
    assert "no spread: at least half of all values are 1:\n#   classes_total" in text
    assert "Nothing here takes effect by itself" in text


def test_too_little_is_not_proposed_and_said_so(tmp_path: Path) -> None:
    path = tmp_path / "proposals.yaml"
    assert (
        "0 rules proposed"
        in rules("profile", "--form", "training", "--unit", "942", "-o", path).stderr
    )
    text = path.read_text(encoding="utf-8")
    assert yaml.safe_load(text) == {"form": "training", "rules": []}
    assert (
        "too little: points 6 (needed: 20):\n#   participants_total, budget_planned_vnd_total"
        in text
    )
    assert "rules" in text
    assert proposed("--unit", "942", "--points", "5")


def test_what_lies_beyond_the_bounds_is_named_for_the_reviewer() -> None:
    text = rules("profile", "--form", "training", "--margin", "0").stdout
    assert (
        "beyond the proposed bounds today: 3 (945 2023-Q4: 121; 945 2024-Q1: 122; 945 2024-Q2: 123)"
        in text
    )


def test_a_pasted_proposal_loads_and_finds_what_is_far_from_usual(
    tmp_path: Path, pack: Pack, fill: Fill
) -> None:
    rule = proposed()[("participants_total",)]
    copy = Path(shutil.copytree(pack.folder, tmp_path / "pack"))
    suite = yaml.safe_load((SUITES / "training.yaml").read_text(encoding="utf-8"))
    (copy / "suites").mkdir(exist_ok=True)
    (copy / "suites" / "training.yaml").write_text(
        yaml.safe_dump({**suite, "rules": [*suite["rules"], rule]}, allow_unicode=True),
        encoding="utf-8",
    )
    provincial = load_pack(copy)
    checker = Checker(provincial, RuleSet(provincial), "test")
    tenth = {
        line: {name: max(figure // 10, 1) for name, figure in figures.items()}
        for line, figures in GOOD_LEVELS.items()
    }
    tenth["commune"] |= {"officials": 1, "community": 2}
    tenth["total"] |= {"classes": 2, "officials": 3, "community": 12}
    for levels, expected in ((GOOD_LEVELS, []), (tenth, [("C12", "15")])):
        readings = read_parts(
            fill("942", "2024-Q4", levels=levels), delivery(sender="942"), provincial
        )
        (submission,) = checker.check(readings)
        found = [f for f in submission.findings if f.rule == rule["id"]]
        assert [(f.cell, f.value) for f in found] == expected
        assert all(
            f.message.startswith("Số người tham dự, dòng Tổng cộng (15 người): nằm ngoài khoảng")
            for f in found
        )
        assert all(f.expected == "Cần là: Từ 77 người đến 160 người" for f in found)


def test_wrong_questions_are_answered_with_what_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for arguments, words in (
        (("profile", "--form", "nothing"), "training"),
        (("profile", "--unit", "1"), "no unit"),
        (("profile", "--form", "works", "-o", tmp_path / "no" / "such.yaml"), "cannot write"),
        (("list", "--form", "nothing"), "training"),
        (("show", "TRN-5"), "TRN-05"),
    ):
        with pytest.raises(UsageError, match=words):
            rules(*arguments)
    monkeypatch.setenv("MTQG_VAR", str(tmp_path))
    with pytest.raises(WarehouseError, match="mtqg run"):
        rules("profile")


def test_every_rule_is_listed_with_severity_and_form(pack: Pack) -> None:
    listed = json.loads(rules("list", "--json").stdout)
    assert len({rule["id"] for rule in listed}) == len(listed)
    known = RuleSet(pack)
    assert {(r["id"], r["severity"]) for r in listed if r["form"] == "works"} == {
        (r.id, r.severity.value) for r in known.of_form("works")
    }
    assert {r["id"] for r in listed if r["form"] == "every form"} == {
        *known.reading,
        *(r.id for r in (*known.cells, *known.history)),
    }
    assert {r["id"] for r in listed if r["form"] == "across submissions"} == {
        r.id for r in known.across
    }
    assert "TRN-05" in rules("list", "--form", "training").stdout


def test_a_rule_is_shown_with_its_words_its_source_and_where_it_points() -> None:
    said = rules("show", "trn-05").stdout
    assert "submission · classes_total" in said
    assert "docs/sources.md#the-published-report-of-2024" in said
    assert "docs/rules/training.md#trn-05" in said
    assert "Tổng số lớp ghi {classes_total}" in said
    assert (
        "classes" in json.loads(rules("show", "TRN-05", "--lang", "en", "--json").stdout)["message"]
    )
