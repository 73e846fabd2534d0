"""Files through the readers' processes and the rules, and what came of each."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from connectors.reader.reader_pool import Readers
from mtqg.checking.file_checker import FileChecker
from mtqg.checking.verdicts import Checked, CheckFailure
from program.pack.pack import Pack
from program.settings import Settings
from tests.measured import NOTES, Cost, costs, read_measured

_CHUNK = 200
_CUT_SHORT = {"FILE-08", "FILE-09"}
"""Verdicts, but each may be a fault of ours: past its time, or its process ended."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One file, what was said of it, and what reading it cost.

    None where its process did not live to tell.
    """

    path: Path
    checked: Checked
    cost: Cost | None

    @property
    def outcome(self) -> str:
        """The verdict and the first rule about the file as a whole, or the failure."""
        if isinstance(self.checked.result, CheckFailure):
            return f"no verdict: {self.checked.result.kind}"
        rules = [
            f.rule
            for f in self.checked.findings
            if f.severity == "critical" and f.rule.startswith(("FILE", "FORM-01"))
        ]
        return " ".join([self.checked.verdict, *rules[:1]])

    @property
    def alarm(self) -> str | None:
        """Why somebody should look at this file, None for one that was refused as it should be.

        No library's test file is a report of the program: one that is read as one would be a wrong
        silent reading.
        """
        if isinstance(self.checked.result, CheckFailure):
            return f"{self.checked.result.kind} {self.checked.result.detail}"
        cut = _CUT_SHORT & {finding.rule for finding in self.checked.findings}
        if cut:
            return min(cut)
        return "taken for a report" if self.checked.result.form_code is not None else None


def run(
    files: Sequence[Path], pack: Pack, settings: Settings, advance: Callable[[float], None]
) -> Iterator[Trial]:
    """Yield the trial of each file, in order, a chunk at a time."""
    with TemporaryDirectory() as folder:
        for start in range(0, len(files), _CHUNK):
            notes = Path(folder) / str(start)
            os.environ[NOTES] = str(notes)
            chunk = files[start : start + _CHUNK]
            with Readers(pack, settings, read_measured) as readers:
                checked = FileChecker(pack, settings, readers, None, "vi", None).check(
                    chunk, advance
                )
            cost = {chunk[cost.delivery]: cost for cost in costs(notes)}
            # A file of several reports is as many trials.
            yield from (Trial(said.path, said, cost.get(said.path)) for said in checked)


def outcomes(trials: Sequence[Trial]) -> list[tuple[str, int]]:
    """Return how many files came to which outcome, the most frequent first."""
    return Counter(trial.outcome for trial in trials).most_common()


def slowest(trials: Sequence[Trial], count: int = 5) -> list[tuple[Trial, Cost]]:
    """Return the files that took longest to read."""
    measured = [(trial, trial.cost) for trial in trials if trial.cost is not None]
    return sorted(measured, key=lambda pair: -pair[1].seconds)[:count]


def largest(trials: Sequence[Trial], count: int = 3) -> list[tuple[Trial, Cost]]:
    """Return the files that took most memory to read."""
    measured = [(trial, trial.cost) for trial in trials if trial.cost is not None]
    return sorted(measured, key=lambda pair: -pair[1].peak)[:count]
