"""How rules written by hand are run: each returns which rows of a data frame are bad."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import pandas as pd

from program.labels import fold

Ask: TypeAlias = Callable[[pd.DataFrame], pd.Series]
Rules: TypeAlias = dict[str, list[Ask]]
"""The checks of each rule of a data frame, by the id of the rule."""


def failing(frame: pd.DataFrame, rules: Rules) -> list[tuple[str, int, int]]:
    """Return rule, submission and row of each failure."""
    found: list[tuple[str, int, int]] = []
    for rule, asks in rules.items():
        for ask in asks:
            bad = frame.loc[ask(frame), ["submission_id", "row"]]
            found += [(rule, int(n), int(row)) for n, row in bad.itertuples(index=False)]
    return found


def unequal_sum(total: str, *parts: str, empty_is_unknown: bool = True) -> Ask:
    """Return a check that a total is the sum of its parts.

    With `empty_is_unknown` an empty part may be any amount, so that a sum that is too small is
    no error.
    """

    def ask(frame: pd.DataFrame) -> pd.Series:
        figures = frame[list(parts)]
        missing = frame[total] - figures.sum(axis=1)
        if empty_is_unknown:
            return (missing < 0) | ((missing > 0) & figures.notna().all(axis=1))
        return missing.notna() & (missing != 0)

    return ask


def repeated(*columns: str, needed: Sequence[str] = ()) -> Ask:
    """Return a check that no two rows of a report are the same in `columns`.

    Case and accents make no difference. A row is checked if it has the `needed` columns: all, where
    nothing is said.
    """

    def ask(frame: pd.DataFrame) -> pd.Series:
        keys = pd.DataFrame({name: _folded(frame[name]) for name in columns})
        is_given = keys[list(needed or columns)].notna().all(axis=1)
        return is_given & keys.assign(submission=frame["submission_id"]).duplicated(keep=False)

    return ask


def _folded(values: pd.Series) -> pd.Series:
    if values.dtype != object and not isinstance(values.dtype, pd.StringDtype):
        return values
    folded = {text: fold(text) or None for text in values.dropna().unique()}
    return values.map(folded)
