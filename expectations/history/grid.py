"""The values of many reports as arrays, so that a figure is found in each of them without a search.

A figure of a report is identified by its *pair*: the code of the figure and the key of its line.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from expectations.history.reports import ReportHistory
from expectations.history.robust import Floats, Integers
from program.forms.elements import FormElement


@dataclass(frozen=True, slots=True)
class Given:
    """The figures of one report; each array has an entry for each figure.

    Attributes:
        codes: The index of the figure in the form version.
        pairs: The figure and the key of its line, as one number.
        rows: The row of the sheet; 0 where it is not known.
        values: The value, in the unit of measure in which it is stored.
        keys: The key of its line; "" if it has none.
        has_key: Whether it has a key.
    """

    codes: Integers
    pairs: Integers
    rows: Integers
    values: Floats
    keys: NDArray[np.object_]
    has_key: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Block:
    """The values of a group of reports: a row for each report, a column for each pair.

    `places` gives the row of each report, by its index. `pairs` are in ascending order.
    """

    places: Mapping[int, int]
    pairs: Integers
    values: Floats


class FigureGrid:
    """The values of the reports in a history, for the figures of one form version."""

    def __init__(self, figures: Mapping[str, FormElement], memory: ReportHistory) -> None:
        self.figures = tuple(figures.values())
        self._codes = {name: code for code, name in enumerate(figures)}
        known = memory.values[memory.values["element"].isin(figures)]
        known = known.assign(code=known["element"].map(self._codes).astype("int64"))
        keys, different_keys = pd.factorize(known["key"].astype(object))
        self._width = max(len(different_keys), 1)

        # All arrays are in the order of the reports: the figures of one report are one slice.
        report = known["report"].to_numpy(np.int64)
        order = np.argsort(report, kind="stable")
        codes = known["code"].to_numpy(np.int64)
        self._code = codes[order]
        self._row = known["row"].to_numpy(np.int64)[order]
        self._pair = (codes * self._width + keys)[order]
        self._value = known["value"].to_numpy(np.float64)[order]
        self._key = known["key"].to_numpy(object)[order]
        self._has_key: NDArray[np.bool_] = self._key != ""
        self._partner = {name: self._partners(name) for name in ("opens", "per")}
        self._starts = np.searchsorted(report[order], np.arange(len(memory.reports) + 1))
        self.is_line = np.array([figure.is_line for figure in self.figures], dtype=bool)
        self._blocks: dict[object, _Block] = {}

    def given(self, place: int) -> Given:
        """Return the figures of the report at index `place`."""
        at = slice(self._starts[place], self._starts[place + 1])
        return Given(
            codes=self._code[at],
            pairs=self._pair[at],
            rows=self._row[at],
            values=self._value[at],
            keys=self._key[at],
            has_key=self._has_key[at],
        )

    def named(self, codes: Integers) -> dict[str, NDArray[np.object_]]:
        """Return the columns `figure`, `label` and `measure` of the figures with these codes."""
        columns = {
            "figure": [figure.name for figure in self.figures],
            "label": [figure.label for figure in self.figures],
            "measure": [figure.measure for figure in self.figures],
        }
        return {name: np.array(texts, dtype=object)[codes] for name, texts in columns.items()}

    def can_be_met_again(self, given: Given) -> NDArray[np.bool_]:
        """Tell which figures another report can have too.

        It cannot have those of a line without a key: nothing identifies the line.
        """
        return ~self.is_line[given.codes] | given.has_key

    def partners(self, given: Given, attribute: Literal["opens", "per"]) -> Integers:
        """Return the pair that `opens` or `per` of each figure names, in the same line.

        -1 where it names none.
        """
        codes = self._partner[attribute][given.codes]
        return np.where(codes < 0, -1, codes * self._width + given.pairs % self._width)

    def rows(
        self, group: object, members: Sequence[int], places: Sequence[int], pairs: Integers
    ) -> Floats:
        """Return the values of `pairs` (columns) in the reports `places` (rows).

        NaN where a report does not have a pair.

        Args:
            group: Identifies a group of reports, whose values are arranged once.
            members: The indexes of all reports of the group.
            places: The indexes of some of them.
            pairs: The pairs to look up.
        """
        if not places or not len(pairs):
            return np.full((len(places), len(pairs)), np.nan)
        if group not in self._blocks:
            self._blocks[group] = self._block_of(members)
        block = self._blocks[group]
        if not len(block.pairs):
            return np.full((len(places), len(pairs)), np.nan)
        columns = np.minimum(np.searchsorted(block.pairs, pairs), len(block.pairs) - 1)
        rows = np.array([block.places[place] for place in places], dtype=np.int64)
        chosen: Floats = block.values[np.ix_(rows, columns)]
        # For a pair that no member has, `searchsorted` gives the column of another one.
        chosen[:, block.pairs[columns] != pairs] = np.nan
        return chosen

    def met_again(self, place: int) -> tuple[Integers, Floats]:
        """Return the pairs of a report that another one can have too, and their values."""
        given = self.given(place)
        is_met = self.can_be_met_again(given)
        return given.pairs[is_met], given.values[is_met]

    def lines(self, place: int) -> tuple[Integers, Floats]:
        """Return the codes and values of all figures in lists of a report, whatever their line."""
        given = self.given(place)
        is_line = self.is_line[given.codes]
        return given.codes[is_line], given.values[is_line]

    def _partners(self, attribute: str) -> Integers:
        """Return the code of the figure that `attribute` of each figure names; -1 for none."""
        names = [getattr(figure, attribute) or "" for figure in self.figures]
        return np.array([self._codes.get(name, -1) for name in names], dtype=np.int64)

    def _block_of(self, members: Sequence[int]) -> _Block:
        """Return the values of a group of reports that are worth comparing within the group."""
        slices = [np.arange(self._starts[n], self._starts[n + 1]) for n in members]
        at = np.concatenate(slices)
        row = np.repeat(np.arange(len(members)), [len(some) for some in slices])
        is_line = self.is_line[self._code[at]]
        if is_line.any():
            is_shared = ~is_line | self._is_in_several(at, row, len(members))
            at, row = at[is_shared], row[is_shared]
        pairs, column = np.unique(self._pair[at], return_inverse=True)
        values = np.full((len(members), len(pairs)), np.nan)
        values[row, column] = self._value[at]
        return _Block({place: n for n, place in enumerate(members)}, pairs, values)

    def _is_in_several(self, at: Integers, row: Integers, members: int) -> NDArray[np.bool_]:
        """Tell which values stand in a line with a key that several members have.

        A line that only one member has is compared with nothing. A column for each work of a whole
        country would take members times works: gigabytes.
        """
        keys = self._pair[at] % self._width
        one_a_member = np.unique(keys * members + row) // members
        different, times = np.unique(one_a_member, return_counts=True)
        in_several = different[times > 1]
        is_several: NDArray[np.bool_] = np.isin(keys, in_several) & self._has_key[at]
        return is_several
