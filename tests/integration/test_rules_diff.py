"""`mtqg rules diff`: what a changed rule would do to archived reports, before it is merged."""

import json
import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from flows.night.run_context import open_run
from mtqg.cli import app
from program.errors import UsageError, WarehouseError
from program.settings import ROOT, Settings
from tests.arriving import an_hour_old
from tests.conftest import GOOD_LEVELS, Fill
from tests.steps_by_hand import collect, load
from warehouse.database.engine import open_warehouse
from warehouse.ledger import checked_deliveries

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("reads_here")]

TRAINING = "suites/training.yaml"


MORE_WOMEN = {
    **GOOD_LEVELS,
    "commune": {**GOOD_LEVELS["commune"], "women": 31},
    "total": {**GOOD_LEVELS["total"], "women": 81},
}
ABOVE_PLAN = {
    **GOOD_LEVELS,
    "total": {**GOOD_LEVELS["total"], "budget_planned_vnd": 100, "budget_spent_vnd": 102},
}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of its own, committed: suites and a pack that the command takes for the shipped ones."""
    folder = tmp_path / "project"
    shutil.copytree(ROOT / "expectations" / "suites", folder / "suites")
    shutil.copytree(ROOT / "config" / "soc-trang", folder / "pack")
    git(folder, "init", "--quiet")
    commit(folder, "first rules")
    monkeypatch.setattr("expectations.rules.rule_set.SUITES", folder / "suites")
    monkeypatch.setenv("MTQG_PACK", str(folder / "pack"))
    return folder


@pytest.fixture(scope="module")
def archived(tmp_path_factory: pytest.TempPathFactory, fill: Fill) -> Settings:
    """Two runs: 942 is good, 943 has more women than people, 944 spends above plan (a warning), 945 sends text."""
    folder = tmp_path_factory.mktemp("nights")
    settings = Settings(_env_file=None, var=folder / "var", inbox_url=str(folder / "inbox"))
    night(
        settings, {"942": fill("942", "2024-Q4"), "943": fill("943", "2024-Q4", levels=MORE_WOMEN)}
    )
    night(settings, {"944": fill("944", "2024-Q4", levels=ABOVE_PLAN), "945": b"not a workbook"})
    return settings


@pytest.fixture
def nights(archived: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("MTQG_VAR", str(archived.var))
    return archived


def night(settings: Settings, files: dict[str, bytes]) -> None:
    for unit, content in files.items():
        path = Path(settings.inbox_url, unit, f"{unit}.xlsx")
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
        an_hour_old(path)
    night = open_run(settings, None)
    collect(night)
    load(night)
    assert night.finish()["errors"] == []


def git(folder: Path, *arguments: str) -> None:
    author = ("-c", "user.name=Tester", "-c", "user.email=tester@example.org")
    subprocess.run(["git", "-C", str(folder), *author, *arguments], check=True, capture_output=True)


def commit(folder: Path, message: str) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", message)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
    path.write_text(text.replace(old, new), encoding="utf-8")


def set_rule(path: Path, rule: str, key: str, value: str) -> None:
    """Write another value of one line `key: …` of a rule."""
    before, entry, after = re.split(
        rf"(?ms)(^  - id: {rule}$.*?)(?=^  - id: |\Z)", path.read_text(encoding="utf-8")
    )
    changed, times = re.subn(rf"(?m)^    {key}: .*$", f"    {key}: {value}", entry)
    assert times == 1
    path.write_text(before + changed + after, encoding="utf-8")


def run(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(app, ["rules", "diff", *map(str, arguments)], terminal_width=200)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def diff(*arguments: str | Path) -> dict:
    return json.loads(run(*arguments, "--json").stdout)


def counts(found: dict) -> dict[str, int]:
    return {name: turned["count"] for name, turned in found["verdicts"].items() if turned["count"]}


def test_one_rule_loosened_and_one_tightened_give_exactly_their_reports(
    repository: Path, nights: Settings
) -> None:
    suite = repository / TRAINING
    set_rule(suite, "TRN-01", "severity", "warning")
    set_rule(suite, "TRN-04", "severity", "critical")
    found = diff()
    assert found["changed_rules"] == {"TRN-01": ["severity"], "TRN-04": ["severity"]}
    assert found["affected_forms"] == ["training"]
    assert found["deliveries"] == {"archived": 4, "compared": 4, "failed": {}}
    assert counts(found) == {"newly_refused": 1, "newly_accepted": 1}
    (refused,) = found["verdicts"]["newly_refused"]["first"]
    assert (refused["unit"], refused["before"], refused["after"]) == (
        "944",
        "accepted_with_warnings",
        "quarantined",
    )
    assert refused["rules"] == ["TRN-04"]
    (accepted,) = found["verdicts"]["newly_accepted"]["first"]
    assert (accepted["unit"], accepted["after"]) == ("943", "accepted_with_warnings")
    assert found["findings"].keys() == {"TRN-01", "TRN-04"}
    assert found["findings"]["TRN-04"]["regraded"] == {
        "limit": 5,
        "count": 1,
        "first": [
            {
                "delivery": 3,
                "name": "944.xlsx",
                "unit": "944",
                "form": "training",
                "period": "2024-Q4",
                "sheet": "Tổng hợp",
                "cell": "J12",
                "value": "102",
                "severity": "critical",
                "was": "warning",
                "message": "Kinh phí thực hiện (102 triệu đồng) vượt kinh phí kế hoạch (100 triệu đồng).",
            }
        ],
    }


def test_a_rule_that_looks_at_less_no_longer_finds_and_a_new_one_newly_does(
    repository: Path, nights: Settings
) -> None:
    suite = repository / TRAINING
    entry = """
  - id: TRN-90
    level: table
    table: levels
    expect: expect_column_values_to_be_between
    kwargs: {column: participants, max_value: 100}
    severity: warning
    at: participants
    message: "Số người {participants}."
    expected: "Không quá 100"
    fix: "Xin kiểm tra."
    source: "a test"
