"""The nights of a province that shares nothing with Sóc Trăng but the code: communes, halves of years, forms of its own."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from examples.example_province import INBOX, PACK, build
from mtqg.cli import app
from program.settings import ROOT
from tests.prefect_server import PrefectServer

MTQG = Path(sys.executable).parent / "mtqg"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]  # the first test pays for a whole night
Run = Callable[..., subprocess.CompletedProcess[str]]
CODE = ("program", "connectors", "expectations", "warehouse", "publish", "flows", "mtqg")


@pytest.fixture(scope="module")
def mtqg(tmp_path_factory: pytest.TempPathFactory, prefect: PrefectServer) -> Run:
    """mtqg("status"): the command on the second pack, after its first night."""
    var = tmp_path_factory.mktemp("second") / "var"
    settings = {"MTQG_PACK": str(PACK), "MTQG_VAR": str(var)}

    def mtqg(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [MTQG, *arguments]
        return subprocess.run(
            command,
            env={**prefect.environment, **settings, "COLUMNS": "160"},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    def ask(*arguments: str) -> Any:
        result = CliRunner().invoke(app, [*arguments, "--json"], env=settings)
        assert result.exception is None, result.stderr
        return json.loads(result.stdout)

    mtqg.ask = ask  # type: ignore[attr-defined]
    mtqg.var = var  # type: ignore[attr-defined]
    mtqg.first = mtqg("run")  # type: ignore[attr-defined]
    return mtqg


def test_the_files_of_the_sample_are_those_that_the_templates_give_now() -> None:
    assert {name: (INBOX / name).read_bytes() for name, _ in build()} == dict(build())


def test_the_night_accepts_what_is_good_and_asks_about_what_is_not(mtqg: Run) -> None:
    assert mtqg.first.returncode == 0, mtqg.first.stderr  # type: ignore[attr-defined]
    rows = mtqg.ask("status")  # type: ignore[attr-defined]
    verdicts = {(r["form"], r["unit"], r["period"], r["stage"]): r["verdict"] for r in rows}
    assert verdicts == {
        ("land", "00101", "2024-H1", "final"): "accepted",
        ("land", "00102", "2024-H1", "final"): "accepted",
        ("land", "00103", "2024-H1", "final"): None,
        ("land", "00101", "2024-H2", "final"): None,
        ("land", "00104", "2024-H2", "final"): "quarantined",
        ("readiness", "00101", "2024", "estimate"): "accepted",
        ("readiness", "00104", "2024", "estimate"): "accepted",
        ("readiness", "00101", "2024", "final"): "accepted",
        ("readiness", "00104", "2024", "final"): None,
    }


def test_deadlines_are_this_province_s_own(mtqg: Run) -> None:
    due = {
        (r["form"], r["period"], r["stage"]): r["due"]
        for r in mtqg.ask("status")  # type: ignore[attr-defined]
    }
    # Ten working days after 30/6/2024, one of which this province has off.
    assert due["land", "2024-H1", "final"] == "2024-07-15"
    assert due["readiness", "2024", "estimate"] == "2024-10-15"


def test_its_own_rule_speaks_in_the_mail(mtqg: Run) -> None:
    mails = list((mtqg.var / "outbox").glob("*.eml"))  # type: ignore[attr-defined]
    assert len(mails) == 1
    checked = mtqg("check", str(INBOX / "00104" / "land 2024-H2.xlsx"))
    assert "LND-01" in checked.stdout
    assert checked.returncode == 1


def test_figures_of_every_kind_can_be_traced(mtqg: Run) -> None:
    def value(unit: str, indicator: str, period: str, *more: str) -> float:
        asked = ("trace", "--unit", unit, "--indicator", indicator, "--period", period, *more)
        return mtqg.ask(*asked)["value"]  # type: ignore[attr-defined]

    assert value("00101", "LAND-SHARE", "2024-H1") == pytest.approx(70)
    assert value("00101", "LAND-MONEY", "2024-H1") == pytest.approx(1610.5)
    assert value("00101", "PLAN-ISSUED", "2024") == 0, "the final figure says no"
    assert value("00101", "PLAN-ISSUED", "2024", "--stage", "estimate") == 1


def test_the_page_names_this_province_and_no_other(mtqg: Run) -> None:
    page = (mtqg.var / "site" / "index.html").read_text(encoding="utf-8")  # type: ignore[attr-defined]
    assert "tỉnh Ví Dụ" in page
    assert "Sóc Trăng" not in page


def test_a_second_night_changes_nothing(mtqg: Run) -> None:
    assert "Nothing new" in mtqg("run").stdout


def test_nothing_of_soc_trang_is_in_the_code() -> None:
    """Examples in docstrings and comments may name its units; nothing that runs does."""
    sources = [
        path
        for room in CODE
        for path in (ROOT / room).rglob("*")
        if path.suffix in (".py", ".sql", ".j2")
    ]
    assert len(sources) > 60
    named = re.compile(r"^[^#\"]*\b(94[1-9]|95[01])\b", re.MULTILINE)
    assert [
        str(path)
        for path in sources
        if named.search(_without_words(path.read_text(encoding="utf-8")))
    ] == []


def _without_words(source: str) -> str:
    """Return `source` without its docstrings, comments and long texts."""
    return re.sub(r'"""[\s\S]*?"""|#.*|--.*', "", source)
