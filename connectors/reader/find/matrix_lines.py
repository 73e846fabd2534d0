"""The lines of a matrix: which row is which declared line.

A row is known by its label. A part may also be known by the line that it is under, where its label
does not say what it is a part of ("Tiểu dự án 1" under "Dự án 3"). A label with a typing mistake is
known too. The last two are reported.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

from connectors.reader.find.fuzzy_labels import closest
from connectors.reader.find.headings import fold_bare, fold_label, gathers
from connectors.reader.find.layout import Header
from connectors.reader.find.list_lines import report_wrong_sums
from connectors.reader.find.nil_report import says_none_happened
from connectors.reader.find.non_data_text import is_total
from connectors.reader.find.table_region import TableRegion
from connectors.reader.values.parse_cell import is_empty, text_of_cell
from program.forms.table import Line, Table

_ORDINAL = re.compile(r"^\s*(?:[-–+•*]\s*|(?:[0-9]{1,2}|[ivxIVX]{1,4}|[a-eA-E])\s*[.)/]\s*)+")
_HEAD = re.compile(r"(?P<head>[^:.]+)(?:[:.](?P<rest>.*))?", re.DOTALL)


class LineLabel(NamedTuple):
    """The label of a row, and the declared line that it names.

    Attributes:
        row: the 0-based row.
        at: the 0-based column of the label.
        text: the label as written; "" for a row without one.
        line: the declared line; None if the label names none.
        rule: the rule that reports how the line was known, if not by its writing alone.
        whole: the label of the line that it was found to be a part of.
    """

    row: int
    at: int
    text: str
    line: Line | None
    rule: str = ""
    whole: str = ""


def read_labels(header: Header, table: Table, end: int) -> list[LineLabel]:
    """Return the label of each row of a matrix between its header and `end`; [] for a list."""
    if not table.lines:
        return []
    writings = _writings_of(table)
    names = _names_of(writings)
    sure = [_sure_label(header, row, names) for row in range(header.body, end)]
    met = {label.line.key for label in sure if label.line}
    missing = {line.key: line for line in table.lines if line.key not in met}

    labels: list[LineLabel] = []
    whole: Line | None = None
    for label in sure:
        found = label
        # What a part is under depends on the rows above it. So this goes from the top down.
        if label.line is None and label.text:
            under = _under(label, whole, table)
            found = under or _misspelt(label, writings, missing, header) or label
        labels.append(found)
        whole = _whole_after(found, whole)
    return labels


def _writings_of(table: Table) -> dict[str, Line]:
    """Return the lines of a matrix by their folded spellings."""
    writings: dict[str, Line] = {}
    for line in table.lines:
        writings.update(dict.fromkeys(line.bare, line))
    return writings


def _names_of(writings: Mapping[str, Line]) -> dict[str, Line]:
    """Return the lines by their spellings, and by those without spaces: "DA 1" is "DA1".

    A spelling that two lines would share without its spaces is known with them only.
    """
    joined: dict[str, Line] = {}
    shared: set[str] = set()
    for writing, line in writings.items():
        name = writing.replace(" ", "")
        if joined.setdefault(name, line) is not line:
            shared.add(name)
    sure = {name: line for name, line in joined.items() if name not in shared}
    return {**sure, **writings}


def _sure_label(header: Header, row: int, names: Mapping[str, Line]) -> LineLabel:
    """Return the label of a row, with its line where the label alone says it."""
    at, text = _label_of(header, row)
    return LineLabel(row, at, text, _named(text, names))


def line_rows(labels: list[LineLabel]) -> dict[str, int]:
    """Return the 0-based row on which each line of a matrix first appears."""
    rows: dict[str, int] = {}
    for label in labels:
        if label.line is not None:
            rows.setdefault(label.line.key, label.row)
    return rows


def matrix_lines(place: TableRegion, labels: list[LineLabel]) -> Iterator[tuple[int, str]]:
    """Yield the sheet row and key of each declared line that is filled in, and of each total.

    A total is yielded even if it is empty. What is not yielded is reported.
    """
    lines = _Lines(place)
    for label in labels:
        if label.line is None:
            lines.report_unknown(label)
        elif lines.takes(label, label.line):
            yield label.row, label.line.key
    lines.compare_own_totals(labels)
    lines.report_missing_totals()


@dataclass(frozen=True, slots=True)
class _Lines:
    """The declared lines of a matrix.

    `met` are the keys of those that were found so far; `taken` of those that were also filled in.
    """

    place: TableRegion
    met: set[str] = field(default_factory=set)
    taken: set[str] = field(default_factory=set)

    def report_unknown(self, label: LineLabel) -> None:
        """Report a row that is no declared line, unless it is a note or a signature."""
        place = self.place
        # Words that stand under no heading were met before (`continued_words`).
        if place.table.is_words_only:
            return
        if self._is_own_total(label):
            return
        if not place.has_value(label.row) and not self._is_line_in_words(label):
            return
        name = label.text or "(không có tên)"
        place.report("FORM-11", label.row, label.at, name)

    def _is_own_total(self, label: LineLabel) -> bool:
        """Tell whether a row is a total that its sender added: the form asks for none."""
        has_total = any(line.total for line in self.place.table.lines)
        return not has_total and is_total(label.text)

    def compare_own_totals(self, labels: list[LineLabel]) -> None:
        """Report each figure of a sender's own total that is not the sum of the lines."""
        taken = [line for line in self.place.table.lines if line.key in self.taken]
        # A line that is a part of another one is in its figure already.
        parts = set(chain.from_iterable(line.parts for line in taken))
        added = self.taken - parts
        rows = [row for key, row in line_rows(labels).items() if key in added]
        for label in labels:
            if label.line is None and self._is_own_total(label):
                report_wrong_sums(self.place, rows, label.row, label.text)

    def _is_line_in_words(self, label: LineLabel) -> bool:
        """Tell whether a row without figures is a line of the table all the same.

        Above the totals, words are a line too ("Cấp ấp: ba lớp"). Below them, words are notes and
        signatures.
        """
        if not label.text or not self.place.filled(label.row):
            return False
        return not self._is_after_total()

    def _is_after_total(self) -> bool:
        """Tell whether all totals were met; without totals, all lines."""
        lines = self.place.table.lines
        totals = [line for line in lines if line.total]
        last = totals or lines
        return all(line.key in self.met for line in last)

    def takes(self, label: LineLabel, line: Line) -> bool:
        """Tell whether a row is taken as its line; report why not, or how it was known."""
        place = self.place
        # The first row counts: what is in the second one is asked about, not added.
        if line.key in self.met:
            place.report("FORM-15", label.row, label.at, label.text)
            return False
        self.met.add(line.key)
        # An empty total is still a line: whether its parts are empty too is checked later.
        if not line.total and self._is_empty(label.row):
            # An optional table may be left blank as a whole.
            if not place.table.optional:
                place.report("FORM-16", label.row, label.at, label.text)
            return False
        if label.rule:
            values = {"line": line.label, "whole": label.whole}
            place.report(label.rule, label.row, label.at, label.text, **values)
        self.taken.add(line.key)
        return True

    def _is_empty(self, number: int) -> bool:
        """Tell whether a row has no value, or one cell that says so: "Không phát sinh"."""
        place = self.place
        filled = place.filled(number)
        if len(filled) != 1 or place.table.is_words_only:
            return not filled
        return says_none_happened(place.row(number)[filled[0]])

    def report_missing_totals(self) -> None:
        """Report each total that no row was found for, and each sum of lines that were filled in.

        The sums of all units would lack this unit's share of such a line.
        """
        header_row = self.place.header.row
        for line in self.place.table.lines:
            is_summed = not self.taken.isdisjoint(line.parts)
            if line.key not in self.met and (line.total or is_summed):
                self.place.report("FORM-09", header_row, 0, None, line=line.label)


