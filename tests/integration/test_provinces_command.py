"""`mtqg provinces` without a server: what `check` finds, and a line of `status` for each province."""

import shutil
import sys
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from prefect.exceptions import ObjectNotFound
from typer.testing import CliRunner, Result

from flows.provinces import deploying
from mtqg.cli import app
from program.settings import ROOT, Settings
from warehouse.database.engine import prepare_warehouse


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two provinces; the second has the folder of its warehouse as a file."""
    monkeypatch.setitem(Settings.model_config, "env_file", None)
    monkeypatch.setenv("COLUMNS", "200")
    for name in ("PREFECT_API_URL", "PREFECT_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for code in ("94", "95"):
        shutil.copytree(ROOT / "config" / "example-province", tmp_path / "packs" / code)
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "95").write_text("no folder")
    content = {
        "common": {"settings": {"pack": "packs/{code}", "var": "var/{code}"}},
        "provinces": [{"code": "94", "name": "Sóc Trăng"}, {"code": "95", "name": "Bạc Liêu"}],
    }
    path = tmp_path / "provinces.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return path


def ask(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["provinces", *arguments])


def test_status_goes_on_after_a_province_whose_warehouse_is_away(file: Path) -> None:
    (file.parent / "var" / "94").mkdir()
    prepare_warehouse(f"sqlite:///{file.parent}/var/94/warehouse.sqlite").dispose()
    said = ask("status", str(file))
    assert said.exit_code == 0, said.output
    assert "94 Sóc Trăng: no run has begun yet" in said.stdout
    assert "95 Bạc Liêu: " in said.stdout
    assert "warehouse" in said.stdout.split("95 Bạc Liêu: ")[1]


def test_check_names_the_fault_of_one_province_alone(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mtqg.provinces.provinces._pool_faults", lambda _: {})
    assert ask("check", str(file)).exit_code == 0
    (file.parent / "packs" / "95" / "program.yaml").unlink()
    said = ask("check", str(file))
    assert said.exit_code == 1
    assert said.stdout.startswith("95: ")
    assert "is no pack: it has no program.yaml" in said.stdout


def test_check_opens_what_a_run_would_and_names_what_does_not_open(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mtqg.provinces.provinces._pool_faults", lambda _: {})
    monkeypatch.setitem(sys.modules, "s3fs", None)
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    first, second = content["provinces"]
    first["settings"] = {"archive_url": "s3://reports/94"}
    second["settings"] = {"national_url": "ftp://example.org/national"}
    file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    assert ask("check", str(file)).exit_code == 0
    said = ask("check", str(file), "--open")
    assert said.exit_code == 1
    archive, national = said.stdout.strip().splitlines()
    assert archive.startswith("94: MTQG_ARCHIVE_URL: the package s3fs is missing")
    assert national.startswith("95: MTQG_NATIONAL_URL: FTP sends passwords without encryption")


def test_check_names_two_provinces_that_send_to_the_country_as_one(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both packs are copies of one: the figures of the second would replace those of the first."""
    monkeypatch.setattr("mtqg.provinces.provinces._pool_faults", lambda _: {})
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    content["common"]["settings"]["national_url"] = str(file.parent / "national")
    file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    said = ask("check", str(file))
    assert said.exit_code == 1
    assert said.stdout.startswith("95: province in the pack's program.yaml is the same as of 94")


def test_check_names_a_pool_that_the_server_lacks_and_one_that_lost_runs_would_block(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Client:
        def read_work_pool(self, name: str) -> SimpleNamespace:
            if name == "nightly":
                raise ObjectNotFound(LookupError(name))
            return SimpleNamespace(concurrency_limit={"south": 2}.get(name))

    monkeypatch.setattr(deploying, "prefect_client", lambda: nullcontext(Client()))
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    content["provinces"][1]["pool"] = "south"
    content["provinces"].append({"code": "96", "name": "Cà Mau", "pool": "north"})
    shutil.copytree(file.parent / "packs" / "94", file.parent / "packs" / "96")
    file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    said = ask("check", str(file))
    assert said.exit_code == 1
    missing, limited = said.stdout.strip().splitlines()
    assert missing == "no work pool 'nightly': prefect work-pool create nightly --type process"
    assert "prefect work-pool clear-concurrency-limit south" in limited
    assert "--limit 2" in limited
