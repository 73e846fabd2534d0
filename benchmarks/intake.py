"""What an intake costs: one that finds nothing, and one that answers new files.

A nightly run loads the sample but for the newest files of the districts, which come afterwards.
`mtqg run --intake` runs as cron would start it, and all its processes are counted. The floor is a
Prefect flow that does nothing under the same settings, run in turn with it.

Usage: python -m benchmarks.intake [--files 5] [--repeats 3]
"""

import argparse
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.cpu import Cost, cost_of
from benchmarks.night import environment_of, floor, summary_of_last_run
from program.settings import ROOT

_INBOX = ROOT / "examples" / "inbox"
_GOALS = {"idle": 3.0, "files": 30.0}
"""CPU seconds beside Prefect (issue 20)."""


@dataclass(slots=True)
class Place:
    """A folder with a warehouse that a nightly run filled, and the files that come later."""

    folder: Path
    files: int
    later: list[Path] = field(default_factory=list)

    def __post_init__(self) -> None:
        inbox = self.folder / "inbox"
        shutil.copytree(_INBOX, inbox)
        # Workbooks of as many senders: the newest of each district.
        for unit in sorted(inbox.iterdir())[1 : self.files + 1]:
            newest = max(unit.glob("*.xlsx"))
            later = self.folder / unit.name
            later.mkdir()
            self.later.append(newest.rename(later / newest.name))
        self.run()

    def run(self, *arguments: str) -> Cost:
        """Run the pipeline, or an intake, and return what it cost."""
        own = environment_of(self.folder / "var", ROOT)
        own["MTQG_INBOX_URL"] = str(self.folder / "inbox")
        return cost_of([sys.executable, "-m", "mtqg", "run", *arguments], ROOT, own)

    def let_come(self) -> None:
        """Put the later files into the inbox."""
        for path in self.later:
            shutil.copy2(path, self.folder / "inbox" / path.parent.name / path.name)

    def check_answered(self) -> None:
        """Raise AssertionError if the last run did not check the later files."""
        url = f"sqlite:///{self.folder / 'var' / 'warehouse.sqlite'}"
        summary = summary_of_last_run(url)
        assert sum(summary["verdicts"].values()) == len(self.later), summary


def main(given: argparse.Namespace) -> None:
    """Measure and print."""
    idle, busy, nothing = [], [], []
    for _ in range(given.repeats):
        with TemporaryDirectory() as name:
            place = Place(Path(name), given.files)
            nothing.append(floor(Path(name) / "floor").seconds)
            idle.append(place.run("--intake").seconds)
            place.let_come()
            busy.append(place.run("--intake").seconds)
            place.check_answered()
    print(f"a flow that does nothing: {median(nothing):.1f} s of CPU")
    print_line("nothing new", idle, nothing, _GOALS["idle"])
    print_line(f"{given.files} new files", busy, nothing, _GOALS["files"])


def print_line(name: str, seconds: list[float], nothing: list[float], goal: float) -> None:
    """Print the median of what an intake costs beside a flow that does nothing."""
    beside = median(each - least for each, least in zip(seconds, nothing, strict=True))
    print(f"{name}: {median(seconds):.1f} s of CPU, {beside:.1f} beside Prefect (goal {goal:g})")


def parse() -> argparse.Namespace:
    """Return what the command line asks for."""
    about = (__doc__ or "").splitlines()[0]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.intake", description=about)
    parser.add_argument("--files", type=int, default=5, help="how many new files come")
    parser.add_argument("--repeats", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    main(parse())
