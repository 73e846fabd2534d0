"""What a reader hands over: a delivery's tables column by column, and where each cell stands."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, TypeAlias, cast

from program.delivery import Delivery
from program.finding import Problem
from program.form import Form
from program.period import Period
from program.qualifier import Qualifier
from program.stage import Stage
from program.submission import Fact
from program.table import Summary, Table
from program.totals import parts_of

if TYPE_CHECKING:
    import pandas as pd

ColumnValues: TypeAlias = list[float] | list[str | None] | list[date | None]
"""A column's values, one a line: NaN where a figure is missing, None where a text or a day is."""
_PARTS_APART = 1_000_000_000


@dataclass(frozen=True)
class TableReading:
    """One table as read.

    `values` has the values of each declared data element, found or not, in the declared order: a figure in the kept unit, a
    text, a day. `rows` are the sheet's own numbers of the lines, `lines` their keys in a matrix, "" in a list. `dtypes` say
    what `frame` makes of each element. `letters` gives the column letter of each data element that was found on `sheet`,
    `qualifiers` the word before a figure ("trên 1.200"), by data element and row; `texts` are figures that a spreadsheet
    holds as text, and passes over in its sums, among those that are parts of a total. `is_nil`: the sender wrote that there is
    nothing to report.
    """

    values: dict[str, ColumnValues]
    rows: list[int]
    lines: list[str]
    dtypes: Mapping[str, str]
    letters: dict[str, str]
    sheet: str = ""
    qualifiers: Mapping[tuple[str, int], Qualifier] = field(default_factory=dict)
    texts: Set[tuple[str, int]] = frozenset()
    is_nil: bool = False

    @property
    def is_blank(self) -> bool:
        """Tell whether not a single value stands in the table, and nobody wrote that there is nothing to report."""
        return not self.is_nil and not any(is_given(value) for name in self.letters for value in self.values[name])

    @cached_property
    def frame(self) -> "pd.DataFrame":
        """One row per line, in the columns `sheet` (str), `row` (int), `line` (str) and one per data element.

        NaN/None where empty: float64, text or datetime64. Built when it is first asked for: a frame takes longer than the
        reading of what is in it, and whoever looks at many readings needs one for all of them (`frame_of`).
        """
        return frame_of([self])

    def cell(self, element: str, row: int) -> str | None:
        """Return the address of a data element on a sheet row, or None where the column is missing."""
        letter = self.letters.get(element)
        return f"{letter}{row}" if letter else None

    def without(self, rows: Collection[int]) -> "TableReading":
        """Return the same table without the lines on these rows of its sheet."""
        kept = [at for at, row in enumerate(self.rows) if row not in rows]
        # What stays of a column is of the column's kind.
        values = cast("dict[str, ColumnValues]", {name: [each[at] for at in kept] for name, each in self.values.items()})
        return replace(self, values=values, rows=[self.rows[at] for at in kept], lines=[self.lines[at] for at in kept])


def is_given(value: float | str | date | None) -> bool:
    """Tell whether a value of a column is one: neither None nor NaN."""
    return value is not None and value == value  # noqa: PLR0124  (NaN differs from itself)


def frame_of(parts: Sequence[TableReading]) -> "pd.DataFrame":
    """Return the lines of one declared table in all of its readings, one after the other, as a frame; at least one is needed."""
    import numpy as np  # noqa: PLC0415  (both: commands and nights that check nothing need neither)
    import pandas as pd  # noqa: PLC0415

    columns: dict[str, object] = {
        "sheet": [part.sheet for part in parts for _ in part.rows],
        "row": np.fromiter(chain.from_iterable(part.rows for part in parts), dtype="int64"),
        "line": list(chain.from_iterable(part.lines for part in parts)),
    }
    for name, dtype in parts[0].dtypes.items():
        columns[name] = pd.Series(list(chain.from_iterable(part.values[name] for part in parts)), dtype=dtype)
    return pd.DataFrame(columns).astype({"sheet": "str", "line": "str"})


@dataclass(frozen=True, slots=True)
class Reading:
    """One delivery as read, or one part of it: a workbook may hold several forms, units and periods.

    `part` counts from 1 within the delivery. Without a `form` there are no tables, and `problems` say why.
    """

    delivery: Delivery
    form: Form | None = None
    unit_code: str | None = None
    period: Period | None = None
    stage: Stage = Stage.FINAL
    tables: dict[str, TableReading] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    part: int = 1

    @property
    def number(self) -> int:
        """The number that no other reading has: its delivery's, with the part before it from the second on.

        Part 2 of delivery 17 is 2000000017, so that Data Docs lead back to the delivery.
        """
        return self.delivery.id + (_PARTS_APART * self.part if self.part > 1 else 0)

    @property
    def is_nil(self) -> bool:
        """Tell whether its sender wrote of one of its tables that there is nothing to report."""
        return any(table.is_nil for table in self.tables.values())

    @property
    def is_blank(self) -> bool:
        """Tell whether there are tables and none of them holds a value, or met one that could not be read."""
        met = any(problem.rule.startswith("CELL-") for problem in self.problems)
        return bool(self.tables) and not met and all(table.is_blank for table in self.tables.values())


