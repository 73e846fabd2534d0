"""Validating frames by Great Expectations: failing rows as values, and Data Docs of a run."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from great_expectations.exceptions.exceptions import GreatExpectationsError
from numpy.typing import NDArray

from expectations.run.data_docs import Validated, write_data_docs
from expectations.run.gx_metrics import Batch, RuleResult
from expectations.run.suite import Expected
from program.errors import MtqgError


class Failure(NamedTuple):
    """A rule, and the submission and row that break it."""

    rule: Expected
    number: int
    row: int


class GxRunner:
    """Validates frames, and keeps the results until Data Docs are written."""

    def __init__(self, name: str, run_name: str) -> None:
        self._name = name
        self._run_name = run_name
        self._batches: list[Validated] = []

    def failures(
        self, name: str, frame: pd.DataFrame, expected: Sequence[Expected]
    ) -> list[Failure]:
        """Return each row of `frame` that fails one of `expected`; rules of a single cell first.

        Raises MtqgError if a rule cannot be run: that must never look like a rule that passes.
        """
        batch = Batch(frame)
        numbers = frame["submission_id"].to_numpy()
        rows = frame["row"].to_numpy()
        results: list[RuleResult] = []
        failures: list[Failure] = []
        for rule in expected:
            result, failing = _evaluate(rule, batch)
            results.append(result)
            for number, row in zip(numbers[failing], rows[failing], strict=True):
                failures.append(Failure(rule, int(number), int(row)))
        # A batch without rows has nothing to show.
        if len(numbers):
            submissions = len(np.unique(numbers))
            self._batches.append(Validated(name, submissions, results))
        # A rule of one cell points to what is wrong; one over several, only to one of them.
        return sorted(failures, key=lambda failure: not failure.rule.is_of_cell)

    def publish_docs(self, folder: Path) -> Path:
        """Write Data Docs of all that was validated so far; return their first page."""
        return write_data_docs(folder, f"{self._name}, {self._run_name}", self._batches)


def _evaluate(rule: Expected, batch: Batch) -> tuple[RuleResult, NDArray[np.int64]]:
    what = f"rule {rule.words.id} ({rule.expect}) could not be run"
    try:
        result, failing = rule.plan.evaluate(batch)
    except GreatExpectationsError as wrong:
        raise MtqgError(f"{what}: {wrong}") from wrong
    # Without a row there is no finding, and the report would load as if the rule held.
    if not result.success and not len(failing):
        raise MtqgError(f"{what}: it names no row that fails")
    return result, failing
