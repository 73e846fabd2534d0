"""The trial's provinces on a Prefect server and two workers, as docs/many-provinces.md has it."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.ministry import OVER, Ministry
from tests.ministry_trial.inputs import Country
from tests.postgres import running_postgres
from tests.prefect_server import DATABASE, PrefectServer, prefect_server

HOSTS = ("north", "south")
"""The work pools, each with a worker of the same name in a folder of its own."""
LONGEST_SECONDS = 3600
_RUNS_AT_A_TIME = "2"
"""Of a worker. Not of its pool: there lost runs keep their places, and nothing marks them."""
_SCHEDULED = "auto-scheduled"
"""The tag of a run that its schedule asked for: only such a run is run again once it crashed."""


@dataclass
class Deployed:
    """Provinces that are deployed; the worker of each pool runs."""

    country: Country
    ministry: Ministry
    warehouses: Mapping[str, str]
    first_runs: dict[str, str] = field(default_factory=dict)

    @property
    def server(self) -> PrefectServer:
        """The Prefect server."""
        return self.ministry.server

    def ask_for_runs(self) -> None:
        """Ask for the nightly run of each province, as its schedule does."""
        for code in self.country.provinces:
            self.first_runs[code] = self.ministry.ask_for_run(f"nightly-{code}", _SCHEDULED)

    def kill_run(self, code: str) -> str:
        """Kill the process of a province's first run, once files are taken in; return the run."""
        run = self._in_the_middle(code)
        self.server.process_of_run(run).kill()
        return run

    def kill_worker_of(self, code: str) -> list[str]:
        """Kill the worker that runs a province with all its runs; return the runs, and start it again."""
        self._in_the_middle(code)
        host = host_of(self.country, code)
        self.server.kill(host)
        # Nobody says of them that they are gone. One that was pending had a process, too.
        killed = [
            run for each, run in self.first_runs.items()
            if host_of(self.country, each) == host and self._state(run) in ("RUNNING", "PENDING")
        ]  # fmt: skip
        self.start_worker(host)
        return killed

    def start_worker(self, host: str) -> None:
        """Start the worker of a pool as on a host of its own: own folder, own home of Prefect."""
        folder = self.server.folder / host
        pool = ("--pool", host, "--name", host, "--type", "process", "--limit", _RUNS_AT_A_TIME)
        home = str(folder / "prefect")
        self.server.run(host, "worker", "start", *pool, cwd=folder, PREFECT_HOME=home)

    def wait_until_settled(self, killed: list[str]) -> None:
        """Wait until all runs are over, each that was killed has been run again, and alarms came."""
        codes = {run: code for code, run in self.first_runs.items()}
        again = {codes[run] for run in killed}

        def settled() -> bool:
            for code in self.country.provinces:
                states = [run["state_type"] for run in self.runs_of(code)]
                if len(states) < (2 if code in again else 1) or not set(states) <= set(OVER):
                    return False
            return all(self.alarms_of(code) for code in {*again, self.country.broken})

        self.server.wait_for(settled, "all runs are over", LONGEST_SECONDS)

    def runs_of(self, code: str) -> list[dict[str, Any]]:
        """Return the nightly runs of a province that were begun or asked for, in their order."""
        runs = self.ministry.runs_of(f"nightly-{code}")
        return sorted(runs, key=lambda run: run["created"])

    def alarms_of(self, code: str) -> list[dict[str, Any]]:
        """Return the alarms of a province."""
        return self.ministry.runs_of(f"alarm-{code}")

    def mend(self, code: str) -> None:
        """Give the broken province the warehouse that it should have, and run it once more."""
        write_secrets(self.country, code, self.warehouses[code])
        self.ministry.ask_for_run(f"nightly-{code}")
        self.ministry.wait_for_end(f"nightly-{code}", seconds=LONGEST_SECONDS)

    def build(self, output: Path) -> str:
        """Build the country's file with the command of the guide; return what it printed."""
        pack, url = str(self.country.pack), str(national_folder(self.country))
        words = ("-m", "mtqg", "national", "build", "-o", str(output))
        return self.server.python(*words, MTQG_PACK=pack, MTQG_NATIONAL_URL=url, COLUMNS="200")

    def _in_the_middle(self, code: str) -> str:
        """Wait until a province's run has put files into the archive, and return the run."""
        archive = self.country.folder / "var" / code / "archive"

        def has_begun() -> bool:
            return any(path.is_file() for path in archive.rglob("*"))

        self.server.wait_for(has_begun, f"the run of {code} takes files in", LONGEST_SECONDS)
        return self.first_runs[code]

    def _state(self, run: str) -> str:
        return str(self.server.get(f"/flow_runs/{run}")["state_type"])


def host_of(country: Country, code: str) -> str:
    """Return the pool of a province: the provinces take turns."""
    return HOSTS[country.provinces.index(code) % len(HOSTS)]


def national_folder(country: Country) -> Path:
    """Return the folder that all provinces send to."""
    return country.folder / "national"


@contextmanager
def deployed(country: Country) -> Iterator[Deployed]:
    """Give the provinces, deployed on a server with PostgreSQL, with a worker for each pool."""
    folder = country.folder
    with ExitStack() as stack:
        postgres = stack.enter_context(running_postgres())
        new = [stack.enter_context(postgres.new_database()) for _ in (*country.provinces, "")]
        kept = new.pop().replace("postgresql://", "postgresql+asyncpg://")
        warehouses = dict(zip(country.provinces, new, strict=True))
        server = stack.enter_context(prefect_server(folder, LONGEST_SECONDS, **{DATABASE: kept}))
        it = Deployed(country, Ministry(server, _write_file(country)), warehouses)
        for code, url in warehouses.items():
            is_broken = code == country.broken
            write_secrets(country, code, _nowhere(url) if is_broken else url)
        for host in HOSTS:
            (folder / host).mkdir()
            server.create_pool(host)
        it.ministry.mtqg("check", str(it.ministry.file))
        it.ministry.mtqg("deploy", str(it.ministry.file))
        for host in HOSTS:
            it.start_worker(host)
        yield it


def write_secrets(country: Country, code: str, warehouse: str) -> None:
    """Write the secrets file of a province."""
    path = country.folder / f"{code}.env"
    path.write_text(f"MTQG_SECRET_WAREHOUSE='{warehouse}'\n", encoding="utf-8")
    path.chmod(0o640)


def _nowhere(url: str) -> str:
    """Return the address of a database that does not exist."""
    return url.replace("/test_", "/no_such_")


def _write_file(country: Country) -> Path:
    settings = {
        "pack": "packs/{code}",
        "var": "var/{code}",
        "inbox_url": f"{country.folder}/in/{{code}}",
        "warehouse_url": {"setting": "MTQG_SECRET_WAREHOUSE"},
        "national_url": str(national_folder(country)),
    }
    provinces = [
        {"code": code, "name": f"Tỉnh {code}", "pool": host_of(country, code)}
        for code in country.provinces
    ]
    content = {
        "common": {"env_files": ["{code}.env"], "settings": settings},
        "provinces": provinces,
    }
    file = country.folder / "provinces.yaml"
    file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return file