"""
    text = suite.read_text(encoding="utf-8")
    without = re.sub(r"(?ms)^  - id: TRN-04$.*?(?=^  - id: )", "", text)
    suite.write_text(without + entry, encoding="utf-8")
    found = diff("--limit", "1")
    assert found["changed_rules"] == {"TRN-04": ["removed"], "TRN-90": ["added"]}
    assert counts(found) == {"newly_warned": 1}
    assert {
        rule: {kind: places["count"] for kind, places in of.items()}
        for rule, of in found["findings"].items()
    } == {
        "TRN-04": {"found": 0, "gone": 1, "regraded": 0},
        # 120 people in each of three reports; the total of 150 follows from them.
        "TRN-90": {"found": 3, "gone": 0, "regraded": 0},
    }
    assert [place["cell"] for place in found["findings"]["TRN-90"]["found"]["first"]] == ["C10"]


def test_a_revision_is_compared_without_touching_the_checkout(
    repository: Path, nights: Settings
) -> None:
    set_rule(repository / TRAINING, "TRN-04", "severity", "critical")
    commit(repository, "spending above plan is refused")
    before = {path: path.read_bytes() for path in repository.rglob("*") if path.is_file()}
    assert diff()["changed_rules"] == {}
    assert counts(diff("--since", "HEAD~1")) == {"newly_refused": 1}
    assert {path: path.read_bytes() for path in repository.rglob("*") if path.is_file()} == before


def test_a_folder_stands_in_for_git(repository: Path, nights: Settings, tmp_path: Path) -> None:
    shutil.copytree(repository / "suites", tmp_path / "old")
    set_rule(repository / TRAINING, "TRN-04", "severity", "critical")
    assert counts(diff("--old", tmp_path / "old")) == {"newly_refused": 1}


def test_rules_of_history_see_the_same_past_on_both_sides(
    repository: Path,
    archived: Settings,
    fill: Fill,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    var = shutil.copytree(archived.var, tmp_path / "var")
    settings = Settings(_env_file=None, var=var, inbox_url=str(tmp_path / "inbox"))
    night(settings, {"942": fill("942", "2025-Q1")})
    monkeypatch.setenv("MTQG_VAR", str(var))
    set_rule(repository / "suites" / "history.yaml", "HIS-07", "severity", "info")
    found = diff()
    assert found["affected_forms"] is None
    assert {rule: of["regraded"]["count"] for rule, of in found["findings"].items()} == {
        "HIS-07": 1
    }
    (unwarned,) = found["verdicts"]["no_longer_warned"]["first"]
    assert (unwarned["unit"], unwarned["period"], unwarned["rules"]) == (
        "942",
        "2025-Q1",
        ["HIS-07"],
    )


def test_nothing_is_written(repository: Path, nights: Settings) -> None:
    def dump() -> list[str]:
        with closing(sqlite3.connect(nights.var / "warehouse.sqlite")) as warehouse:
            return list(warehouse.iterdump())

    before = (
        dump(),
        sorted(
            path
            for path in nights.var.rglob("*")
            if path.name != "mtqg.log" and "sqlite" not in path.name
        ),
    )
    set_rule(repository / TRAINING, "TRN-04", "severity", "critical")
    run()
    assert before == (
        dump(),
        sorted(p for p in nights.var.rglob("*") if p.name != "mtqg.log" and "sqlite" not in p.name),
    )


def test_a_gate_fails_on_what_it_is_asked_to(repository: Path, nights: Settings) -> None:
    set_rule(repository / TRAINING, "TRN-04", "severity", "critical")
    assert run("--fail-on", "refused").exit_code == 1
    assert run("--fail-on", "refused", "--form", "works").exit_code == 0


def test_a_change_of_a_layout_is_read_by_both(repository: Path, nights: Settings) -> None:
    form = repository / "pack" / "forms" / "training" / "v2.yaml"
    edit(
        form,
        'aliases: ["Kinh phí đã thực hiện", "Đã giải ngân"], type: money',
        "type: money, maximum: 101",
    )
    found = diff()
    assert found["affected_forms"] is None
    assert counts(found) == {"newly_refused": 1}
    # What is above the bound is refused; that it is above the plan as well only follows, and is
    # left out.
    assert {
        rule: (of["found"]["count"], of["gone"]["count"]) for rule, of in found["findings"].items()
    } == {
        "CELL-15": (1, 0),
        "TRN-04": (0, 1),
    }


def test_an_earlier_rule_that_no_longer_fits_is_named_and_the_others_are_compared(
    repository: Path, nights: Settings
) -> None:
    suite = repository / TRAINING
    good = suite.read_text(encoding="utf-8")
    set_rule(suite, "TRN-02", "expect", "expect_something_that_is_gone")
    set_rule(suite, "TRN-03", "table", "no_such_table")
    set_rule(suite, "TRN-06", "severity", "dreadful")
    commit(repository, "rules of another time")
    suite.write_text(good, encoding="utf-8")
    set_rule(suite, "TRN-04", "severity", "critical")
    found = diff()
    assert [re.search(r"TRN-\d\d", note).group() for note in found["notes"]] == [
        "TRN-03",
        "TRN-06",
        "TRN-02",
    ]
    assert "no_such_table" in found["notes"][0]
    assert found["changed_rules"] == {
        name: ["added"] for name in ("TRN-02", "TRN-03", "TRN-06")
    } | {"TRN-04": ["severity"]}
    assert counts(found) == {"newly_refused": 1}


def test_forms_that_cannot_be_read_any_more_are_named_and_today_s_are_taken(
    repository: Path, nights: Settings
) -> None:
    form = repository / "pack" / "forms" / "training" / "v2.yaml"
    good = form.read_text(encoding="utf-8")
    form.write_text("not_a_form: true\n", encoding="utf-8")
    commit(repository, "a pack of another time")
    form.write_text(good, encoding="utf-8")
    found = diff()
    assert any("both sides use today's forms" in note for note in found["notes"])
    assert counts(found) == {}


def test_what_a_reader_meets_and_no_rule_of_then_words_is_newly_found(
    repository: Path, nights: Settings
) -> None:
    reading = repository / "suites" / "reading.yaml"
    good = reading.read_text(encoding="utf-8")
    entry = re.search(r"(?ms)^  - id: FILE-02$.*?(?=^  - id: )", good)
    assert entry
    reading.write_text(good.replace(entry.group(), ""), encoding="utf-8")
    commit(repository, "before FILE-02")
    reading.write_text(good, encoding="utf-8")
    found = diff()
    assert found["affected_forms"] is None
    assert {rule: of["found"]["count"] for rule, of in found["findings"].items()} == {"FILE-02": 1}


def test_bytes_that_are_gone_stop_only_their_own_delivery(
    repository: Path, nights: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = checked_deliveries(open_warehouse(nights.warehouse_url), None, after=0, limit=1)[0]
    archive = shutil.copytree(nights.archive_url, tmp_path / "archive")
    Path(archive, first.sha256[:2], first.sha256).unlink()
    monkeypatch.setenv("MTQG_ARCHIVE_URL", str(archive))
    set_rule(repository / TRAINING, "TRN-04", "severity", "critical")
    found = diff()
    assert (found["deliveries"]["compared"], list(found["deliveries"]["failed"].values())) == (
        3,
        [1],
    )
    assert counts(found) == {"newly_refused": 1}


def test_words_are_for_people_too(repository: Path, nights: Settings) -> None:
    set_rule(repository / TRAINING, "TRN-04", "severity", "critical")
    result = run()
    said = result.stdout
    assert result.exit_code == 0
    assert "newly refused: 1" in said
    assert (
        '#3 · Huyện Mỹ Tú · training · 2024-Q4 · "Tổng hợp" J12 (102) · warning → critical · 944.xlsx'
        in said
    )


def test_what_cannot_be_compared_is_said(
    repository: Path, settings: Settings, nights: Settings, tmp_path: Path, monkeypatch
) -> None:
    with pytest.raises(UsageError, match="no revision 'nowhere'"):
        run("--since", "nowhere")
    with pytest.raises(UsageError, match="no revision '--output"):
        run("--since", "--output=/tmp/x")
    with pytest.raises(UsageError, match="training"):
        run("--form", "nothing")
    with pytest.raises(UsageError, match="reading.yaml"):
        run("--old", tmp_path)
    shutil.rmtree(repository / ".git")
    with pytest.raises(UsageError, match="--old FOLDER"):
        run()
    monkeypatch.setenv("MTQG_VAR", str(tmp_path / "empty"))
    with pytest.raises(WarehouseError, match="mtqg run"):
        run()
