"""CPU time of each command, compared with the least that it needs, its floor.

The floor of a small command is Python itself. That of `check` is the bare import of Great
Expectations. That of a run with nothing new is a Prefect flow that does nothing, under the same
settings. Commands and floors run in turn, so that both meet the same load of the machine. A first
run of the sample fills the warehouse and is not counted.

Usage: python -m benchmarks.commands [--repeats 5] [--only "mtqg check"]
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.cpu import measured
from program.settings import ROOT

WORKBOOK = ROOT / "examples" / "inbox" / "31615-an-thanh" / "SYNTHETIC 31615 tập huấn 2025-Q3.xlsx"
FIGURE = ("--unit", "94", "--indicator", "TRN-PARTICIPANTS", "--period", "2024")
TRIVIAL_FLOW = """
import os
from program.settings import load_settings, quiet_third_parties
quiet_third_parties(load_settings())
os.environ.setdefault("PREFECT_LOGGING_LEVEL", "CRITICAL")
from prefect import flow

@flow
def trivial():
    return 1

trivial()
"""


@dataclass(frozen=True, slots=True)
class Floor:
    """Python code that does the least that a command needs."""

    name: str
    code: str


@dataclass(frozen=True, slots=True)
class Command:
    """A command, its floor, and its goal.

    The goal is CPU seconds above the floor, on two slow cores (issue 14).
    """

    arguments: tuple[str, ...]
    floor: Floor
    goal: float

    @property
    def name(self) -> str:
        """The command as a person types it, without its arguments."""
        return " ".join(("mtqg", *self.arguments[:1]))


PYTHON = Floor("python", "pass")
GREAT_EXPECTATIONS = Floor("import great_expectations", "import great_expectations")
PREFECT = Floor("a trivial Prefect flow", TRIVIAL_FLOW)
COMMANDS = (
    Command(("--help",), PYTHON, 0.7),
    Command(("status",), PYTHON, 1.5),
    Command(("trace", *FIGURE), PYTHON, 1.5),
    Command(("check", str(WORKBOOK)), GREAT_EXPECTATIONS, 2.0),
    Command(("run",), PREFECT, 3.0),
)


@dataclass(slots=True)
class Times:
    """CPU seconds of a command and of its floor: a pair for each repeat."""

    command: list[float] = field(default_factory=list)
    floor: list[float] = field(default_factory=list)

    @property
    def beyond(self) -> list[float]:
        """CPU seconds of the command above its floor, pair by pair."""
        return [ours - theirs for ours, theirs in zip(self.command, self.floor, strict=True)]


def main(repeats: int, only: str) -> None:
    """Fill a warehouse, measure each command beside its floor, and print the table."""
    times = {command: Times() for command in COMMANDS if only in command.name}
    with TemporaryDirectory() as var:
        environment = {**os.environ, "MTQG_VAR": var, "PYTHONPATH": str(ROOT)}
        cpu_seconds(mtqg(("run",)), environment)
        for _ in range(repeats):
            for command, taken in times.items():
                floor = (sys.executable, "-c", command.floor.code)
                taken.floor.append(cpu_seconds(floor, environment))
                taken.command.append(cpu_seconds(mtqg(command.arguments), environment))
    print(f"CPU seconds of all processes, {repeats} repeats: minimum and median\n")
    print(f"{'command':14} {'':13} {'floor':26} {'':13} beyond it     goal")
    for command, taken in times.items():
        ours = _minimum_and_median(taken.command)
        floor_seconds = _minimum_and_median(taken.floor)
        beyond = _minimum_and_median(taken.beyond)
        print(f"{command.name:14} {ours} {command.floor.name:26} {floor_seconds}", end=" ")
        print(f"{beyond} {command.goal:4.1f}")


def mtqg(arguments: Iterable[str]) -> tuple[str, ...]:
    """Return the command line of a command of ours."""
    return (sys.executable, "-m", "mtqg", *arguments)


def cpu_seconds(command: Sequence[str], environment: Mapping[str, str]) -> float:
    """Run a command to its end; return its CPU seconds, with the processes that it waited for.

    It does not use `cost_of`, which may miss the last 0.1 s of a child: too much for commands
    that take less than a second.

    Raises:
        SystemExit: The command failed. The message ends with the last part of its errors.

    """
    with measured() as spent:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    if done.returncode:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr[-3000:]}")
    return spent.seconds


def _minimum_and_median(seconds: Sequence[float]) -> str:
    return f"{min(seconds):5.2f} {median(seconds):6.2f} "


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--only", default="", help="measure the commands with this in their name")
    given = parser.parse_args()
    main(given.repeats, given.only)
