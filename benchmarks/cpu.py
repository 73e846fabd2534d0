"""CPU time of a block or of a command: the one clock of all benchmarks.

Wall time says nothing on a shared machine. `measured` counts the CPU seconds of a block,
`cost_of` those of a command with every process that it starts, and the peak of memory of each
process (from Linux' `/proc`). Both also count what a PostgreSQL server on this machine takes.
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
"""Seconds between two looks at a command's processes. A child's last 0.1 s may be missed."""
DATABASE_SERVER = "database server"
_SERVER = 0
_TICKS = os.sysconf("SC_CLK_TCK")
_PARENT, _OWN, _ENDED = 1, slice(11, 13), slice(13, 15)
"""Fields of `/proc/PID/stat`: the parent, a process's own ticks, those of its ended children.
The count starts after the command's name, which may contain blanks."""


@dataclass(slots=True)
class Spent:
    """CPU seconds of a block. They are 0 until the block ends."""

    client: float = 0.0
    """Of this process and of its ended children."""
    server: float = 0.0
    """Of the database server."""

    @property
    def seconds(self) -> float:
        """Both together."""
        return self.client + self.server


def cpu_seconds() -> float:
    """Return the CPU seconds of this process and of its ended children so far."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime


@contextmanager
def measured(database: str = "") -> Iterator[Spent]:
    """Measure the CPU time of a block, and that of the server of `database` meanwhile.

    Args:
        database: A URL. Only PostgreSQL has a server to count.

    Yields:
        The result, which is filled in when the block ends.

    """
    spent = Spent()
    # A look at the server costs this process time, so it lies outside the client's two readings.
    server_before = server_seconds(database)
    client_before = cpu_seconds()
    try:
        yield spent
    finally:
        spent.client = cpu_seconds() - client_before
        spent.server = server_seconds(database) - server_before


def server_seconds(database: str) -> float:
    """Return the CPU seconds of all processes of a database's server; 0 if it has no server."""
    if not database.startswith("postgresql"):
        return 0.0
    with psycopg.connect(database) as connection:
        server = int(_stat(connection.info.backend_pid)[_PARENT])
    ticks = _ticks(_stat(server)[_OWN]) + _ticks(_stat(server)[_ENDED])
    ticks += sum(_ticks(_stat(child)[_OWN]) for child in _below(server))
    return ticks / _TICKS


@dataclass(slots=True)
class Process:
    """A process of a command: its command line, its CPU seconds, its peak of memory in MB."""

    command: str
    seconds: float = 0.0
    peak: float = 0.0


@dataclass(slots=True)
class Cost:
    """Cost of a command: its main process, the processes below it by id, and its output."""

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
    """Run a command to its end in a folder and an environment; return its cost and output.

    The server of `database` counts as one of its processes.

    Raises:
        SystemExit: The command failed. The message ends with the last part of its output.

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
            last_output = (cost.output + errors.read())[-3000:]
            sys.exit(f"{' '.join(command)} ended with {started.returncode}:\n{last_output}")
    return cost


def tree_seconds(main: int) -> float:
    """Return the CPU seconds so far of a process and of all below it, ended ones too."""
    seconds = 0.0
    for pid in (main, *_below(main)):
        fields = _stat(pid)
        if fields:
            seconds += (_ticks(fields[_OWN]) + _ticks(fields[_ENDED])) / _TICKS
    return seconds


def _watch(started: "subprocess.Popen[bytes]") -> Cost:
    """Look at a command's processes until it ends, and at the main one once more after that."""
    cost = Cost(Process("main"))
    while os.waitid(os.P_PID, started.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        _look_at(started.pid, cost)
        time.sleep(_EVERY_SECONDS)
    # Until we wait for an ended process, the system keeps its CPU time, but not its memory.
    _take(started.pid, cost.main)
    started.wait()
    return cost


def _look_at(main: int, cost: Cost) -> None:
    """Note what a command's processes have taken so far."""
    _take(main, cost.main)
    for pid in _below(main):
        if pid not in cost.others:
            cost.others[pid] = Process("")
        # Between fork and exec a child still has the command line of its parent.
        child = cost.others[pid]
        child.command = _text(pid, "cmdline").replace("\0", " ") or child.command
        _take(pid, child)


def _take(pid: int, process: Process) -> None:
    """Note what a process has taken so far. A process that is gone keeps its last figures."""
    fields = _stat(pid)
    if fields:
        process.seconds = _ticks(fields[_OWN]) / _TICKS
    for line in _text(pid, "status").splitlines():
        if line.startswith("VmHWM:"):
            process.peak = int(line.split()[1]) / 1024


def _below(pid: int) -> list[int]:
    """Return the ids of a process's children, and of their children."""
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
