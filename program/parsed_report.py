"""What the reader hands over: the tables of a delivery column by column, and where each cell is."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, TypeAlias, cast

from program.calendar.period import Period
from program.calendar.stage import Stage
from program.delivery import Delivery
from program.finding import ReaderFinding
from program.forms.form import Form
from program.forms.qualifier import Qualifier
from program.forms.table import ListSummary, Table
from program.forms.totals import summands_of
from program.submission import Fact
from program.tools.field_places import FieldPlaces, field_at

if TYPE_CHECKING:
    import pandas as pd

ColumnValues: TypeAlias = list[float] | list[str | None] | list[date | None]
"""The values of a column, one a line. A missing figure is NaN, a missing text or day None."""
_NUMBERS_PER_REPORT = 1_000_000_000
"""More than there will ever be deliveries: the numbers of two parts never meet."""


@dataclass(frozen=True)
class ParsedTable:
    """One table as read.

    Attributes:
        values: The values of each declared column, in the declared order: figures in the kept unit,
            texts, days. A column that was not found has values too; all of them are missing.
        rows: The row number on the sheet of each line.
        lines: The key of each line of a matrix; "" for each line of a list.
        dtypes: The dtype of each column in `frame`.
        letters: The letter of each column that was found on `sheet`.
        sheet: The name of the sheet.
        qualifiers: The word before a figure ("trên 1.200"), by column and row.
        texts: Column and row of each figure that a spreadsheet holds as text, and so leaves out of
            its sums. Only parts of a total are listed.
        open_totals: Column and row of each total that nobody knows, because a part is not known.
            They have no value.
        optional: Required columns that this unit may leave empty.
        is_nil: The sender wrote that there is nothing to report.
        refused: Columns and rows of the cells that hold something which gave no value.
        days_elsewhere: Column and row of each empty day on whose row another column holds several
            days. One of them may be this one.
    """

    values: dict[str, ColumnValues]
    rows: list[int]
    lines: list[str]
    dtypes: Mapping[str, str]
    letters: dict[str, str]
    sheet: str = ""
    qualifiers: Mapping[tuple[str, int], Qualifier] = field(default_factory=dict)
    texts: Set[tuple[str, int]] = frozenset()
    open_totals: Set[tuple[str, int]] = frozenset()
    optional: Set[str] = frozenset()
    is_nil: bool = False
    refused: Set[tuple[str, int]] = frozenset()
    days_elsewhere: Set[tuple[str, int]] = frozenset()

    @property
    def is_blank(self) -> bool:
        """Tell whether the table has no value, and nobody wrote that there is nothing to report."""
        if self.is_nil:
            return False
        # Columns that were not found have values too, all of them missing.
        found = [self.values[name] for name in self.letters]
        return not any(map(is_given, chain.from_iterable(found)))

    @cached_property
    def frame(self) -> "pd.DataFrame":
        """A row for each line: the columns `sheet` (str), `row` (int), `line` (str) and the data.

        Data columns are float64, text or datetime64, with NaN or None if empty. The frame is
        built when it is first asked for: that takes longer than reading the table. Code that looks
        at many tables builds one frame for all of them with `frame_of`.
        """
        return frame_of([self])

    def cell(self, element: str, row: int) -> str | None:
        """Return the address of a column's cell on a row; None if the column is missing."""
        letter = self.letters.get(element)
        if not letter:
            return None
        return f"{letter}{row}"

    def may_be_empty(self, element: str, row: int) -> bool:
        """Tell whether a required cell may stay empty, so that no finding asks for its value."""
        place = (element, row)
        is_asked_elsewhere = place in self.open_totals or place in self.days_elsewhere
        return element in self.optional or is_asked_elsewhere

    def without(self, rows: Collection[int]) -> "ParsedTable":
        """Return the same table without the lines on these rows of its sheet."""
        kept = [index for index, row in enumerate(self.rows) if row not in rows]
        values: dict[str, ColumnValues] = {}
        for name, column in self.values.items():
            # Some values of a column are of the column's own kind.
            values[name] = cast("ColumnValues", [column[index] for index in kept])
        return replace(
            self,
            values=values,
            rows=[self.rows[index] for index in kept],
            lines=[self.lines[index] for index in kept],
        )


def is_given(value: float | str | date | None) -> bool:
    """Tell whether a column has a value: neither None nor NaN."""
    return value is not None and value == value  # noqa: PLR0124  (NaN differs from itself)


