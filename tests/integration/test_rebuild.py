"""The warehouse is lost and made again from the archive alone: every row as it was, and the next run goes on from there."""

import json
import os
import shutil
import time
import unicodedata
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from connectors.archive import Archive, name_of
from flows.night import collecting, steps
from flows.night.run_context import RunContext, open_run
from flows.recovery.rebuild import Rebuilding
from flows.recovery.replay_log import ARRIVALS, RUNS, export_runs
from mtqg.cli import app
from program.calendar.period import Period
from program.errors import ArchiveError, WarehouseError
from program.pack.load import load_pack
from program.records.audit import Signature
from program.settings import ROOT, Settings
from publish.template.values import Values
from publish.template.workbook import write_template
from tests.conftest import Fill
from tests.integration.test_comparing import PLACE
from tests.integration.test_gathered_deliveries import packed, two_quarters
from tests.postgres import Postgres, connections_closed
from tests.unit.test_partial_and_waived import ENTRY, OVERSPENT
from tests.unit.test_works_rules import BRIDGE, ROAD
from warehouse.database.backends import file_of
from warehouse.database.engine import open_warehouse, prepare_warehouse
from warehouse.ledger import start_run
from warehouse.lifecycle.reprocess import requeue
from warehouse.lifecycle.withdraw import withdraw
from warehouse.maintenance.diff import differences
from warehouse.maintenance.swap import staging_url, swap_in

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("reads_here")]

NOON = datetime(2025, 1, 20, 5, tzinfo=UTC)


def begin(folder: Path, url: str = "") -> Settings:
    """Settings below a folder, with a copy of the sample pack that a test may change."""
    pack = shutil.copytree(ROOT / "config" / "soc-trang", folder / "pack")
    (pack / "corrections").mkdir()
    (folder / "inbox").mkdir()
    return settings_of(folder, url)


def settings_of(folder: Path, url: str = "") -> Settings:
    var, inbox = folder / "var", str(folder / "inbox")
    return Settings(
        _env_file=None, var=var, inbox_url=inbox, warehouse_url=url, pack=folder / "pack", readers=1
    )


def put(settings: Settings, unit: str, name: str, content: bytes) -> None:
    path = Path(settings.inbox_url) / unit / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    # A file that shows no end of its own is taken when it has not changed for a while.
    an_hour_ago = time.time() - 3600
    os.utime(path, (an_hour_ago, an_hour_ago))


def works(settings: Settings, unit: str, *of: dict) -> bytes:
    pack, when = load_pack(settings.pack), Period.parse("2024-Q4")
    form, reporter = pack.form("works", when), pack.units.get(unit, when.end)
    assert form is not None
    assert reporter is not None
    lines = [{**work, "work_commune": PLACE[unit]} for work in of]
    return write_template(form, reporter, when, Values(lists={"work_list": lines}))


def night(settings: Settings, *, killed_before: str = "") -> RunContext:
    """Do the steps of a run; with `killed_before` it ends there, without a word."""
    night = open_run(settings, None)
    for source in night.sources(None):
        collecting.collect(night, source)
    if killed_before == "unpack":
        night.readers.close()
        return night
    collecting.unpack(night)
    steps.reopen(night)
    for chunk in night.pending():
        steps.load(night, steps.check(night, steps.read(night, chunk)))
    if killed_before == "compare":
        night.readers.close()
        return night
    steps.compare(night)
    steps.alert(night)
    night.finish()
    return night


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory, fill: Fill) -> Path:
    """A folder in which a warehouse has lived."""
    folder = tmp_path_factory.mktemp("life")
    live(begin(folder), fill)
    return folder


@pytest.fixture
def lived(life: Path, tmp_path: Path) -> Settings:
    """A warehouse that has lived, for one test to spoil."""
    return settings_of(Path(shutil.copytree(life, tmp_path / "life")))


