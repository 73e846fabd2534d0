"""What a command leaves running when it is killed: nothing."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.prefect_server import PrefectServer
from tests.waiting import wait_for

MTQG = Path(sys.executable).parent / "mtqg"
SERVER = "prefect.server.api.server:create_app"


@pytest.fixture
def silent_portal() -> Iterator[str]:
    """A portal that takes calls and never answers: a run waits for it."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        yield f"http://127.0.0.1:{silent.getsockname()[1]}"


@contextmanager
def run_at_its_portal(
    folder: Path, portal: str, prefect: PrefectServer
) -> Iterator[subprocess.Popen[bytes]]:
    """A run by hand that has read its inbox and waits for the portal; `run.txt` has its output.

    It begins a Prefect server of its own, which finds the tables of `prefect`: to make them costs
    as much as all else.
    """
    (folder / "inbox").mkdir()
    prefect.copy_database(folder / "var" / "prefect")
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("MTQG_", "PREFECT_"))}
    settings = {
        "MTQG_VAR": str(folder / "var"),
        "MTQG_INBOX_URL": str(folder / "inbox"),
        "MTQG_PORTAL_URL": portal,
    }
    # Where the tests run in the background of a script, Ctrl-C would be ignored here as well.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    output = folder / "run.txt"
    with output.open("wb") as log:
        run = subprocess.Popen(
            [MTQG, "run"],
            env=clean | settings,
            stdout=log,
            stderr=log,
            # A signal to all of the run's processes must not reach the tests.
            start_new_session=True,
        )
    try:
        wait_for(
            lambda: "source inbox" in output.read_text(),
            "the run has read its inbox and asks the portal",
            seconds=600,
        )
        yield run
    finally:
        run.kill()
        run.wait()


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_run_that_is_killed_leaves_no_server_of_prefect_and_no_other_process(
    tmp_path: Path, silent_portal: str, prefect: PrefectServer
) -> None:
    with run_at_its_portal(tmp_path, silent_portal, prefect) as run:
        started = psutil.Process(run.pid).children(recursive=True)
        assert any(SERVER in each.cmdline() for each in started)
    wait_for(lambda: not [each for each in started if each.is_running()], "all have ended")


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    ("number", "to_all"),
    [(signal.SIGTERM, False), (signal.SIGTERM, True), (signal.SIGINT, True)],
    ids=["kill", "the machine goes down", "Ctrl-C"],
)
def test_a_run_that_is_asked_to_end_ends_with_one_sentence_and_the_signal_s_exit_code(
    tmp_path: Path,
    silent_portal: str,
    prefect: PrefectServer,
    number: signal.Signals,
    to_all: bool,
) -> None:
    with run_at_its_portal(tmp_path, silent_portal, prefect) as run:
        started = psutil.Process(run.pid).children(recursive=True)
        if to_all:
            os.killpg(run.pid, number)
        else:
            run.send_signal(number)
        assert run.wait(timeout=600) == 128 + number
    wait_for(lambda: not [each for each in started if each.is_running()], "all have ended")
    last = (tmp_path / "run.txt").read_text().strip().splitlines()[-1]
    assert last.startswith("stopped. Nothing is lost or half done")


def test_what_another_process_started_goes_on(tmp_path: Path) -> None:
    start = (
        "import subprocess, sys; from program.killable.left_behind import end_children_with_us;"
        "before = subprocess.Popen(['sleep', '600']); end_children_with_us();"
        "after = subprocess.Popen(['sleep', '600'], start_new_session=True);"
        "print(before.pid, after.pid, flush=True); sys.stdin.read()"
    )
    pipe = subprocess.PIPE
    parent = subprocess.Popen([sys.executable, "-c", start], stdin=pipe, stdout=pipe, text=True)
    with parent.stdin, parent.stdout:
        before, after = (psutil.Process(int(pid)) for pid in parent.stdout.readline().split())
    try:
        parent.kill()
        parent.wait()
        wait_for(lambda: not after.is_running(), "the process that was started later has ended")
        assert before.is_running()
    finally:
        before.kill()