def frame_of(parts: Sequence[ParsedTable]) -> "pd.DataFrame":
    """Return one frame with the lines of one declared table in several parsed reports, in order.

    At least one parsed report is needed. The columns are those of `ParsedTable.frame`.
    """
    # Code that only reads or shows a report builds no frame, and imports neither of them.
    import numpy as np  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415

    sheets: list[str] = []
    lines: list[str] = []
    for part in parts:
        sheets += [part.sheet] * len(part.rows)
        lines += part.lines
    rows = chain.from_iterable(part.rows for part in parts)
    columns: dict[str, object] = {
        "sheet": sheets,
        "row": np.fromiter(rows, dtype="int64"),
        "line": lines,
    }
    dtypes = parts[0].dtypes
    for name, dtype in dtypes.items():
        values: list[float | str | date | None] = []
        for part in parts:
            values += part.values[name]
        columns[name] = pd.Series(values, dtype=dtype)
    frame = pd.DataFrame(columns)
    # Without lines, pandas cannot see that these two columns hold texts.
    return frame.astype({"sheet": "str", "line": "str"})


@dataclass(frozen=True, slots=True)
class ParsedReport:
    """One report as read. A delivery may hold several: a workbook has forms, units and periods.

    `report_no` counts the reports of a delivery from 1. Where `form` is None there are no tables,
    and `problems` say why. `fields` has the field of a form tool behind each cell; it is empty for
    a report that came as a workbook.
    """

    delivery: Delivery
    form: Form | None = None
    unit_code: str | None = None
    period: Period | None = None
    stage: Stage = Stage.FINAL
    tables: dict[str, ParsedTable] = field(default_factory=dict)
    problems: tuple[ReaderFinding, ...] = ()
    report_no: int = 1
    fields: FieldPlaces = field(default_factory=dict)

    def name_of(self, sheet: str | None, cell: str | None) -> str:
        """Return what a sentence calls a cell: its address, or the path of its field."""
        return field_at(self.fields, sheet, cell) or str(cell)

    @property
    def number(self) -> int:
        """The number that identifies this parsed report among all others.

        It is the number of the delivery. From the second report on, its number stands before
        it: report 2 of delivery 17 is 2000000017. So Data Docs lead back to the delivery.
        """
        # Nearly every delivery has one report, so its number is the one that people know.
        if self.report_no == 1:
            return self.delivery.id
        return self.delivery.id + _NUMBERS_PER_REPORT * self.report_no

    @property
    def is_nil(self) -> bool:
        """Tell whether the sender wrote of a table that there is nothing to report."""
        return any(table.is_nil for table in self.tables.values())

    @property
    def is_blank(self) -> bool:
        """Tell whether there are tables, and all of their cells are empty.

        A cell that could not be read is not empty.
        """
        if not self.tables:
            return False
        return all(table.is_blank and not table.refused for table in self.tables.values())


def summarise(read: ParsedTable, summary: ListSummary) -> float:
    """Return the summary of a list over its lines.

    NaN where the list has no lines, a line of a sum has no figure, or a line does not say of which
    kind it is: the summary is then unknown. 0 where the sender wrote that there is nothing to
    report, or where no line is of the kind.
    """
    if read.is_nil:
        return 0.0
    # An empty list is no zero: its sender may have forgotten it.
    if not read.rows:
        return float("nan")
    for column in summary.chosen:
        if not all(is_given(value) for value in read.values[column]):
            return float("nan")
    values = _selected_values(read, summary)
    if summary.count:
        return float(sum(map(is_given, values)))
    import numpy as np  # noqa: PLC0415  (see `frame_of`)

    # NaN for an unknown figure.
    figures = np.array(values, dtype="float64")
    return float(np.sum(figures))


def _selected_values(read: ParsedTable, summary: ListSummary) -> list[float | str | date | None]:
    """Return the values that a summary counts or sums: those of the lines that it selects."""
    selected: Iterable[int] = range(len(read.rows))
    # A line must fit all the columns that the summary names.
    for column, words in summary.chosen.items():
        column_values = read.values[column]
        selected = [index for index in selected if column_values[index] in words]
    values = read.values[summary.column]
    return [values[index] for index in selected]