def live(own: Settings, fill: Fill) -> None:
    """Six runs that have it all, two of them killed, and something put back after the last."""
    put(own, "942", "works.xlsx", works(own, "942", OVERSPENT, BRIDGE))
    put(
        own,
        "944",
        "gói.zip",
        packed({"q3.xlsx": fill("944", "2024-Q3"), "q4.xlsx": fill("944", "2024-Q4")}),
    )
    put(own, "947", "hai quý.xlsx", two_quarters())
    put(own, "945", "hỏng.xlsx", b"no workbook")
    first = night(own)
    with first.warehouse.connect() as connection:
        cell = connection.scalar(text("SELECT cell FROM findings WHERE rule = 'WRK-13'"))
    entry = ENTRY.format(rule="WRK-13", form="works", cell=cell, value="1.200,6", until="null")
    (own.pack / "corrections" / "2025-01.yaml").write_text(entry, encoding="utf-8")
    put(own, "946", "works.xlsx", works(own, "946", ROAD))
    put(own, "944", "sửa.xlsx", fill("944", "2024-Q4", classes=[]))
    put(own, "946", "again.xlsx", works(own, "946", ROAD))
    night(own, killed_before="compare")
    requeue(first.warehouse, [number_of(own, "hai quý.xlsx")])
    put(
        own,
        "946",
        "works lần 2.xlsx",
        works(own, "946", {**ROAD, "work_code": BRIDGE["work_code"]}),
    )
    night(own)
    night(own)
    withdraw(
        first.warehouse,
        number_of(own, "works lần 2.xlsx"),
        Signature("", datetime.now(UTC), "gửi nhầm"),
    )
    put(own, "942", "gói.zip", packed({"q3.xlsx": fill("942", "2024-Q3")}))
    night(own, killed_before="unpack")
    night(own)
    requeue(first.warehouse, [number_of(own, "hai quý.xlsx")])
    export_runs(first.warehouse, first.archive, first.pack)
    first.warehouse.dispose()


def number_of(settings: Settings, name: str) -> int:
    engine = open_warehouse(settings.warehouse_url)
    with engine.connect() as connection:
        query = text("SELECT id FROM deliveries WHERE name = :name ORDER BY id LIMIT 1")
        number = connection.scalar(query, {"name": unicodedata.normalize("NFC", name)})
    engine.dispose()
    assert number is not None
    return int(number)


def rebuilt(settings: Settings) -> str:
    """Make it again beside the old one and return where."""
    beside = staging_url(settings.warehouse_url)
    assert Rebuilding(settings, beside).run(lambda _: None).failed == []
    return beside


def compared(before: str, after: str) -> tuple[dict[str, int], list[str]]:
    engines = open_warehouse(before), open_warehouse(after)
    found = differences(*engines, 5)
    for engine in engines:
        engine.dispose()
    return dict(found.compared), list(map(str, found.examples))


def test_every_row_is_as_it_was_and_the_new_one_takes_the_place_of_the_old(lived: Settings) -> None:
    url = lived.warehouse_url
    beside = rebuilt(lived)
    counts, unlike = compared(url, beside)
    assert unlike == []
    assert (
        counts["runs"],
        counts["submissions"] > 10,
        counts["findings"] > 10,
        counts["facts"] > 50,
    ) == (6, True, True, True)
    assert swap_in(url, beside, NOON) is not None
    goes_on(lived)


def test_an_archive_of_sqlite_becomes_a_warehouse_on_postgresql(
    lived: Settings, tmp_path: Path, postgres: Postgres
) -> None:
    with postgres.new_database() as url, connections_closed():
        moved = settings_of(tmp_path / "life", url)
        prepare_warehouse(url)
        beside = rebuilt(moved)
        assert compared(lived.warehouse_url, beside)[1] == []
        assert swap_in(url, beside, NOON) == "schema before_rebuild_20250120_050000"
        assert compared(lived.warehouse_url, url)[1] == []
        goes_on(moved)


def goes_on(settings: Settings) -> None:
    """The next run: what waited to be checked again is checked, both its parts, and nothing is collected or mailed again."""
    after = night(settings)
    assert (after.summary.errors, after.summary.received, after.summary.mails_written) == ([], 0, 0)
    assert sum(after.summary.verdicts.values()) == 2
    after.warehouse.dispose()


