"""How rules written by hand are asked: each of them says which rows of a frame are bad."""

from collections.abc import Callable
from typing import TypeAlias

import pandas as pd

Ask: TypeAlias = Callable[[pd.DataFrame], pd.Series]
Rules: TypeAlias = dict[str, list[Ask]]
"""What each rule of a frame asks, by the rule's id."""


def failing(frame: pd.DataFrame, rules: Rules) -> list[tuple[str, int, int]]:
    """Return each rule with the submission and row that broke it."""
    found: list[tuple[str, int, int]] = []
    for rule, asks in rules.items():
        for ask in asks:
            bad = frame.loc[ask(frame), ["submission_id", "row"]]
            found += [(rule, int(n), int(row)) for n, row in bad.itertuples(index=False)]
    return found


def unequal_sum(total: str, *parts: str, empty_is_unknown: bool = True) -> Ask:
    """Return what asks where a total is not the sum of its parts.

    Unknown parts may fill what is missing.
    """

    def ask(frame: pd.DataFrame) -> pd.Series:
        figures = frame[list(parts)]
        missing = frame[total] - figures.sum(axis=1)
        if empty_is_unknown:
            return (missing < 0) | ((missing > 0) & figures.notna().all(axis=1))
        return missing.notna() & (missing != 0)

    return ask