def facts_of(reading: ParsedReport) -> tuple[Fact, ...]:
    """Return every value of the reading's tables as a fact with its cell.

    Empty cells and personal columns give no fact. A matrix gives the elements `<column>_<line>` on
    line 0. A list gives a fact for each cell, on the line of its sheet row; and its summaries on
    line 0, with the range of cells that they were computed from.
    """
    if reading.form is None:
        return ()
    facts: list[Fact] = []
    for table in reading.form.tables:
        read = reading.tables.get(table.name)
        if read is not None:
            facts += _cell_facts(read, table)
            facts += _summary_facts(read, table)
    return tuple(facts)


def _cell_facts(read: ParsedTable, table: Table) -> Iterator[Fact]:
    """Yield the facts of a table's cells, line by line."""
    columns: list[list[Fact | None]] = []
    for column in table.columns:
        is_found = column.name in read.letters
        # No fact is made of a person's data, so none can reach the warehouse.
        if is_found and not column.personal:
            columns.append(_column_facts(read, table, column.name))
    for line in zip(*columns, strict=True):
        for fact in line:
            if fact is not None:
                yield fact


def _column_facts(read: ParsedTable, table: Table, name: str) -> list[Fact | None]:
    """Return the facts of a column, one a line; None for an empty cell.

    A run has millions of cells: what the cells of a column share is looked up once.
    """
    rows = read.rows
    sheet = read.sheet
    letter = read.letters[name]
    if table.kind == "matrix":
        elements = [f"{name}_{line}" for line in read.lines]
        numbers = [0] * len(rows)
    else:
        elements = [name] * len(rows)
        numbers = rows
    cells = [f"{letter}{row}" for row in rows]
    words = _qualifiers_of(read, table, name)
    facts: list[Fact | None] = []
    places = zip(elements, numbers, cells, words, read.values[name], strict=True)
    for element, number, cell, word, value in places:
        # As `is_given`, without a call for each cell.
        if value is None or value != value:  # noqa: PLR0124  (NaN differs from itself)
            facts.append(None)
        elif isinstance(value, float):
            facts.append(Fact(element, number, value, None, sheet, cell, word))
        else:
            facts.append(Fact(element, number, None, str(value), sheet, cell, word))
    return facts


def _qualifiers_of(
    read: ParsedTable,
    table: Table,
    name: str,
) -> list[Qualifier | None]:
    """Return the word before each figure of a column, one a line."""
    # Nearly every table. Its totals are then not looked through.
    if not read.qualifiers:
        return [None] * len(read.rows)
    places = zip(read.rows, read.lines, strict=True)
    return [_qualifier_of(read, table, name, row, line) for row, line in places]


def _qualifier_of(
    read: ParsedTable,
    table: Table,
    name: str,
    row: int,
    line: str,
) -> Qualifier | None:
    """Return the word before a figure, or before its parts: "khoảng 50" and 30 are no exact 80."""
    if (name, row) in read.qualifiers:
        return read.qualifiers[name, row]
    declared = next((other for other in table.lines if other.key == line), None)
    parts = summands_of(table.column(name), declared)
    if not parts:
        return None
    rows: dict[str, int] = {}
    # Only a matrix has parts on other rows, and it has few rows. A list may have a hundred
    # thousand.
    if declared is not None:
        rows = dict(zip(read.lines, read.rows, strict=True))
    words: list[Qualifier | None] = []
    for part in parts:
        part_row = rows.get(part.line, row)
        words.append(_qualifier_of(read, table, part.column, part_row, part.line))
    return _joint(words)


def _joint(qualifiers: Iterable[Qualifier | None]) -> Qualifier | None:
    """Return the qualifier of a sum of figures: their common one, or "about" where they differ."""
    words = {word for word in qualifiers if word is not None}
    if len(words) > 1:
        return Qualifier.ABOUT
    return words.pop() if words else None


def _summary_facts(read: ParsedTable, table: Table) -> Iterator[Fact]:
    """Yield the summaries of a list that are facts of the report."""
    for name, summary in table.summaries.items():
        letter = read.letters.get(summary.column)
        # Without its column, a sum is unknown and a count would be 0.
        if summary.checks_only or letter is None:
            continue
        value = summarise(read, summary)
        if not is_given(value):
            continue
        cells = letter
        if read.rows:
            first_row = min(read.rows)
            last_row = max(read.rows)
            cells = f"{letter}{first_row}:{letter}{last_row}"
        word: Qualifier | None = None
        # A count of lines is exact, whatever stands in them.
        if summary.sum:
            words = [read.qualifiers.get((summary.column, row)) for row in read.rows]
            word = _joint(words)
        yield Fact(name, 0, value, None, read.sheet, cells, word)
