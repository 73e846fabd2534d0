"""What a command costs beside what it cannot do without: CPU seconds of all its processes, each beside its own floor.

The floor of a small command is Python itself, that of `check` the bare import of Great Expectations, that of a run with nothing
new a Prefect flow that does nothing, under the same settings. Commands and floors run in turn, so that both meet the same
machine. A first run of the sample, which is not counted, fills the warehouse.

Usage: python -m benchmarks.commands [--repeats 5] [--only "mtqg check"]
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from tempfile import TemporaryDirectory

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
    """What a command cannot do without: a piece of Python."""

    name: str
    code: str


@dataclass(frozen=True, slots=True)
class Measured:
    """A command, its floor, and the CPU seconds that it may cost beyond it on two slow cores (issue 14)."""

    arguments: tuple[str, ...]
    floor: Floor
    goal: float

    @property
    def name(self) -> str:
        """How a person would call it."""
        return " ".join(("mtqg", *self.arguments[:1]))


PYTHON = Floor("python", "pass")
GREAT_EXPECTATIONS = Floor("import great_expectations", "import great_expectations")
PREFECT = Floor("a trivial Prefect flow", TRIVIAL_FLOW)
COMMANDS = (
    Measured(("--help",), PYTHON, 0.7),
    Measured(("status",), PYTHON, 1.5),
    Measured(("trace", *FIGURE), PYTHON, 1.5),
    Measured(("check", str(WORKBOOK)), GREAT_EXPECTATIONS, 2.0),
    Measured(("run",), PREFECT, 3.0),
)


@dataclass(slots=True)
class Times:
    """CPU seconds of a command and of its floor, a pair a repeat."""

    command: list[float] = field(default_factory=list)
    floor: list[float] = field(default_factory=list)

    @property
    def beyond(self) -> list[float]:
        """What the command cost beyond its floor, pair by pair."""
        return [ours - theirs for ours, theirs in zip(self.command, self.floor, strict=True)]


def main(repeats: int, only: str) -> None:
    """Fill a warehouse, measure each command beside its floor, and print the table."""
    chosen = [measured for measured in COMMANDS if only in measured.name]
    with TemporaryDirectory() as var:
        environment = {**os.environ, "MTQG_VAR": var, "PYTHONPATH": str(ROOT)}
        cpu_seconds(mtqg(("run",)), environment)
        times = {measured: Times() for measured in chosen}
        for _ in range(repeats):
            for measured, taken in times.items():
                taken.floor.append(
                    cpu_seconds((sys.executable, "-c", measured.floor.code), environment)
                )
                taken.command.append(cpu_seconds(mtqg(measured.arguments), environment))
    print(f"CPU seconds of all processes, {repeats} repeats: minimum and median\n")
    print(f"{'command':14} {'':13} {'floor':26} {'':13} beyond it     goal")
    for measured, taken in times.items():
        ours, theirs, beyond = map(_told, (taken.command, taken.floor, taken.beyond))
        print(
            f"{measured.name:14} {ours} {measured.floor.name:26} {theirs} {beyond} {measured.goal:4.1f}"
        )


def mtqg(arguments: Sequence[str]) -> tuple[str, ...]:
    """Return what starts a command."""
    return (sys.executable, "-m", "mtqg", *arguments)


def cpu_seconds(command: Sequence[str], environment: Mapping[str, str]) -> float:
    """Run a command to its end.

    Return what it, and those that it started and waited for, took of the processor.
    """
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}:\n{said.decode()[-3000:]}")
    return usage.ru_utime + usage.ru_stime


def _told(seconds: Sequence[float]) -> str:
    return f"{min(seconds):5.2f} {median(seconds):6.2f} "


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--only", default="", help="measure the commands with this in their name")
    given = parser.parse_args()
    main(given.repeats, given.only)
