"""The words of a narrative that stand beside the cell that was meant for them.

Officers type on in the next row or column, or merge cells. Such words belong to the heading above
them. Where no heading is certain, the cell is reported, and its words are not read.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from connectors.reader.find.layout import Header
from connectors.reader.find.matrix_lines import LineLabel
from connectors.reader.find.non_data_text import begins_signature
from connectors.reader.open.sheet_size import Corner
from connectors.reader.values.parse_cell import is_empty, text_of_cell
from program.addresses import column_letter
from program.finding import ReaderFinding
from program.forms.table import Table
from program.labels import fold


class _Words(NamedTuple):
    """A cell with words.

    Attributes:
        at: its 0-based column.
        text: its words.
        column: the sheet column of the declared column that they are under; None for none.
    """

    at: int
    text: str
    column: int | None


def with_continued_words(
    header: Header,
    table: Table,
    labels: Sequence[LineLabel],
    merged: dict[Corner, tuple[Corner, Corner]],
) -> tuple[Header, list[ReaderFinding]]:
    """Return a header whose sheet has each narrative in one cell, and the problems met.

    Only a matrix that asks for nothing but words is changed: in any other, a row without a label is
    asked about. A cell that gets words is no longer part of a merged one: it leaves `merged`.
    """
    has_heading = any(label.line is not None for label in labels)
    # Without a heading the table is not there: another sheet has a word like its header.
    if not table.is_words_only or not has_heading:
        return header, []
    reading = _Reading(header, table, merged)
    reading.read(labels)
    return reading.joined(), reading.problems


@dataclass(slots=True)
class _Reading:
    """The words of a table, read from the top down.

    Attributes:
        heading: the row of the heading above; None if the last label is none of the form's.
        is_closed: a blank row stands between the last heading and here.
        is_signed: a signature began above.
        words: the words that a cell of a heading gets, by row and column.
    """

    header: Header
    table: Table
    merged: dict[Corner, tuple[Corner, Corner]]
    heading: int | None = None
    is_closed: bool = False
    is_signed: bool = False
    words: defaultdict[Corner, list[str]] = field(default_factory=lambda: defaultdict(list))
    problems: list[ReaderFinding] = field(default_factory=list)

    def read(self, labels: Sequence[LineLabel]) -> None:
        """Give the words of each row to the heading that they belong to, or report them."""
        last_heading = max(label.row for label in labels if label.line is not None)
        for label in labels:
            found = list(self._words_of(label))
            is_below = label.row > last_heading
            if label.line is not None:
                self.heading = label.row
                self._take(label.row, found, label.row)
            elif not found:
                self.is_closed = self.is_closed or is_below
            elif is_below and self._is_signature(found):
                self._report("FORM-17", label.row, found)
            else:
                heading = self._heading_of(label, found)
                self._take(heading, found, label.row)

    def _words_of(self, label: LineLabel) -> Iterator[_Words]:
        """Yield the cells of a row with words, but not the heading and what is in its own cells."""
        header = self.header
        row = header.sheet.rows[label.row]
        own: set[int] = set()
        if label.line is not None:
            own.update(header.columns.values())
        elif _is_name(label.text):
            yield _Words(label.at, label.text, self._column_across(label))
        first = (header.line or 0) + 1
        end = header.span.stop if header.is_apart else len(row)
        for at in range(first, end):
            if at in own or is_empty(row[at]):
                continue
            column = self._heading_over(at)
            # A column that is none of the form's has a finding of its own.
            if column is None or column in header.columns.values():
                yield _Words(at, text_of_cell(row[at]), column)

    def _heading_over(self, at: int) -> int | None:
        """Return the sheet column of the nearest heading at or to the left of a column."""
        others = [heading.at for heading in self.header.others]
        headed = [*self.header.columns.values(), *others]
        return max((column for column in headed if column <= at), default=None)

    def _column_across(self, label: LineLabel) -> int | None:
        """Return the declared column that a cell in the place of a label reaches into."""
        for column in sorted(self.header.columns.values()):
            corners = self.merged.get((label.row, column))
            if corners is not None and corners[0] == (label.row, label.at):
                return column
        return None

    def _is_signature(self, found: Sequence[_Words]) -> bool:
        """Tell whether a row below all headings is a part of the signature, as all below it are."""
        self.is_signed = self.is_signed or any(begins_signature(words.text) for words in found)
        return self.is_signed

    def _heading_of(self, label: LineLabel, found: Sequence[_Words]) -> int | None:
        """Return the row of the heading that a row without one goes on with; None if unknown."""
        if found[0].at == label.at and found[0].column is None:
            # "Nguyên nhân" begins something else. What follows it belongs to it.
            self.heading = None
        return None if self.is_closed else self.heading

    def _take(self, heading: int | None, found: Sequence[_Words], row: int) -> None:
        """Give the words of a row to a heading; report them if they have no place there."""
        placed = [(words.column, words.text) for words in found if words.column is not None]
        if heading is None or len(placed) < len(found):
            self._report("FORM-63", row, found)
            return
        for column, text in placed:
            self.words[heading, column].append(text)

    def _report(self, rule: str, row: int, found: Sequence[_Words]) -> None:
        if not found:
            return
        first = found[0]
        cell = f"{column_letter(first.at + 1)}{row + 1}"
        text = " ".join(words.text for words in found)
        values = {"table": self.table.title}
        self.problems.append(ReaderFinding(rule, self.header.sheet.name, cell, text, values))

    def joined(self) -> Header:
        """Return the header with the words in the cells that they belong to."""
        if not self.words:
            return self.header
        rows = [*self.header.sheet.rows]
        for (number, at), words in self.words.items():
            row = [*rows[number]]
            own = [] if is_empty(row[at]) else [text_of_cell(row[at])]
            row[at] = "\n".join([*own, *words])
            rows[number] = row
            self.merged.pop((number, at), None)
        sheet = replace(self.header.sheet, rows=rows)
        return replace(self.header, sheet=sheet)


def _is_name(text: str) -> bool:
    """Tell whether a text in the place of a label is more than a number or letter of a list."""
    folded = fold(text)
    return len(folded) > 1 and not folded.isdigit()
