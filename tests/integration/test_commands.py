"""The commands' contract: names, help, templates that pass the check, and wrong arguments answered with what there is."""

import json
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from examples import published_reports
from examples.seed_report import PLAN_FILE, SEED_FILE, build_plan, build_seed
from examples.synthetic import build
from mtqg.cli import app, main
from mtqg.commands import COMMANDS as PLACES
from mtqg.commands import load
from program.errors import MtqgError, UsageError
from program.pack.pack import Pack
from program.settings import ROOT
from tests.conftest import SAMPLES


def _names() -> Iterator[str]:
    """Yield what a person types for each command, sub-commands included."""
    for name in PLACES:
        below = getattr(load(name), "commands", {})
        yield from (f"{name} {other}" for other in below) if below else [name]


COMMANDS = tuple(sorted(_names()))


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
    result = mtqg(*command.split(), "--help")
    assert result.exit_code == 0
    assert len(result.stdout) > 300


def test_a_blank_template_is_no_report_and_a_filled_one_passes(tmp_path: Path) -> None:
    import openpyxl

    path = tmp_path / "blank.xlsx"
    assert (
        mtqg("template", "training", "--unit", "943", "--period", "2024-Q4", "-o", path).exit_code
        == 0
    )
    code, found = check(path)
    assert (code, found["unit"], found["period"]) == (1, "943", "2024-Q4")
    assert [(f["rule"], f["sheet"]) for f in found["findings"] if f["severity"] == "critical"] == [
        ("FORM-30", "Tổng hợp")
    ]
    book = openpyxl.load_workbook(path)
    for cell, value in {"B10": 2, "C10": 90, "D10": 40, "F10": 10, "G10": 80}.items():
        book["Tổng hợp"][cell] = value
    book.save(path)
    code, found = check(path)
    assert (code, found["verdict"]) == (0, "accepted"), found


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["template", "training", "--unit", "999", "--period", "2024-Q4", "-o", "x.xlsx"],
            "942 Huyện Châu Thành",
        ),
        (
            ["template", "training", "--unit", "942", "--period", "2024-Q5", "-o", "x.xlsx"],
            "2024-Q4",
        ),
        (
            ["template", "training", "--unit", "942", "--period", "2024-12", "-o", "x.xlsx"],
            "quarter",
        ),
        (
            ["template", "nothing", "--unit", "942", "--period", "2024-Q4", "-o", "x.xlsx"],
            "training",
        ),
        (["status"], "mtqg run"),
        (
            ["trace", "--unit", "94", "--indicator", "TRN-PARTICIPANTS", "--period", "2024"],
            "mtqg run",
        ),
        (["trace", "--unit", "94", "--indicator", "NONE", "--period", "2024"], "TRN-PARTICIPANTS"),
        (["trace", "--unit", "94", "--indicator", "T02", "--period", "2024"], "no form"),
    ],
)
def test_a_wrong_argument_is_answered_with_what_there_is(arguments: list[str], words: str) -> None:
    result = mtqg(*arguments)
    assert isinstance(result.exception, MtqgError)
    assert words in str(result.exception)


@pytest.fixture(scope="module")
def written() -> dict[str, bytes]:
    """What the script of the samples writes now, by path."""
    return dict(build())


def test_the_samples_are_what_their_scripts_write(written: dict[str, bytes]) -> None:
    import openpyxl

    def cells(content: Path | bytes) -> list[tuple[object, ...]]:
        import io

        book = openpyxl.load_workbook(
            io.BytesIO(content) if isinstance(content, bytes) else content
        )
        return [row for sheet in book for row in sheet.iter_rows(values_only=True)]

    anew = "the form or the script changed since: run `make samples`"
    published = {
        str(SEED_FILE.relative_to(SAMPLES)): build_seed(),
        str(PLAN_FILE.relative_to(SAMPLES)): build_plan(),
        **dict(published_reports.build()),
    }
    for path, content in published.items():
        assert cells(SAMPLES / path) == cells(content), f"{path}: {anew}"
    there = {str(p.relative_to(SAMPLES)) for p in SAMPLES.rglob("*") if p.is_file()}
    assert there == {*written, *published}, anew
    for path, content in list(written.items())[::7]:
        if path.endswith(".xlsx") and content.startswith(b"PK"):
            assert cells(SAMPLES / path) == cells(content), f"{path}: {anew}"


def test_every_synthetic_file_says_so_in_its_name(pack: Pack, written: dict[str, bytes]) -> None:
    assert all("SYNTHETIC" in path for path in written)
    assert "giả lập" in pack.program.notice


def test_the_readme_names_every_command() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    unnamed = [command for command in COMMANDS if f"mtqg {command}" not in readme]
    assert unnamed == []


def test_the_command_says_its_version() -> None:
    assert mtqg("--version").stdout.strip() == version("mtqg-monitor")


def test_a_day_that_is_written_otherwise_is_answered_with_how_to_write_it() -> None:
    result = mtqg("status", "--as-of", "31/01/2025")
    assert result.exit_code == 2
    assert "2025-01-31 for 31/01/2025" in result.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run"], "MTQG_VAR: cannot make the folder /proc/nope: No such file"),
        (
            ["template", "training", "--unit=943", "--period=2024-Q4", "-o", "/proc/nope/x.xlsx"],
            "/proc/nope",
        ),
    ],
)
def test_a_folder_that_the_system_refuses_is_a_sentence(
    arguments: list[str],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("MTQG_VAR", "/proc/nope")
    monkeypatch.setattr("sys.argv", ["mtqg", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 1
    assert words in " ".join(capsys.readouterr().err.split())


def test_an_error_keeps_the_brackets_of_its_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise UsageError("pip install 'mtqg-monitor[draft]', or look at [/báo cáo].xlsx")

    monkeypatch.setattr("mtqg.cli.app", fail)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    sentence = capsys.readouterr().err
    assert sentence == "error pip install 'mtqg-monitor[draft]', or look at [/báo cáo].xlsx\n"
