"""A real Prefect server and worker for the time of a test: on loopback, below one folder, ended by their own pids."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import requests

from program.settings import ROOT
from tests.waiting import LONGEST_SECONDS, wait_for

PREFECT = Path(sys.executable).parent / "prefect"
T = TypeVar("T")


class PrefectServer:
    """A server that runs, with what its command line and its API answer.

    `folder` holds its database and all logs.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"http://127.0.0.1:{_free_port()}/api"
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("MTQG_", "PREFECT_"))}
        self.environment = inherited | {
            "PREFECT_HOME": str(folder / "prefect"),
            # A worker leaves an empty `runner_storage` there (Prefect 3.8.8).
            "TMPDIR": str(folder),
            "PREFECT_API_URL": self.url,
            "PREFECT_CLI_COLORS": "false",
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            # How soon a worker asks for work, and how soon a run that waits for another is offered
            # again; else 10 s, 30 s.
            "PREFECT_WORKER_QUERY_SECONDS": "1",
            "PREFECT_SERVER_DEPLOYMENT_CONCURRENCY_SLOT_WAIT_SECONDS": "1",
        }

    def copy_database(self, home: Path) -> None:
        """Put what the server keeps into another home of Prefect, whose own server needs no migration then."""
        home.mkdir(parents=True)
        kept, copied = (
            sqlite3.connect(folder / "prefect.db") for folder in (self.folder / "prefect", home)
        )
        with closing(kept), closing(copied):
            kept.backup(copied)

    def cli(self, *arguments: str, cwd: Path) -> str:
        """Run `prefect …` to its end and return what it printed."""
        done = subprocess.run(
            [PREFECT, *arguments],
            cwd=cwd,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=LONGEST_SECONDS,
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
            timeout=LONGEST_SECONDS,
            check=False,
        )
        assert done.returncode == code, f"{arguments}\n{done.stdout}{done.stderr}\n{self.logs()}"
        return done.stdout + done.stderr

    def get(self, path: str) -> Any:
        """Return what the API answers to GET."""
        return self._answer(requests.get(f"{self.url}{path}", timeout=30))

    def post(self, path: str, **body: Any) -> Any:
        """Return what the API answers to POST with a JSON body."""
        return self._answer(requests.post(f"{self.url}{path}", json=body, timeout=30))

    @contextmanager
    def running(self, name: str, *arguments: str, cwd: Path, **environment: str) -> Iterator[None]:
        """Run `prefect …` beside the test, its output in `<name>.log`.

        End it and all that it started.
        """
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [PREFECT, *arguments],
                cwd=cwd,
                env=self.environment | environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            yield
        finally:
            _end(process)

    def wait_for(
        self, question: Callable[[], T | None], what: str, seconds: float = LONGEST_SECONDS
    ) -> T:
        """Ask once a second until there is an answer. Fails with all logs after some seconds."""

        def asked() -> T | None:
            with suppress(requests.ConnectionError):
                return question()
            return None

        try:
            return wait_for(asked, what, seconds, pause=1)
        except AssertionError as late:
            raise AssertionError(f"{late}\n{self.logs()}") from None

    def logs(self) -> str:
        """Return the end of each log, for the message of a test that fails."""
        logs = sorted(self.folder.glob("*.log"))
        return "\n".join(
            f"--- {log.name}\n{log.read_text(errors='replace')[-6000:]}" for log in logs
        )

    def _answer(self, response: requests.Response) -> Any:
        assert response.ok, (
            f"{response.request.method} {response.url}: {response.status_code} {response.text}\n{self.logs()}"
        )
        return response.json()


@contextmanager
def prefect_server(folder: Path) -> Iterator[PrefectServer]:
    """Start a server with its own SQLite database below `folder`, and end it."""
    server = PrefectServer(folder)
    port = server.url.split(":")[2].partition("/")[0]
    with server.running(
        "server", "server", "start", "--host", "127.0.0.1", "--port", port, cwd=folder
    ):
        server.wait_for(lambda: server.get("/health"), "the Prefect server answers")
        yield server


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
