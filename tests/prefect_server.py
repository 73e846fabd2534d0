"""A real Prefect server and worker for the time of a test: on loopback, below one folder, ended by their own pids."""

import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from importlib import metadata
from pathlib import Path
from typing import Any, TypeVar

import psutil
import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from program.settings import ROOT
from tests.waiting import LONGEST_SECONDS, one_at_a_time, wait_for

PREFECT = Path(sys.executable).parent / "prefect"
DATABASE = "PREFECT_SERVER_DATABASE_CONNECTION_URL"
T = TypeVar("T")


class PrefectServer:
    """A server that runs, with what its command line and its API answer.

    `folder` holds its database and all logs, `patience` is how many seconds a command may take. Its settings are those of the deployment guide; `settings` comes on top.
    """

    def __init__(self, folder: Path, patience: float = LONGEST_SECONDS, **settings: str) -> None:
        self.folder = folder
        self._patience = patience
        self._port = _free_port()
        self.url = f"http://127.0.0.1:{self._port}/api"
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("MTQG_", "PREFECT_"))}
        guide = _settings_of_the_guide()
        self.password = guide["PREFECT_API_AUTH_STRING"]
        self.environment = (
            inherited
            | guide
            | {
                "PREFECT_HOME": str(folder / "prefect"),
                # A worker leaves an empty `runner_storage` there (Prefect 3.8.8).
                "TMPDIR": str(folder),
                "PREFECT_API_URL": self.url,
                "PREFECT_CLI_COLORS": "false",
                # How soon a worker asks for work, and how soon a run that waits for another is offered
                # again; else 10 s, 30 s.
                "PREFECT_WORKER_QUERY_SECONDS": "1",
                "PREFECT_SERVER_DEPLOYMENT_CONCURRENCY_SLOT_WAIT_SECONDS": "1",
            }
            | settings
        )

    def copy_database(self, home: Path) -> None:
        """Put what the server keeps into another home of Prefect, whose own server needs no migration then."""
        home.mkdir(parents=True)
        self._save_database(home / "prefect.db")

    def start_with_tables(self) -> None:
        """Start a new server with a copy of an empty database.

        To make its tables costs a third of a server's first start. The first server of this version
        of Prefect makes them, and leaves the copy for all later ones, of other processes too.
        """
        name = f"prefect-{metadata.version('prefect')}"
        kept = Path(tempfile.gettempdir()) / f"mtqg-{name}-{os.getuid()}.db"
        with one_at_a_time(name):
            if not kept.exists():
                self.start()
                unfinished = kept.with_suffix(".part")
                self._save_database(unfinished)
                unfinished.replace(kept)
                return
        database = self.folder / "prefect" / "prefect.db"
        database.parent.mkdir(exist_ok=True)
        shutil.copyfile(kept, database)
        self.start()

    def create_pool(self, name: str) -> None:
        """Do what `prefect work-pool create` does, without a process; test_deployment.py runs the command."""
        # Not above: conftest.py imports this file, and few tests need Prefect's code for it.
        from prefect.workers.process import ProcessWorker

        template = ProcessWorker.get_default_base_job_template()
        self.post("/work_pools/", name=name, type="process", base_job_template=template)

    def cli(self, *arguments: str, cwd: Path) -> str:
        """Run `prefect …` to its end and return what it printed."""
        done = subprocess.run(
            [PREFECT, *arguments],
            cwd=cwd,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=self._patience,
            check=False,
        )
        assert done.returncode == 0, (
            f"prefect {' '.join(arguments)}\n{done.stdout}{done.stderr}\n{self.logs()}"
        )
        return done.stdout

    def python(self, *arguments: str, code: int = 0, **environment: str) -> str:
        """Run Python beside the server, which must end with `code`, and return what it printed."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=self._patience,
            check=False,
        )
        assert done.returncode == code, f"{arguments}\n{done.stdout}{done.stderr}\n{self.logs()}"
        return done.stdout + done.stderr

    def get(self, path: str) -> Any:
        """Return what the API answers to GET."""
        return self._answer(
            _session().get(f"{self.url}{path}", timeout=self._patience, auth=self._auth)
        )

    def post(self, path: str, **body: Any) -> Any:
        """Return what the API answers to POST with a JSON body."""
        url = f"{self.url}{path}"
        return self._answer(
            _session().post(url, json=body, timeout=self._patience, auth=self._auth)
        )

    def patch(self, path: str, **body: Any) -> None:
        """Change something by PATCH with a JSON body."""
        url = f"{self.url}{path}"
        self._answer(_session().patch(url, json=body, timeout=self._patience, auth=self._auth))

    def start(self) -> None:
        """Start the server, or start it again on the same port and database; return once it answers."""
        where = ("--host", "127.0.0.1", "--port", str(self._port))
        self.run("server", "server", "start", *where, cwd=self.folder)
        self.wait_for(lambda: self.get("/health"), "the Prefect server answers")

    def start_worker(self, **environment: str) -> None:
        """Start a worker as the guide does, in another folder than the checkout: the deployment itself must know where the code is."""
        pool = ("--pool", "nightly", "--type", "process")
        self.run("worker", "worker", "start", *pool, cwd=self.folder, **environment)

    def run(self, name: str, *arguments: str, cwd: Path, **environment: str) -> None:
        """Start `prefect …` beside the test, its output in `<name>.log`, until `kill` or `end`."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                [PREFECT, *arguments],
                cwd=cwd,
                env=self.environment | environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self, *names: str) -> None:
        """Kill processes and all that they started, at once and without a word, as a power cut does."""
        roots = [self._processes.pop(name) for name in names]
        doomed = [psutil.Process(root.pid) for root in roots]
        doomed += [child for each in list(doomed) for child in each.children(recursive=True)]
        for process in doomed:
            # One that ended meanwhile is no other process: psutil compares the time of its start.
            with suppress(psutil.NoSuchProcess):
                process.kill()
        for root in roots:
            root.wait(5)

    def process_of_run(self, run_id: str) -> psutil.Process:
        """Return the process that a worker started for a run."""
        workers = [psutil.Process(process.pid) for process in self._processes.values()]
        for process in [child for worker in workers for child in worker.children()]:
            with suppress(psutil.NoSuchProcess):
                if process.environ().get("PREFECT__FLOW_RUN_ID") == run_id:
                    return process
        msg = f"no process of run {run_id}"
        raise AssertionError(msg)

    def end(self, *names: str) -> None:
        """Ask processes and their children to end, then make them."""
        for name in names:
            _end(self._processes.pop(name))

    def end_all(self) -> None:
        """End what still runs, the server last."""
        self.end(*reversed(self._processes))

    def wait_for(
        self, question: Callable[[], T | None], what: str, seconds: float | None = None
    ) -> T:
        """Ask once a second until there is an answer. Fails with all logs after some seconds."""

        def asked() -> T | None:
            with suppress(requests.ConnectionError):
                return question()
            return None

        try:
            return wait_for(asked, what, seconds or self._patience, pause=1)
        except AssertionError as late:
            raise AssertionError(f"{late}\n{self.logs()}") from None

    def logs(self) -> str:
        """Return the end of each log, for the message of a test that fails."""
        logs = sorted(self.folder.glob("*.log"))
        return "\n".join(
            f"--- {log.name}\n{log.read_text(errors='replace')[-6000:]}" for log in logs
        )

    def _save_database(self, target: Path) -> None:
        kept, copied = (
            sqlite3.connect(self.folder / "prefect" / "prefect.db"),
            sqlite3.connect(target),
        )
        with closing(kept), closing(copied):
            kept.backup(copied)

    @property
    def _auth(self) -> tuple[str, str]:
        user, _, word = self.password.partition(":")
        return user, word

    def _answer(self, response: requests.Response) -> Any:
        assert response.ok, (
            f"{response.request.method} {response.url}: {response.status_code} {response.text}\n{self.logs()}"
        )
        return response.json() if response.content else None


