"""What commands and a run with nothing new import: a library that is not needed is not waited for. Nothing here is timed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_group

from mtqg.cli import app
from mtqg.commands import COMMANDS, load
from program.settings import ROOT

_COMMAND = """
import sys
from mtqg.cli import main
sys.argv[0] = "mtqg"
try:
    main()
except SystemExit:
    pass
"""
_EMPTY_NIGHT = """
from flows.night.run_context import open_run
from flows.night import collecting
import flows.nightly
from flows.night import steps
from flows.mail.digest import send_digest
from program.settings import load_settings

run = open_run(load_settings(), None)
for source in run.sources(None):
    collecting.collect(run, source)
collecting.unpack(run)
steps.reopen(run)
assert not list(run.pending())
steps.compare(run)
steps.publish(run)
steps.export(run)
steps.remind(run)
steps.alert(run)
send_digest(run, "")
assert run.finish()["errors"] == []
"""
_TELL = """
import sys
print("modules:", *{name.split(".")[0] for name in sys.modules}, file=sys.stderr)
"""
_FRAMES = {"pandas", "great_expectations"}
_ALWAYS_LATER = {*_FRAMES, "openpyxl", "alembic", "psycopg", "prefect", "numpy", "lxml", "jinja2"}


def _imported(code: str, var: Path, *arguments: str) -> set[str]:
    """Return the packages that a process of its own has imported at its end."""
    inbox = var / "inbox"
    inbox.mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ,
        "MTQG_VAR": str(var),
        "MTQG_INBOX_URL": str(inbox),
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [sys.executable, "-c", code + _TELL, *arguments],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
    )
    return set(done.stderr.rpartition("modules:")[2].split())


@pytest.fixture(scope="module")
def var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where a run with nothing to do has been."""
    folder = tmp_path_factory.mktemp("var")
    _imported(_EMPTY_NIGHT, folder)
    return folder


def test_help_imports_no_command_and_no_library_of_theirs(tmp_path: Path) -> None:
    imported = _imported(_COMMAND, tmp_path, "--help")
    assert "typer" in imported
    assert not imported & {
        *_ALWAYS_LATER,
        "sqlalchemy",
        "pydantic",
        "yaml",
        "warehouse",
        "flows",
        "expectations",
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [("status",), ("trace", "--unit", "94", "--indicator", "TRN-PARTICIPANTS", "--period", "2024")],
    ids=["status", "trace"],
)
def test_a_question_to_the_warehouse_imports_what_asks_it(
    var: Path, arguments: tuple[str, ...]
) -> None:
    imported = _imported(_COMMAND, var, *arguments)
    assert "sqlalchemy" in imported
    assert not imported & _ALWAYS_LATER


@pytest.mark.slow
def test_a_run_with_nothing_new_imports_nothing_that_checks(var: Path) -> None:
    imported = _imported(_EMPTY_NIGHT, var)
    assert "prefect" in imported
    assert not imported & {*_FRAMES, "psycopg", "duckdb"}


def test_the_list_says_of_each_command_what_its_own_help_begins_with() -> None:
    said = {name: (load(name).help or "").split("\n\n")[0].replace("\n", " ") for name in COMMANDS}
    assert said == {name: place.summary for name, place in COMMANDS.items()}


def test_a_misspelt_command_is_answered_with_the_one_that_was_meant() -> None:
    group = get_group(app)
    with (
        group.make_context("mtqg", ["statsu"]) as context,
        pytest.raises(Exception, match="Did you mean 'status'"),
    ):
        group.resolve_command(context, ["statsu"])
