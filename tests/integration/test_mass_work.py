"""A rebuild and a comparison of rules by Dask workers give what one machine gives, byte for byte."""

import json
import logging
import os
import pickle
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import dask
import pytest
from distributed import LocalCluster
from pydantic import SecretStr
from typer.testing import CliRunner

import flows.dask_fan_out
from flows.archived_reading import ArchivedReading
from flows.dask_fan_out import DaskFanOut
from flows.fan_out import open_fan_out
from flows.recovery.rebuild import Rebuilding
from flows.recovery.replay_log import export_runs
from mtqg.cli import app
from program.errors import ArchiveError, ConfigurationError
from program.pack.pack import Pack
from program.settings import ROOT, Settings
from tests.integration.test_rebuild import compared, night
from warehouse.maintenance.swap import staging_url

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    """Two worker processes on loopback. A task whose worker dies twice is given up."""
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 1}),
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
        ) as cluster,
    ):
        yield cluster


@pytest.fixture(autouse=True)
def _many_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make several tasks of the sample, so that a worker can be lost between two of them."""
    monkeypatch.setattr(DaskFanOut, "most_deliveries", 30)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The sample's files after one run of them all."""
    folder = tmp_path_factory.mktemp("sample")
    settings = Settings(
        _env_file=None, var=folder / "var", inbox_url=str(_inbox(folder)), chunk_deliveries=60
    )
    done = night(settings)
    assert done.summary.errors == []
    export_runs(done.warehouse, done.archive, done.pack)
    done.warehouse.dispose()
    return settings


def _inbox(folder: Path) -> Path:
    inbox = shutil.copytree(ROOT / "examples" / "inbox", folder / "inbox")
    for path in inbox.rglob("*"):
        an_hour_old = path.stat().st_mtime - 3600
        os.utime(path, (an_hour_old, an_hour_old))
    return inbox


def _at(cluster: LocalCluster, settings: Settings) -> Settings:
    return settings.model_copy(update={"dask_address": cluster.scheduler_address})


def _rebuilt(settings: Settings, advance: Callable[[int], None] = lambda _: None) -> None:
    """Rebuild beside the warehouse, and compare every row."""
    beside = staging_url(settings.warehouse_url)
    rebuilding = Rebuilding(settings, beside)
    assert rebuilding.run(advance).failed == []
    counts, unlike = compared(settings.warehouse_url, beside)
    assert unlike == []
    assert counts["submissions"] > 160


def test_a_warehouse_rebuilt_by_workers_has_the_same_rows(
    sample: Settings, cluster: LocalCluster, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        _rebuilt(_at(cluster, sample))
    # Nothing was done here in place of a worker.
    assert "done=here" not in caplog.text


def test_a_worker_that_is_killed_in_between_changes_no_row(
    sample: Settings, cluster: LocalCluster
) -> None:
    killed: list[int] = []

    def advance(_count: int) -> None:
        if not killed:
            killed.append(_pid_of_a_worker(cluster))
            os.kill(killed[0], signal.SIGKILL)

    _rebuilt(_at(cluster, sample), advance)
    assert len(killed) == 1


def _pid_of_a_worker(cluster: LocalCluster) -> int:
    with cluster.get_client() as client:
        return int(min(client.run(os.getpid).values()))


def test_a_comparison_of_rules_by_workers_prints_the_same(
    sample: Settings, cluster: LocalCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MTQG_VAR", str(sample.var))
    monkeypatch.setenv("MTQG_CHUNK_DELIVERIES", "60")
    command = ["rules", "diff", "--old", str(_earlier_suites(tmp_path)), "--json"]
    here = CliRunner().invoke(app, command)
    monkeypatch.setenv("MTQG_DASK_ADDRESS", cluster.scheduler_address)
    by_workers = CliRunner().invoke(app, command)
    assert (here.exit_code, by_workers.exit_code) == (0, 0), by_workers.output
    assert by_workers.stdout == here.stdout
    found = json.loads(here.stdout)
    assert found["deliveries"]["compared"] > 160
    assert found["findings"] != {}


def _earlier_suites(folder: Path) -> Path:
    """Today's suites, where the rule that most reports of the sample break is no warning yet."""
    suites = shutil.copytree(ROOT / "expectations" / "suites", folder / "suites")
    for path in suites.glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("severity: warning", "severity: info"), encoding="utf-8")
    return suites


class Deadly:
    """A work that kills each process but the one it was made in."""

    def __init__(self, home: int) -> None:
        self._home = home

    def __call__(self, chunk: int) -> int:
        if os.getpid() != self._home:
            os.kill(os.getpid(), signal.SIGKILL)
        return 2 * chunk

    def close(self) -> None:
        """Hold nothing."""


def test_a_task_that_kills_every_worker_is_done_here_and_the_log_says_so(
    cluster: LocalCluster, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING), DaskFanOut(cluster.scheduler_address) as fan_out:
        assert list(fan_out.map(Deadly(os.getpid()), [21])) == [42]
    assert "done=here" in caplog.text


def test_a_worker_that_does_not_see_the_archive_stops_the_command(
    sample: Settings, cluster: LocalCluster, pack: Pack
) -> None:
    # An earlier test may have killed them; Dask starts them again.
    with cluster.get_client() as client:
        client.wait_for_workers(2)
    elsewhere = sample.model_copy(update={"archive_url": str(sample.var / "not-mounted")})
    reading = ArchivedReading(elsewhere, pack)
    with (
        DaskFanOut(cluster.scheduler_address) as fan_out,
        pytest.raises(ArchiveError, match="must lead each worker to the same archive"),
    ):
        list(fan_out.map(reading, [[]]))


def test_no_password_leaves_this_machine(sample: Settings, pack: Pack) -> None:
    secret = SecretStr("mật khẩu")
    known = {
        "portal_token": secret,
        "secrets": {"MTQG_SECRET_SFTP": secret},
        "warehouse_url": "postgresql://mtqg:mật khẩu@host/mtqg",
    }
    sent = pickle.dumps(ArchivedReading(sample.model_copy(update=known), pack))
    assert "mật khẩu".encode() not in sent


def test_without_an_address_nothing_of_dask_is_imported() -> None:
    code = (
        "import sys; from program.settings import Settings; from flows.fan_out import open_fan_out;"
        "import flows.recovery.rebuild, mtqg.rules.diff.replay, mtqg.maintenance.rebuild;"
        "open_fan_out(Settings(_env_file=None)).__enter__();"
        "print(*({'dask', 'distributed'} & set(sys.modules)))"
    )
    environment = {name: os.environ[name] for name in os.environ if name != "MTQG_DASK_ADDRESS"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == []


def test_a_missing_dask_is_one_sentence_that_names_the_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "flows.dask_fan_out")
    monkeypatch.setitem(sys.modules, "distributed", None)
    settings = Settings(_env_file=None, dask_address="tcp://127.0.0.1:1")
    with pytest.raises(ConfigurationError, match=r'pip install "mtqg-monitor\[dask\]"'):
        open_fan_out(settings)


def test_an_address_without_a_scheduler_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flows.dask_fan_out, "_CONNECT_SECONDS", 1)
    with pytest.raises(ConfigurationError, match="no scheduler answers at tcp://127"):
        DaskFanOut("tcp://127.0.0.1:1")
