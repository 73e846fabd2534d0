"""A finding is waived after its report was refused: the next run takes the report in, and the pack says when that is stale."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from typer.testing import CliRunner, Result

from flows.night.run_context import RunContext
from mtqg.cli import app
from program.calendar.period import Period
from program.pack.load import load_pack
from program.settings import ROOT, Settings
from publish.template.values import Values
from publish.template.workbook import write_template
from tests.integration.test_comparing import night, notices
from tests.unit.test_partial_and_waived import ENTRY, OVERSPENT
from tests.unit.test_works_rules import BRIDGE
from warehouse.tables import FindingRow, SubmissionRow

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("reads_here")]


@pytest.fixture
def own(settings: Settings, tmp_path: Path) -> Settings:
    """Settings with a copy of the sample pack that a test may change."""
    folder = shutil.copytree(ROOT / "config" / "soc-trang", tmp_path / "pack")
    (Path(folder) / "corrections").mkdir()
    return Settings(
        _env_file=None, var=settings.var, inbox_url=settings.inbox_url, pack=Path(folder)
    )


def put(settings: Settings, works: list[dict], name: str = "works.xlsx") -> None:
    pack, when = load_pack(settings.pack), Period.parse("2024-Q4")
    form, unit = pack.form("works", when), pack.units.get("942", when.end)
    assert form is not None
    assert unit is not None
    lines = [{**work, "work_commune": "Xã Phú Tân"} for work in works]
    path = Path(settings.inbox_url) / "942" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(write_template(form, unit, when, Values(lists={"work_list": lines})))


def overrule(settings: Settings, cell: str, value: str = "1.200,6") -> None:
    text = ENTRY.format(rule="WRK-13", form="works", cell=cell, value=value, until="null")
    (settings.pack / "corrections" / "2025-01.yaml").write_text(text, encoding="utf-8")


def verdicts(night: RunContext) -> list[tuple[str, int, bool]]:
    with Session(night.warehouse) as session:
        rows = session.scalars(select(SubmissionRow).order_by(SubmissionRow.id))
        return [
            (row.verdict, row.attempt, row.known_from is not None and row.known_to is None)
            for row in rows
        ]


def cell_of(night: RunContext) -> str:
    with Session(night.warehouse) as session:
        return (
            session.scalars(select(FindingRow.cell).where(FindingRow.rule == "WRK-13")).first()
            or ""
        )


def pack_check(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Result:
    monkeypatch.setenv("MTQG_PACK", str(settings.pack))
    monkeypatch.setenv("MTQG_VAR", str(settings.var))
    return CliRunner().invoke(app, ["pack", "check", "--json"], terminal_width=400)


def test_a_waived_report_comes_in_by_the_next_run_and_its_sender_reads_of_it_once(
    own: Settings,
) -> None:
    put(own, [OVERSPENT, BRIDGE])
    first = night(own)
    assert (verdicts(first), first.summary.mails_written) == ([("quarantined", 1, False)], 1)
    overrule(own, cell_of(first))
    second = night(own)
    assert verdicts(second) == [("quarantined", 1, False), ("accepted", 2, True)]
    kinds = [kind for kind, _ in notices(second)]
    assert (second.summary.mails_written, kinds) == (1, ["checked", "waived"])
    third = night(own)
    assert (verdicts(third), third.summary.mails_written) == (verdicts(second), 0)


@pytest.mark.no_warehouse
def test_a_correction_that_matches_nothing_or_whose_value_changed_fails_the_pack_check(
    own: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    overrule(own, "L9")
    assert pack_check(own, monkeypatch).exit_code == 0  # no warehouse yet to hold it against
    put(own, [BRIDGE])
    night(own)
    assert (
        "the last version of the report has no such finding; remove it"
        in pack_check(own, monkeypatch).output
    )
    put(own, [OVERSPENT, BRIDGE], name="works lần 2.xlsx")
    cell = cell_of(night(own))
    overrule(own, cell, "1.300")
    changed = pack_check(own, monkeypatch)
    assert changed.exit_code == 1
    assert "corrections/2025-01.yaml:2" in changed.output
    assert "expected '1.300', found '1.200,6': the file has changed" in changed.output
    overrule(own, cell)
    assert pack_check(own, monkeypatch).exit_code == 0
