"""What all tests share: the sample pack, settings that write below a temporary folder, and a way to fill in a form."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import hypothesis
import pytest

# How long an example takes says how busy the machine is. What hangs meets the limit of
# pytest-timeout (pyproject.toml).
hypothesis.settings.register_profile("mtqg", deadline=None)
hypothesis.settings.load_profile("mtqg")

# As in the Makefile, for who calls pytest without it: what Python compiles is kept, here and in the
# processes that tests start.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Before anything imports prefect or great_expectations: both read their environment at import time.
for name in [n for n in os.environ if n.startswith("MTQG_")]:
    del os.environ[name]
os.environ |= {
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_LEVEL": "CRITICAL",
    # A mail server of a test has five seconds to start, else; a busy machine takes longer.
    "AIOSMTPD_CONTROLLER_TIMEOUT": "60",
}

from connectors.reader.reader_pool import Readers
from flows.night import run_context
from flows.recovery import heartbeat, rebuild
from program.calendar.period import Period, periods_between
from program.delivery import Delivery
from program.forms.form import Form
from program.pack.load import load_pack
from program.pack.pack import Pack
from program.settings import ROOT, Settings
from publish.template.values import Values
from publish.template.workbook import write_template
from tests.postgres import Postgres, connections_closed, running_postgres
from tests.prefect_server import PrefectServer, prefect_server
from tests.reading_here import read_here
from tests.shared_rules import sharing
from tests.state_guard import states_watched
from warehouse.database.engine import prepare_warehouse

SAMPLES = ROOT / "examples" / "inbox"
Fill = Callable[..., bytes]


@pytest.fixture(scope="session")
def sample_pack() -> Pack:
    """The sample pack."""
    return load_pack(ROOT / "config" / "soc-trang")


@pytest.fixture(scope="session")
def pack(sample_pack: Pack) -> Pack:
    """The sample pack; a module may put a pack of its own in its place."""
    return sample_pack


@pytest.fixture(scope="session", autouse=True)
def _rules_made_once(sample_pack: Pack) -> Iterator[None]:
    """Let runs and rebuilds on the sample pack share the pack and the rules of the tests.

    A run in a process of its own makes them again, and so does one on any other pack.
    """

    pack_in, rules_for = sharing(sample_pack)
    with pytest.MonkeyPatch.context() as monkeypatch:
        for module in (heartbeat, run_context, rebuild):
            monkeypatch.setattr(module, "load_pack", pack_in)
            monkeypatch.setattr(module, "RuleSet", rules_for)
        yield


@pytest.fixture
def own_pack(tmp_path: Path) -> Path:
    """A copy of the sample pack that a test may change; `load_pack` reads it."""
    return Path(shutil.copytree(ROOT / "config" / "soc-trang", tmp_path / "pack"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test marked `both_databases` on SQLite and on PostgreSQL."""
    marked = metafunc.definition.get_closest_marker
    if marked("both_databases") and "warehouse_url" in metafunc.fixturenames:
        databases = ["sqlite"] if marked("sqlite_only") else ["sqlite", "postgresql"]
        metafunc.parametrize("warehouse_url", databases, indirect=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that hold slow tests and end with those of units.

    A long file that begins last keeps a single process at work at the end.
    """
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (item.path not in slow, item.path.parent.name == "unit"))


def pytest_xdist_auto_num_workers() -> int:
    """Return one process more than there are cores.

    Tests with servers and workers of Prefect wait for minutes, and leave a core to others.
    """
    return (os.cpu_count() or 1) + 1


@pytest.fixture(scope="session", autouse=True)
def _states_watched() -> Iterator[None]:
    """Refuse a change of a state that no table of `warehouse.states` has, in every warehouse."""
    with states_watched():
        yield


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server, begun by the first test that asks for it."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def prefect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    """A Prefect server, begun by the first test that asks for it: an own one for each run costs as much as the run."""
    with prefect_server(tmp_path_factory.mktemp("prefect")) as server:
        yield server


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all migrations and nothing else; a copy of it is eight times as quick."""
    file = tmp_path_factory.mktemp("migrated") / "warehouse.sqlite"
    prepare_warehouse(f"sqlite:///{file}").dispose()
    return file


@pytest.fixture(scope="session")
def migrated_postgres(postgres: Postgres) -> Iterator[str]:
    """The name of a database of the same kind on the server."""
    with postgres.new_database() as url:
        prepare_warehouse(url).dispose()
        yield url.partition("@/")[2].partition("?")[0]


@pytest.fixture
def warehouse_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of an empty warehouse.

    "" stands for the SQLite file that settings choose; else it is a database of its own.
    """
    if getattr(request, "param", "sqlite") == "sqlite":
        yield ""
        return
    server: Postgres = request.getfixturevalue("postgres")
    is_empty = request.node.get_closest_marker("no_warehouse") is not None
    like = "template0" if is_empty else request.getfixturevalue("migrated_postgres")
    with server.new_database(like=like) as url, connections_closed():
        yield url


@pytest.fixture
def settings(
    request: pytest.FixtureRequest, tmp_path: Path, warehouse_url: str, migrated_sqlite: Path
) -> Settings:
    """Settings that write below a temporary folder and read from an empty inbox.

    Their warehouse is migrated and empty; a test with the mark `no_warehouse` begins without.
    """
    (tmp_path / "inbox").mkdir()
    var = tmp_path / "var"
    has_warehouse = request.node.get_closest_marker("no_warehouse") is None
    if has_warehouse and not warehouse_url:
        var.mkdir()
        shutil.copyfile(migrated_sqlite, var / "warehouse.sqlite")
    return Settings(
        _env_file=None, var=var, inbox_url=str(tmp_path / "inbox"), warehouse_url=warehouse_url
    )


@pytest.fixture(scope="module")
def reads_here() -> Iterator[None]:
    """Deliveries are read in this process."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        read_here(monkeypatch)
        yield


@pytest.fixture
def readers() -> type[Readers]:
    """The reader processes, for a test that is about them."""
    return Readers


@pytest.fixture
def reads_here_unless_readers(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Deliveries are read in this process, unless a test asks for `readers`."""
    if "readers" not in request.fixturenames:
        read_here(monkeypatch)


@pytest.fixture(scope="session")
def fill(pack: Pack) -> Fill:
    """A function that fills in the training form: fill("942", "2024-Q4", levels={...}, classes=[...])."""

    def fill(
        unit: str, period: str, levels: dict | None = None, classes: list | None = None
    ) -> bytes:
        when = Period.parse(period)
        form, reporter = pack.form("training", when), pack.units.get(unit, when.end)
        assert form is not None
        assert reporter is not None
        return write_template(
            form,
            reporter,
            when,
            Values({"levels": levels or GOOD_LEVELS}, {"class_list": classes or []}),
        )

    return fill


def delivery(
    name: str = "report.xlsx",
    sender: str | None = None,
    number: int = 1,
    period: Period | None = None,
) -> Delivery:
    """A delivery that came just now, in January 2026; after `period`, where that ends later."""
    day = max(date(2026, 1, 15), period.end + timedelta(days=15) if period else date.min)
    return Delivery(
        number, "inbox", "folder", name, datetime.combine(day, time(3), UTC), "0" * 64, sender
    )


def period_of(form: Form) -> Period:
    """Return a period that this version of a form covers: the last one up to 2024, or its first where it came later."""
    last = (
        date(form.valid_from.year + 1, 12, 31)
        if form.valid_from.year >= 2024
        else date(2024, 12, 31)
    )
    covered = [
        p
        for kind in form.periods
        for p in reversed(periods_between(kind, form.valid_from, last))
        if form.covers(p)
    ]
    return next((p for p in covered if p.year <= 2024), covered[-1])


GOOD_LEVELS = {
    "district": {
        "classes": 2,
        "participants": 120,
        "women": 50,
        "ethnic_minority": 60,
        "officials": 20,
        "community": 100,
    },
    "commune": {
        "classes": 1,
        "participants": 30,
        "women": 10,
        "ethnic_minority": 15,
        "officials": 5,
        "community": 25,
    },
    "total": {
        "classes": 3,
        "participants": 150,
        "women": 60,
        "ethnic_minority": 75,
        "officials": 25,
        "community": 125,
    },
}
"""A good summary without money or days."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """`make test ARGS=--rewrite-golden` writes the golden files again; review the difference."""
    parser.addoption(
        "--rewrite-golden", action="store_true", help="write tests/golden anew instead of comparing"
    )
