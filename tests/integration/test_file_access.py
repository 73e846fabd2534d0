"""Who may read what a run writes: the site is for everybody, all else for the user of the run."""

import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.night import steps
from flows.night.run_context import open_run
from mtqg.cli import app
from program.machine.file_access import private_files
from program.settings import Settings
from tests.arriving import an_hour_old
from tests.conftest import Fill
from tests.steps_by_hand import collect, load


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.no_warehouse
def test_only_the_site_can_be_read_by_others(
    settings: Settings, tmp_path: Path, fill: Fill
) -> None:
    folder = tmp_path / "inbox" / "942"
    folder.mkdir()
    (folder / "report.xlsx").write_bytes(fill("942", "2024-Q4"))
    (folder / "letter.txt").write_text("no report", encoding="utf-8")
    an_hour_old(folder / "letter.txt")
    with private_files(), open_run(settings, None) as run:
        collect(run)
        load(run)
        steps.publish(run)
        steps.alert(run)
        run.finish()
    assert mode(settings.var) == 0o711
    private = [
        path for path in settings.var.rglob("*") if settings.site not in (path, *path.parents)
    ]
    assert len(private) > 10
    assert [path for path in private if mode(path) & 0o077] == []
    shown = list(settings.site.rglob("*"))
    assert {mode(path) for path in shown if path.is_file()} == {0o644}
    assert {mode(path) for path in shown if path.is_dir()} == {0o755}


def test_what_a_command_writes_for_others_keeps_the_mode_of_its_caller(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MTQG_VAR", str(settings.var))
    template = tmp_path / "mau.xlsx"
    backup = tmp_path / "backup.zip"
    arguments = [
        "template",
        "training",
        "--unit",
        "942",
        "--period",
        "2025-Q1",
        "-o",
        str(template),
    ]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    done = CliRunner().invoke(app, ["backup", str(backup)])
    assert done.exit_code == 0, done.output
    assert mode(template) == 0o644
    assert mode(backup) == 0o600
