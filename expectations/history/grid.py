"""Values of many reports laid side by side, so that one figure is met again in each of them without searching."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from expectations.history.memory import Memory
from expectations.history.robust import Floats, Integers
from program.figures import Figure


@dataclass(frozen=True, slots=True)
class Given:
    """What one report gives: its figures' codes, pairs (a figure and the key of its line), sheet rows and values."""

    codes: Integers
    pairs: Integers
    rows: Integers
    values: Floats
    keys: NDArray[np.object_]
    has_key: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Block:
    places: Mapping[int, int]
    pairs: Integers
    values: Floats


class Grid:
    """The values of a memory's reports, of the figures that a form version has."""

    def __init__(self, figures: Mapping[str, Figure], memory: Memory) -> None:
        self.figures = tuple(figures.values())
        self._codes = {name: code for code, name in enumerate(figures)}
        known = memory.values[memory.values["element"].isin(figures)]
        known = known.assign(code=known["element"].map(self._codes).astype("int64"))
        keys, self._keys = pd.factorize(known["key"].astype(object))
        self._width = max(len(self._keys), 1)
        report = known["report"].to_numpy(np.int64)
        order = np.argsort(report, kind="stable")
        self._code, self._row = (
            known["code"].to_numpy(np.int64)[order],
            known["row"].to_numpy(np.int64)[order],
        )
        self._pair = (known["code"].to_numpy(np.int64) * self._width + keys)[order]
        self._value = known["value"].to_numpy(np.float64)[order]
        self._key = known["key"].to_numpy(object)[order]
        self._has_key: NDArray[np.bool_] = self._key != ""
        self._partner = {name: self._partners(name) for name in ("opens", "per")}
        self._starts = np.searchsorted(report[order], np.arange(len(memory.reports) + 1))
        self.is_line = np.array([figure.is_line for figure in self.figures], dtype=bool)
        self._blocks: dict[object, _Block] = {}

    def given(self, place: int) -> Given:
        """Return what the report at `place` gives."""
        at = slice(self._starts[place], self._starts[place + 1])
        return Given(
            self._code[at],
            self._pair[at],
            self._row[at],
            self._value[at],
            self._key[at],
            self._has_key[at],
        )

    def named(self, codes: Integers) -> dict[str, NDArray[np.object_]]:
        """Return name, label and measure of the figures with these codes."""
        words = ("name", "label", "measure")
        said = {
            word: np.array([getattr(figure, word) for figure in self.figures] or [""], dtype=object)
            for word in words
        }
        return {"figure" if word == "name" else word: texts[codes] for word, texts in said.items()}

    def can_be_met_again(self, given: Given) -> NDArray[np.bool_]:
        """Tell of each value whether another report can have the same figure: not so of a line without a key."""
        return ~self.is_line[given.codes] | given.has_key

    def partners(self, given: Given, attribute: Literal["opens", "per"]) -> Integers:
        """Return the pair that each figure's `opens` or `per` names, of the same line; -1 where it names none."""
        codes = self._partner[attribute][given.codes]
        return np.where(codes < 0, -1, codes * self._width + given.pairs % self._width)

    def rows(
        self, group: object, members: Sequence[int], places: Sequence[int], pairs: Integers
    ) -> Floats:
        """Return the values of `pairs` (columns) in the reports `places` (rows), NaN where a report has none.

        `members` are all reports of `group`, which is laid out once; `places` must be among them.
        """
        if not places or not len(pairs):
            return np.full((len(places), len(pairs)), np.nan)
        if group not in self._blocks:
            self._blocks[group] = self._laid_out(members)
        block = self._blocks[group]
        if not len(block.pairs):
            return np.full((len(places), len(pairs)), np.nan)
        at = np.minimum(np.searchsorted(block.pairs, pairs), len(block.pairs) - 1)
        chosen_rows = np.array([block.places[place] for place in places], dtype=np.int64)
        chosen: Floats = block.values[np.ix_(chosen_rows, at)]
        chosen[:, block.pairs[at] != pairs] = np.nan
        return chosen

    def met_again(self, place: int) -> tuple[Integers, Floats]:
        """Return the pairs that another report may have too, and their values, of the report at `place`."""
        given = self.given(place)
        is_met = self.can_be_met_again(given)
        return given.pairs[is_met], given.values[is_met]

    def lines(self, place: int) -> tuple[Integers, Floats]:
        """Return the code and the value of all that stands in lists in the report at `place`, whatever the line."""
        given = self.given(place)
        is_line = self.is_line[given.codes]
        return given.codes[is_line], given.values[is_line]

    def _partners(self, attribute: str) -> Integers:
        names = (getattr(figure, attribute) or "" for figure in self.figures)
        return np.array([self._codes.get(name, -1) for name in names], dtype=np.int64)

    def _laid_out(self, members: Sequence[int]) -> _Block:
        at = np.concatenate(
            [np.arange(self._starts[place], self._starts[place + 1]) for place in members]
        )
        row = np.repeat(
            np.arange(len(members)),
            [self._starts[place + 1] - self._starts[place] for place in members],
        )
        is_line = self.is_line[self._code[at]]
        if is_line.any():
            is_shared = ~is_line | self._is_in_several(at, row, len(members))
            at, row = at[is_shared], row[is_shared]
        pairs, column = np.unique(self._pair[at], return_inverse=True)
        values = np.full((len(members), len(pairs)), np.nan)
        values[row, column] = self._value[at]
        return _Block({place: n for n, place in enumerate(members)}, pairs, values)

    def _is_in_several(self, at: Integers, row: Integers, members: int) -> NDArray[np.bool_]:
        """Tell which values stand in a line whose key several members have, or none where it has no key.

        What one member alone has is compared with nothing. A country's works, a column each, would
        take members times works: gigabytes.
        """
        keys = self._pair[at] % self._width
        one_a_member = np.unique(keys * members + row) // members
        different, times = np.unique(one_a_member, return_counts=True)
        in_several = different[times > 1]
        is_several: NDArray[np.bool_] = np.isin(keys, in_several) & self._has_key[at]
        return is_several
