"""What a piece of work takes of the processor: the one clock of all benchmarks.

Wall time says nothing on a shared machine. Here are the CPU seconds of a block, and of a command
with every process that it starts, whose peaks of memory are told apart as well (from Linux'
`/proc`). What a PostgreSQL server of this machine takes meanwhile is counted too.
"""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile

import psycopg

_EVERY_SECONDS = 0.1
"""How often a command's processes are looked at. What one takes in its last 0.1 s is not seen."""
DATABASE_SERVER = "database server"
_SERVER = 0
_TICKS = os.sysconf("SC_CLK_TCK")
_PARENT, _OWN, _ENDED = 1, slice(11, 13), slice(13, 15)
"""Fields of `/proc/PID/stat`: the parent, a process's own ticks, those of its children that ended.
They are counted behind the command's name, which may hold blanks."""


@dataclass(slots=True)
class Spent:
    """CPU seconds of a block, known when it ends."""

    seconds: float = 0.0


def cpu_seconds() -> float:
    """Return what this process, and those that it started and that ended, have taken so far."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime


@contextmanager
def measured(database: str = "") -> Iterator[Spent]:
    """Measure what a block takes, with a database's server: what it gives says so at the end."""
    spent, before = Spent(), server_seconds(database) + cpu_seconds()
    try:
        yield spent
    finally:
        spent.seconds = cpu_seconds() + server_seconds(database) - before


def server_seconds(database: str) -> float:
    """Return what all processes of a database's server have taken so far; 0 where it has none."""
    if not database.startswith("postgresql"):
        return 0.0
    with psycopg.connect(database) as connection:
        server = int(_stat(connection.info.backend_pid)[_PARENT])
    ticks = _ticks(_stat(server)[_OWN]) + _ticks(_stat(server)[_ENDED])
    ticks += sum(_ticks(_stat(child)[_OWN]) for child in _below(server))
    return ticks / _TICKS


@dataclass(slots=True)
class Process:
    """A process of a command: how it was called, its CPU seconds, its peak of memory in MB."""

    command: str
    seconds: float = 0.0
    peak: float = 0.0


@dataclass(slots=True)
class Cost:
    """What a command cost: itself in `main`, the processes below it by number; what it wrote."""

    main: Process
    others: dict[int, Process] = field(default_factory=dict)
    output: str = ""

    @property
    def seconds(self) -> float:
        """CPU seconds of all processes."""
        return self.main.seconds + sum(other.seconds for other in self.others.values())


def cost_of(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    database: str = "",
) -> Cost:
    """Run a command with an environment in a folder to its end; return its cost and output.

    The server of `database` is one of its processes. Ends this program with what the command
    wrote last where it fails: there is nothing to measure.
    """
    server = server_seconds(database)
    with TemporaryFile("w+") as output, TemporaryFile("w+") as errors:
        started = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=errors,
        )
        cost = _watch(started)
        if database.startswith("postgresql"):
            cost.others[_SERVER] = Process(DATABASE_SERVER, server_seconds(database) - server)
        for file in (output, errors):
            file.seek(0)
        cost.output = output.read()
        if started.returncode:
            said = (cost.output + errors.read())[-3000:]
            sys.exit(f"{' '.join(command)} ended with {started.returncode}:\n{said}")
    return cost


def _watch(started: "subprocess.Popen[bytes]") -> Cost:
    """Look at a command's processes until it ends; at the one that ended once more."""
    cost = Cost(Process("main"))
    while os.waitid(os.P_PID, started.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        _look_at(started.pid, cost)
        time.sleep(_EVERY_SECONDS)
    # Until it is waited for, the system keeps what an ended process took, if not its memory.
    _take(started.pid, cost.main)
    started.wait()
    return cost


def _look_at(main: int, cost: Cost) -> None:
    _take(main, cost.main)
    for pid in _below(main):
        if pid not in cost.others:
            cost.others[pid] = Process("")
        # Its command is that of its parent until it has become itself.
        child = cost.others[pid]
        child.command = _text(pid, "cmdline").replace("\0", " ") or child.command
        _take(pid, child)


def _take(pid: int, process: Process) -> None:
    """Note what a process has taken so far; nothing of one that has gone meanwhile."""
    fields = _stat(pid)
    if fields:
        process.seconds = _ticks(fields[_OWN]) / _TICKS
    for line in _text(pid, "status").splitlines():
        if line.startswith("VmHWM:"):
            process.peak = int(line.split()[1]) / 1024


def _below(pid: int) -> list[int]:
    """Return the processes that a process started, and those that they started."""
    numbers: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in map(int, task.read_text().split()):
                numbers += [child, *_below(child)]
    return numbers


def _stat(pid: int) -> list[str]:
    return _text(pid, "stat").rpartition(")")[2].split()


def _ticks(fields: Sequence[str]) -> int:
    return sum(map(int, fields))


def _text(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text()
    except OSError:
        return ""
