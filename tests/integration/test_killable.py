"""Processes that can be killed: how a request may end, and that the next one is answered."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import closing

import pytest

from program.killable.outcomes import Bounds, Done, Ending, Killed, KillReason, Raised
from program.killable.pool import KillablePool
from program.killable.process import KillableProcess, ProcessStartError
from tests.faults import obey

BOUNDS = Bounds(seconds=30, memory_bytes=300_000_000)


@pytest.fixture
def process() -> Iterator[KillableProcess[str, str]]:
    process = KillableProcess(obey, BOUNDS)
    yield process
    process.end()


def test_an_answer_comes_back_and_the_process_is_kept(process: KillableProcess[str, str]) -> None:
    first, second = process.ask("pid"), process.ask("pid")
    assert isinstance(first, Done)
    assert first == second
    assert first.answer != str(os.getpid())


@pytest.mark.parametrize(
    ("fault", "ending"),
    [
        ("exit", Killed(KillReason.CRASHED, "exit 3")),
        ("segfault", Killed(KillReason.CRASHED, "SIGSEGV")),
        ("abort", Killed(KillReason.CRASHED, "SIGABRT")),
        ("killed", Killed(KillReason.CRASHED, "SIGKILL")),
        ("memory", Killed(KillReason.TOO_MUCH_MEMORY, "memory")),
        ("library", Killed(KillReason.TOO_MUCH_MEMORY, "memory")),
    ],
)
def test_a_request_that_ends_its_process_is_distinguished_and_the_next_is_answered(
    process: KillableProcess[str, str], fault: str, ending: Ending[str]
) -> None:
    before = process.ask("pid")
    assert process.ask(fault) == ending
    after = process.ask("pid")
    assert isinstance(after, Done)
    assert after != before


def test_an_exception_leaves_the_process_alive(process: KillableProcess[str, str]) -> None:
    before = process.ask("pid")
    raised = process.ask("bug")
    assert isinstance(raised, Raised)
    assert "faults.py" in raised.error.__notes__[0]
    assert process.ask("pid") == before


def test_a_request_that_only_waits_is_too_slow_by_the_clock() -> None:
    process = KillableProcess(obey, Bounds(seconds=0.1, memory_bytes=300_000_000))
    assert process.ask("wait") == Killed(KillReason.TOO_SLOW, "time-out")


def test_a_request_that_hangs_ends_by_its_own_timer_though_the_caller_has_blocked_its_signal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The clock must not be first, however busy this machine is.
    monkeypatch.setattr("program.killable.process.PATIENCE", 1000)
    earlier = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGPROF})
    try:
        ending = KillableProcess(obey, Bounds(seconds=1, memory_bytes=300_000_000)).ask("hang")
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, earlier)
    assert ending == Killed(KillReason.TOO_SLOW, "SIGPROF")


def test_a_process_that_cannot_start_is_no_ending_of_a_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(ProcessStartError, match="exit 1"):
        KillableProcess(obey, BOUNDS).ask("pid")


def test_a_pool_keeps_the_order_and_asks_whether_to_try_again() -> None:
    asked: list[tuple[str, str, int]] = []

    def may_retry(item: str, killed: Killed, attempt: int) -> bool:
        asked.append((item, killed.how, attempt))
        return attempt < 2

    def request_of(item: str) -> str:
        if item == "lost":
            raise LookupError(item)
        return item

    items = ["one", "exit", "lost", "two", "bug", "three"]
    with closing(KillablePool(obey, BOUNDS, size=2)) as pool:
        endings = list(pool.endings(items, request_of, may_retry, most_processes=2))
    assert asked == [("exit", "exit 3", 1), ("exit", "exit 3", 2)]
    assert endings[:2] == [Done("one"), Killed(KillReason.CRASHED, "exit 3")]
    assert isinstance(endings[2], Raised)
    assert isinstance(endings[2].error, LookupError)
    assert endings[3] == Done("two")
    assert isinstance(endings[4], Raised)
    assert endings[5] == Done("three")
