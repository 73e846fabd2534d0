"""The command's contract: names, exit codes and JSON, on the samples and on what is no workbook at all."""

import json
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from examples.seed_report import SEED_FILE, build_seed
from examples.synthetic import PLANTED, build
from mtqg.cli import app
from program.errors import MtqgError
from program.pack import Pack
from program.settings import ROOT
from tests.conftest import SAMPLES

COMMANDS = ("run", "check", "template", "status", "trace")


@pytest.fixture(autouse=True)
def _own_var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTQG_VAR", str(tmp_path / "var"))


def mtqg(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(a) for a in arguments], terminal_width=200)


def check(path: Path, *more: str) -> tuple[int, dict]:
    result = mtqg("check", path, "--json", *more)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, json.loads(result.stdout)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    result = mtqg(command, "--help")
    assert result.exit_code == 0
    assert len(result.stdout) > 300


def test_the_seed_is_accepted_with_one_warning_at_the_right_cell() -> None:
    code, verdict = check(SEED_FILE)
    assert code == 0
    assert (verdict["verdict"], verdict["form"], verdict["unit"], verdict["period"]) == (
        "accepted_with_warnings",
        "training",
        "94",
        "2024",
    )
    warnings = [f for f in verdict["findings"] if f["severity"] != "info"]
    assert [(f["rule"], f["sheet"], f["cell"], f["value"]) for f in warnings] == [("TRN-05", "Tổng hợp", "B12", "12")]
    assert set(warnings[0]) == {"rule", "severity", "sheet", "cell", "value", "message", "fix"}
    message = warnings[0]["message"]
    assert "3 + 8 = 11" in message
    assert "số 12 sai" in message
    assert "tổng 12 đúng" in message


def planted_files() -> list[tuple[Path, str, str, str, str]]:
    files = []
    for (unit, period), planted in PLANTED.items():
        path = next(p for p in sorted(SAMPLES.glob(f"{unit}-*/*{period}*.xlsx")) if "đã sửa" not in p.name)
        verdict = "accepted_with_warnings" if planted.rule in ("TRN-04", "TRN-10") else "quarantined"
        files.append((path, planted.rule or "", planted.sheet or "", planted.cell or "", verdict))
    return files


@pytest.mark.parametrize(("path", "rule", "sheet", "cell", "verdict"), planted_files(), ids=[p[1] for p in planted_files()])
def test_each_bad_sample_has_the_right_finding_at_the_right_cell(
    path: Path, rule: str, sheet: str, cell: str, verdict: str
) -> None:
    code, found = check(path)
    assert found["verdict"] == verdict
    assert code == (1 if verdict == "quarantined" else 0)
    assert (rule, sheet, cell) in {(f["rule"], f["sheet"], f["cell"]) for f in found["findings"]}


def test_a_file_of_another_district_is_found_by_the_folder_it_lies_in() -> None:
    path = next(SAMPLES.glob("945-*/*sai*.xlsx"))
    code, found = check(path)
    assert code == 1
    assert [(f["rule"], f["cell"]) for f in found["findings"] if f["severity"] == "critical"] == [("FORM-06", "C2")]
    assert check(path, "--sender", "944")[0] == 0


def test_a_corrected_resubmission_is_accepted() -> None:
    assert check(next(SAMPLES.glob("943-*/*đã sửa*.xlsx")))[0] == 0


def test_every_other_sample_is_accepted() -> None:
    bad = {p[0] for p in planted_files()} | {next(SAMPLES.glob(g)) for g in ("945-*/*sai*", "944-*/*PDF*", "948-*/*Q4*lần 2*")}
    good = [p for p in sorted(SAMPLES.rglob("*.xlsx")) if p not in bad]
    assert len(good) == 58
    for path in good[::9]:
        assert check(path)[0] == 0, path


def zip_without_a_workbook(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "no workbook")


NO_WORKBOOKS = {
    "random bytes": lambda p: p.write_bytes(bytes(range(256)) * 20),
    "an empty file": lambda p: p.write_bytes(b""),
    "20 MB of zeros": lambda p: p.write_bytes(bytes(20_000_000)),
    "a zip that is no workbook": zip_without_a_workbook,
    "a truncated workbook": lambda p: p.write_bytes(build_seed()[:4000]),
    "a PDF called xlsx": lambda p: p.write_bytes(b"%PDF-1.4\n%%EOF"),
}


