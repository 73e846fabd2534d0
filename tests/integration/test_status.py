"""`mtqg status`: the five states in Vietnamese, what can be asked for, and an answer where there is nothing."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner, Result

from mtqg.cli import app
from program.calendar.period import Period
from program.calendar.stage import Stage
from program.errors import UsageError
from program.finding import Finding, Severity
from program.pack.pack import Pack
from program.settings import Settings
from program.submission import Fact, Submission, verdict_of
from tests.arriving import arrive, catalogued
from warehouse.ledger import start_run
from warehouse.load import load_delivery

NOON = datetime(2025, 1, 20, 5, tzinfo=UTC)
WRONG = Finding("TRN-01", Severity.CRITICAL, "Số nữ lớn hơn", "Sửa", sheet="S", cell="D10")
ODD = Finding("TRN-05", Severity.WARNING, "Tổng lệch", "Sửa", sheet="S", cell="C12")
Ask = Callable[..., Result]
pytestmark = pytest.mark.both_databases


@pytest.fixture
def ask(settings: Settings, pack: Pack, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """ask("--period", "2024-Q4"): the answer on 25/01/2025, when 942 was accepted, 943 with a warning, 944 refused."""
    engine = catalogued(settings, pack, NOON)
    run = start_run(engine, NOON.date(), "rules-1", NOON)
    for number, (unit, findings) in enumerate(
        [("942", ()), ("943", (ODD,)), ("944", (WRONG,))], start=1
    ):
        at = NOON + timedelta(minutes=number)
        verdict = verdict_of(findings)
        facts = (Fact("participants_total", 0, 10.0, None, "S", "C5"),) if verdict.loads else ()
        report = Submission(
            arrive(engine, run, number, unit, at, at), verdict, findings, "training", "v1", unit,
            Period.parse("2024-Q4"), Stage.FINAL, facts, values_read=1,
        )  # fmt: skip
        load_delivery(engine, [(report, None)], run_id=run, rule_set_version="rules-1", now=at)
    monkeypatch.setenv("MTQG_VAR", str(settings.var))
    monkeypatch.setenv("MTQG_WAREHOUSE_URL", settings.warehouse_url)

    def ask(*arguments: str) -> Result:
        return CliRunner().invoke(
            app, ["status", *arguments, "--as-of", "2025-01-25"], terminal_width=200
        )

    return ask


def states(answer: Result) -> dict[str, str]:
    return {row["unit"]: row["state"] for row in json.loads(answer.stdout)}


def test_each_report_has_one_of_five_states_in_words(ask: Ask) -> None:
    answer = ask("--period", "2024-Q4", "--form", "training").stdout
    assert (
        "Báo cáo đào tạo, tập huấn · Quý IV năm 2024, hạn 15/01/2025 (tạm tính): đạt 2/11" in answer
    )
    of_unit = {line.split()[1]: line for line in answer.splitlines() if line.startswith("│")}
    assert "│ đạt " in of_unit["942"]
    assert "│ đạt, có lưu ý " in of_unit["943"]
    assert "│ đã gửi – chờ sửa " in of_unit["944"]
    assert "│ chưa gửi " in of_unit["945"]
    assert "│ 7 ngày" in of_unit["945"]


def test_form_unit_level_and_what_is_missing_can_be_asked_for(ask: Ask) -> None:
    of_form = states(ask("--json", "--period", "2024-Q4", "--form", "training"))
    assert (len(of_form), of_form["942"], of_form["945"]) == (11, "accepted", "missing")
    missing = states(ask("--json", "--period", "2024-Q4", "--form", "training", "--missing"))
    assert set(of_form) - set(missing) == {"942", "943"}
    assert missing["944"] == "to_fix"
    assert states(ask("--json", "--period", "Quý IV/2024", "--form", "training")) == of_form
    of_unit = json.loads(ask("--json", "--unit", "942").stdout)
    assert {row["unit"] for row in of_unit} == {"942"}
    of_level = json.loads(ask("--json", "--level", "province").stdout)
    assert {row["unit"] for row in of_level} == {"94"}


def test_a_unit_can_be_named_and_its_reports_are_one_table(ask: Ask) -> None:
    answer = ask("--unit", "Mỹ Tú", "--form", "training", "--period", "2024-Q4").stdout
    assert "944 Huyện Mỹ Tú: đến hạn 1, đã gửi 1, đạt 0" in answer
    assert answer.count("đơn vị") == 0
    both = ask("--unit", "Mỹ Tú").exception
    assert isinstance(both, UsageError)
    assert "944 (Huyện Mỹ Tú)" in str(both)
    assert "Xã Mỹ Tú" in str(both)


def test_what_is_not_there_is_said(ask: Ask) -> None:
    assert "Không có báo cáo nào phải gửi hoặc đã gửi cho kỳ 2030" in ask("--period", "2030").stdout
    asked = ("--period", "2024-Q4", "--form", "training", "--unit", "942")
    assert "Không có báo cáo nào còn thiếu hoặc chờ sửa." in ask(*asked, "--missing").stdout
    for wrong, known in (
        (("--form", "nothing"), "training"),
        (("--unit", "000"), "units.csv"),
        (("--period", "9 tháng 2024"), "2024-H1"),
    ):
        error = ask(*wrong).exception
        assert isinstance(error, UsageError)
        assert known in str(error)


def test_the_answer_can_be_a_workbook(ask: Ask, tmp_path: Path) -> None:
    path = tmp_path / "status.xlsx"
    ask("--period", "2024-Q4", "--form", "training", "--xlsx", str(path))
    rows = list(openpyxl.load_workbook(path).active.iter_rows(min_row=4, values_only=True))
    row = next(row for row in rows if row[1] == "Huyện Long Phú")
    assert row[2:6] == (
        "Báo cáo đào tạo, tập huấn",
        "Quý IV năm 2024",
        datetime(2025, 1, 15),
        "chưa gửi",
    )