def summarise(read: TableReading, summary: Summary) -> float:
    """Return a list's summary over its lines; NaN for a list without lines or a single figure, 0 where nothing is said to be."""
    if read.is_nil:
        return 0.0
    if not read.rows:
        return float("nan")
    chosen: Iterable[int] = range(len(read.rows))
    for column, words in summary.chosen.items():
        chosen = [at for at in chosen if read.values[column][at] in words]
    values = [read.values[summary.column][at] for at in chosen]
    given = sum(map(is_given, values))
    if summary.count:
        return float(given)
    import numpy as np  # noqa: PLC0415  (as above)

    # No line of that kind is a sum of 0; lines without a figure are a sum that nobody knows.
    return float(np.nansum(np.array(values, dtype="float64"))) if given or not values else float("nan")


def facts_of(reading: Reading) -> tuple[Fact, ...]:
    """Return every value of the reading's tables as a fact with its cell; empty cells and personal columns give none.

    A matrix gives `<column>_<line>` elements on line 0, a list one fact a cell on the line of its sheet row, and its
    summaries on line 0 with the cells that they were computed from.
    """
    if reading.form is None:
        return ()
    facts: list[Fact] = []
    for table in reading.form.tables:
        read = reading.tables.get(table.name)
        if read is None:
            continue
        loaded = [column.name for column in table.columns if column.name in read.letters and not column.personal]
        columns = [_column_facts(read, table, name) for name in loaded]
        facts += [fact for line in zip(*columns, strict=True) for fact in line if fact is not None]
        facts += _summary_facts(read, table)
    return tuple(facts)


def _column_facts(read: TableReading, table: Table, name: str) -> list[Fact | None]:
    """Return the facts of a column, None for an empty cell. A night has millions: what they have in common is looked up once."""
    rows, lines, letter, sheet, is_matrix = read.rows, read.lines, read.letters[name], read.sheet, table.kind == "matrix"
    elements = [f"{name}_{line}" for line in lines] if is_matrix else [name] * len(rows)
    words: list[Qualifier | None] = [None] * len(rows)
    if read.qualifiers:
        words = [_qualifier_of(read, table, name, row, line) for row, line in zip(rows, lines, strict=True)]
    cells = [f"{letter}{row}" for row in rows]
    return [
        None
        if value is None or value != value  # noqa: PLR0124  (NaN differs from itself)
        else Fact(element, line, value, None, sheet, cell, word)
        if isinstance(value, float)
        else Fact(element, line, None, str(value), sheet, cell, word)
        for element, line, cell, word, value in zip(
            elements, [0] * len(rows) if is_matrix else rows, cells, words, read.values[name], strict=True
        )
    ]


def _qualifier_of(read: TableReading, table: Table, name: str, row: int, line: str) -> Qualifier | None:
    """Return the word before a figure, or before a part of it: a total of "khoảng 50" and 30 is no exact 80."""
    if (name, row) in read.qualifiers:
        return read.qualifiers[name, row]
    declared = next((other for other in table.lines if other.key == line), None)
    parts = parts_of(table.column(name), declared) if read.qualifiers else ()
    if not parts:
        return None
    # Only a matrix has parts on other rows, and few of them; a list may have a hundred thousand lines.
    rows = dict(zip(read.lines, read.rows, strict=True)) if declared else {}
    return _joint(_qualifier_of(read, table, p.column, rows.get(p.line, row), p.line) for p in parts)


def _joint(qualifiers: Iterable[Qualifier | None]) -> Qualifier | None:
    """Return what a sum of such figures is: all of one word that word, of several only about."""
    words = {word for word in qualifiers if word is not None}
    return words.pop() if len(words) == 1 else Qualifier.ABOUT if words else None


def _summary_facts(read: TableReading, table: Table) -> Iterator[Fact]:
    for name, summary in table.summaries.items():
        value, letter = summarise(read, summary), read.letters.get(summary.column)
        if letter is not None and is_given(value):
            cells = f"{letter}{min(read.rows)}:{letter}{max(read.rows)}" if read.rows else letter
            word = _joint(read.qualifiers.get((summary.column, row)) for row in read.rows) if summary.sum else None
            yield Fact(name, 0, value, None, read.sheet, cells, word)
