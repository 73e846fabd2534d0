"""Validating frames by Great Expectations: failing rows as values, and Data Docs of all that was validated."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from great_expectations.exceptions.exceptions import GreatExpectationsError
from numpy.typing import NDArray

from expectations.data_docs import Validated, write_data_docs
from expectations.gx_metrics import Batch, Judged
from expectations.suite import Expected
from program.errors import MtqgError

Failure = tuple[Expected, int, int]
"""An expectation, and the submission number and row that failed it."""


class Validation:
    """Validates frames and remembers, until Data Docs are written, what these show of each."""

    def __init__(self, name: str, run_name: str) -> None:
        self._name = name
        self._run_name = run_name
        self._batches: list[Validated] = []

    def failures(self, name: str, frame: pd.DataFrame, expected: Sequence[Expected]) -> list[Failure]:
        """Return each row of `frame` that fails one of `expected`; the rules of a single cell come first.

        Raises MtqgError where a rule could not be run: that must never look like a rule that passed.
        """
        batch = Batch(frame)
        numbers, rows = frame["submission_id"].to_numpy(), frame["row"].to_numpy()
        shown: list[Judged] = []
        failures: list[Failure] = []
        for rule in expected:
            judged, failing = _judge(rule, batch)
            shown.append(judged)
            places = zip(numbers[failing], rows[failing], strict=True)
            failures += [(rule, int(number), int(row)) for number, row in places]
        self._batches.append(Validated(name, int(numbers.min()), int(numbers.max()), shown))
        return sorted(failures, key=lambda failure: not failure[0].is_of_cell)

    def publish_docs(self, folder: Path) -> Path:
        """Write Data Docs of all that was validated so far into `folder`; return their first page."""
        return write_data_docs(folder, self._name, self._run_name, self._batches)


def _judge(rule: Expected, batch: Batch) -> tuple[Judged, NDArray[np.int64]]:
    try:
        judged, failing = rule.plan.judge(batch)
    except GreatExpectationsError as wrong:
        raise MtqgError(f"rule {rule.words.id} ({rule.expect}) could not be run: {wrong}") from wrong
    if not judged.success and not len(failing):
        told = f"rule {rule.words.id} ({rule.expect}) could not be run: it names no row that fails"
        raise MtqgError(told)
    return judged, failing