@contextmanager
def prefect_server(
    folder: Path, patience: float = LONGEST_SECONDS, **settings: str
) -> Iterator[PrefectServer]:
    """Start a server with its own database, and end it and what was run beside it.

    The database is a SQLite file below `folder`, where `settings` name no other.
    """
    server = PrefectServer(folder, patience, **settings)
    try:
        if DATABASE in settings:
            server.start()
        else:
            server.start_with_tables()
        yield server
    finally:
        server.end_all()


def _session() -> requests.Session:
    """Ask again where the server says 503 because its SQLite file is locked, as Prefect's own client does."""
    session = requests.Session()
    again = Retry(
        connect=0,
        read=0,
        status=6,
        status_forcelist=[503],
        allowed_methods=None,
        backoff_factor=0.5,
        raise_on_status=False,
    )
    session.mount("http://", HTTPAdapter(max_retries=again))
    return session


def _settings_of_the_guide() -> dict[str, str]:
    """Prefect's settings as the deployment guide writes them."""
    guide = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    lines = re.findall(r"(?m)^   (PREFECT_\w+|DO_NOT_TRACK)=(.+)$", guide)
    return {name: value.strip("'") for name, value in lines}


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask a process and its children to end, then make them."""
    for sign, patience in ((signal.SIGTERM, 20), (signal.SIGKILL, 5)):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience)