@pytest.mark.parametrize("name", NO_WORKBOOKS)
def test_what_is_no_workbook_is_one_sentence_and_exit_2(name: str, tmp_path: Path) -> None:
    path = tmp_path / "report.xlsx"
    NO_WORKBOOKS[name](path)
    code, found = check(path)
    assert code == 2
    assert (found["verdict"], found["form"], found["unit"], found["period"]) == ("unreadable", None, None, None)
    assert len(found["findings"]) == 1
    shown = mtqg("check", path)
    assert "Traceback" not in shown.output
    assert "KHÔNG ĐỌC ĐƯỢC" in shown.stdout


def test_a_file_over_the_limit_is_not_even_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTQG_MAX_DELIVERY_BYTES", "1000")
    code, found = check(SEED_FILE)
    assert (code, found["findings"][0]["rule"]) == (2, "FILE-05")


def test_check_touches_nothing(tmp_path: Path) -> None:
    before = {p: p.stat().st_mtime_ns for p in SAMPLES.rglob("*")}
    check(SEED_FILE)
    assert {p: p.stat().st_mtime_ns for p in SAMPLES.rglob("*")} == before
    assert not (tmp_path / "var").exists()


def test_a_blank_template_names_what_is_missing_and_a_filled_one_passes(tmp_path: Path) -> None:
    import openpyxl

    path = tmp_path / "blank.xlsx"
    assert mtqg("template", "training", "--unit", "943", "--period", "2024-Q4", "-o", path).exit_code == 0
    code, found = check(path)
    assert (code, found["unit"], found["period"]) == (1, "943", "2024-Q4")
    assert {f["cell"] for f in found["findings"] if f["severity"] == "critical"} == {"B12", "C12"}
    book = openpyxl.load_workbook(path)
    for cell, value in {"B10": 2, "C10": 90, "D10": 40, "F10": 10, "G10": 80, "B12": 2, "C12": 90}.items():
        book["Tổng hợp"][cell] = value
    book.save(path)
    code, found = check(path)
    assert (code, found["verdict"]) == (0, "accepted"), found


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["template", "training", "--unit", "999", "--period", "2024-Q4", "-o", "x.xlsx"], "942 Huyện Châu Thành"),
        (["template", "training", "--unit", "942", "--period", "2024-Q5", "-o", "x.xlsx"], "2024-Q4"),
        (["template", "training", "--unit", "942", "--period", "2024-12", "-o", "x.xlsx"], "quarter"),
        (["template", "nothing", "--unit", "942", "--period", "2024-Q4", "-o", "x.xlsx"], "training"),
        (["status"], "mtqg run"),
        (["trace", "--unit", "94", "--indicator", "TRN-PARTICIPANTS", "--period", "2024"], "mtqg run"),
        (["trace", "--unit", "94", "--indicator", "NONE", "--period", "2024"], "TRN-PARTICIPANTS"),
        (["trace", "--unit", "94", "--indicator", "T19", "--period", "2024"], "no form"),
    ],
)
def test_a_wrong_argument_is_answered_with_what_there_is(arguments: list[str], words: str) -> None:
    result = mtqg(*arguments)
    assert isinstance(result.exception, MtqgError)
    assert words in str(result.exception)


def test_the_samples_are_what_their_scripts_write() -> None:
    import openpyxl

    def cells(content: Path | bytes) -> list[tuple[object, ...]]:
        import io

        book = openpyxl.load_workbook(io.BytesIO(content) if isinstance(content, bytes) else content)
        return [row for sheet in book for row in sheet.iter_rows(values_only=True)]

    assert cells(SEED_FILE) == cells(build_seed())
    written = dict(build())
    assert {str(p.relative_to(SAMPLES)) for p in SAMPLES.rglob("*.xlsx")} == {*written, str(SEED_FILE.relative_to(SAMPLES))}
    for path, content in list(written.items())[::7]:
        if content.startswith(b"PK"):
            assert cells(SAMPLES / path) == cells(content), path


def test_every_synthetic_file_says_so_in_its_name(pack: Pack) -> None:
    assert all("SYNTHETIC" in path for path, _ in build())
    assert "giả lập" in pack.program.notice


def test_the_readme_names_every_command() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert all(f"mtqg {command}" in readme for command in COMMANDS)