def test_what_differs_is_named_by_table_and_key_and_the_old_one_stays(
    lived: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = Archive(lived.archive_url)
    (Path(lived.archive_url) / name_of(archive.put(b"no workbook"))).unlink()
    engine = prepare_warehouse(lived.warehouse_url)
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE facts SET value = 999 WHERE submission_id = 2 AND element = 'participants_total'"
            )
        )
        connection.execute(text("DELETE FROM findings WHERE rule = 'WRK-13'"))
    engine.dispose()
    for name, value in (
        ("VAR", lived.var),
        ("PACK", lived.pack),
        ("WAREHOUSE_URL", lived.warehouse_url),
        ("READERS", "1"),
    ):
        monkeypatch.setenv(f"MTQG_{name}", str(value))
    said = CliRunner().invoke(app, ["rebuild"], terminal_width=200)
    assert isinstance(said.exception, WarehouseError)
    assert "--replace takes the new one" in str(said.exception)
    for line in (
        "facts 2, participants_total, 0: value was 999.0, is ",
        "findings 1, ",
        ": is new",
        "submissions 6: is missing",
    ):
        assert line in said.output
    assert "not made again delivery 4 (hỏng.xlsx): archive: " in unicodedata.normalize(
        "NFC", said.output
    )
    replaced = CliRunner().invoke(app, ["rebuild", "--replace"], terminal_width=200)
    assert replaced.exit_code == 0, replaced.output
    assert "in place; the one before is kept: " in replaced.output


def test_a_lost_warehouse_is_not_begun_again_but_made_from_the_archive_and_what_came_in_its_last_run_too(
    lived: Settings, fill: Fill
) -> None:
    put(lived, "943", "mới.xlsx", fill("943", "2024-Q4"))
    died = night(lived, killed_before="unpack")
    died.warehouse.dispose()
    assert len(list(died.archive.names(ARRIVALS))) == 1
    file = file_of(died.warehouse.url)
    assert file is not None
    file.unlink()
    shutil.rmtree(lived.inbox_url)
    Path(lived.inbox_url).mkdir()
    with pytest.raises(
        WarehouseError,
        match=r"the archive knows 6 runs that this warehouse does not; `mtqg rebuild`",
    ):
        open_run(lived, None)
    file.unlink()
    beside = staging_url(lived.warehouse_url)
    assert Rebuilding(lived, beside).run(lambda _: None).arrived == 1
    assert swap_in(lived.warehouse_url, beside, NOON) is None
    after = night(lived)
    # It, and the two parts of what had been put back.
    assert sum(after.summary.verdicts.values()) == 3
    assert list(after.archive.names(ARRIVALS)) == []


_SINCE_0_3 = ("mails", "holds", "explanations", "explained_reports", "decisions")
"""What the documents of older releases lack, beside the kind of the run."""


def test_documents_of_an_older_release_make_the_same_warehouse(lived: Settings) -> None:
    archive = Archive(lived.archive_url)
    for name in list(archive.names(RUNS)):
        document = json.loads(archive.read(name) or b"")
        for key in _SINCE_0_3:
            assert document.pop(key) == []
        assert document["run"].pop("kind") == "nightly"
        archive.write(name, json.dumps(document).encode())
    beside = rebuilt(lived)
    assert compared(lived.warehouse_url, beside)[1] == []


def test_an_archive_without_a_run_is_a_sentence(settings: Settings) -> None:
    with pytest.raises(ArchiveError, match="no run is in it"):
        Rebuilding(settings, staging_url(settings.warehouse_url)).run(lambda _: None)


def test_a_run_whose_document_cannot_be_kept_is_reported_and_the_next_one_keeps_both(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise ArchiveError("archive: cannot keep it: no space left")

    with monkeypatch.context() as patch:
        patch.setattr(Archive, "write", full)
        assert night(settings).summary.errors == ["ledger: archive: cannot keep it: no space left"]
    assert len(list(night(settings).archive.names(RUNS))) == 2


def test_a_note_of_an_arrival_that_outlived_its_run_goes_with_the_next(
    settings: Settings, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    def died(*_: object) -> None:
        raise ArchiveError("killed")

    put(settings, "942", "a.xlsx", fill("942", "2024-Q4"))
    with monkeypatch.context() as patch:
        patch.setattr(Archive, "remove", died)
        assert len(list(night(settings, killed_before="compare").archive.names(ARRIVALS))) == 1
        assert night(settings).summary.errors == ["ledger: killed"]
    assert list(night(settings).archive.names(ARRIVALS)) == []


def test_a_warehouse_that_somebody_reads_is_not_replaced(settings: Settings) -> None:
    engine = prepare_warehouse(settings.warehouse_url)
    start_run(engine, NOON.date(), "r", NOON)
    beside = staging_url(settings.warehouse_url)
    prepare_warehouse(beside).dispose()
    with engine.connect() as connection:
        connection.execute(text("SELECT * FROM runs"))
        with pytest.raises(WarehouseError, match="somebody reads .*nothing was changed"):
            swap_in(settings.warehouse_url, beside, NOON)
    engine.dispose()