def _label_of(header: Header, number: int) -> tuple[int, str]:
    """Return a line's column and label; a total often spreads over the column to the left too."""
    row = header.sheet.rows[number]
    at = header.line or 0
    for column in (at, at - 1):
        if column < 0 or column in header.columns.values():
            continue
        cell = row[column]
        if isinstance(cell, str) and not is_empty(cell):
            return column, text_of_cell(cell)
    return at, ""


def _named(label: str, names: Mapping[str, Line]) -> Line | None:
    """Return the declared line that a label names, with or without "1.", "a)" or "-" before it."""
    # As written first: an ordinal may be a part of the label itself.
    without_ordinal = _ORDINAL.sub("", label)
    for text in (label, without_ordinal):
        bare = fold_bare(text)
        for name in (bare, bare.replace(" ", "")):
            if name and name in names:
                return names[name]
    return None


def _under(label: LineLabel, whole: Line | None, table: Table) -> LineLabel | None:
    """Return the part of `whole` that a label names without its whole; None if it names none.

    What follows a colon is the part's title. With a figure in it, it may name another whole.
    """
    if whole is None:
        return None
    without_ordinal = _ORDINAL.sub("", label.text)
    match = _HEAD.fullmatch(without_ordinal)
    if match is None:
        return None
    title = match["rest"] or ""
    if any(map(str.isdigit, title)):
        return None
    name = fold_label(match["head"]).replace(" ", "")
    line = _short_names(whole, table).get(name)
    if line is None:
        return None
    return label._replace(line=line, rule="FORM-42", whole=whole.label)


def _short_names(whole: Line, table: Table) -> dict[str, Line | None]:
    """Return what the parts of a line are called under it.

    "Tiểu dự án 1 - Dự án 3" is "tieuduan1" there. A name that two parts share stands for None.
    """
    names: dict[str, Line | None] = {}
    for line in table.lines:
        if line.key not in whole.parts:
            continue
        for name in _names_without(whole, line):
            is_shared = name in names
            names[name] = None if is_shared else line
    return names


def _names_without(whole: Line, part: Line) -> set[str]:
    """Return the spellings of a part without any spelling of its whole."""
    names: set[str] = set()
    for writing in part.writings:
        folded = fold_label(writing)
        for of_whole in whole.writings:
            names.add(_without(folded, fold_label(of_whole)))
    names.discard("")
    return names


def _without(writing: str, whole: str) -> str:
    """Return a part's writing, without spaces, less that of its whole before or behind it.

    "" if the spelling of the whole is in neither place.
    """
    rest = ""
    if writing.endswith(f" {whole}"):
        # "Tiểu dự án 1 thuộc Dự án 3".
        rest = writing.removesuffix(f" {whole}").removesuffix(" thuoc")
    elif writing.startswith(f"{whole} "):
        rest = writing.removeprefix(f"{whole} ")
    return rest.replace(" ", "")


def _misspelt(
    label: LineLabel, writings: Mapping[str, Line], missing: Mapping[str, Line], header: Header
) -> LineLabel | None:
    """Return the line that a label misspells and that is nowhere else; None without one."""
    without_ordinal = _ORDINAL.sub("", label.text)
    text = fold_bare(without_ordinal)
    if not text:
        return None
    # All lines compete, not only the missing ones: the nearest may be one that was found.
    names = [(line.key, writing) for writing, line in writings.items()]
    key = closest(text, names, header.words)
    if key is None:
        return None
    line = missing.get(key)
    if line is None:
        return None
    return label._replace(line=line, rule="FORM-41")


def _whole_after(label: LineLabel, whole: Line | None) -> Line | None:
    """Return the line whose parts may follow a label; None after an unknown label.

    It is the line of the label itself, or the one that this line is a part of.
    """
    line = label.line
    if line is None:
        # "Trong đó:" and a row without a label do not end the parts.
        if not label.text or gathers(label.text):
            return whole
        return None
    if line.parts and not line.total:
        return line
    if whole is not None and line.key in whole.parts:
        return whole
    return None
