"""The lines of a matrix: which row is which declared line.

By its label; by the line that it stands under, for a part whose label leaves out of what it is a part ("Tiểu dự án 1"
under "Dự án 3"); or by a slip of the keyboard. The last two are told.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from connectors.reader.headings import fold_bare, fold_label, gathers
from connectors.reader.layout import Header
from connectors.reader.likeness import closest
from connectors.reader.place import Place
from connectors.reader.values import is_empty, show
from program.table import Line, Table

_ORDINAL = re.compile(r"^\s*(?:[-–+•*]\s*|(?:[0-9]{1,2}|[ivxIVX]{1,4}|[a-eA-E])\s*[.)/]\s*)+")
_HEAD = re.compile(r"(?P<head>[^:.]+)(?:[:.](?P<rest>.*))?", re.DOTALL)


class LineLabel(NamedTuple):
    """The label of a row: where it stands, the declared line that it is, and by what rule if not by its writing alone."""

    row: int
    at: int
    text: str
    line: Line | None
    rule: str = ""
    whole: str = ""


def read_labels(header: Header, table: Table, end: int) -> list[LineLabel]:
    """Return the label of each row of a matrix between its header and `end`; none for a list."""
    if not table.lines:
        return []
    writings = {writing: line for line in table.lines for writing in line.bare}
    rows = [LineLabel(row, *_label_of(header, row), None) for row in range(header.body, end)]
    sure = [label._replace(line=_named(label.text, writings)) for label in rows]
    missing = {line.key: line for line in table.lines} | {label.line.key: None for label in sure if label.line}
    labels: list[LineLabel] = []
    whole: Line | None = None
    for label in sure:
        found = label
        if label.line is None and label.text:
            found = _under(label, whole, table) or _misspelt(label, writings, missing, header) or label
        labels.append(found)
        whole = _whole_after(found, whole)
    return labels


def line_rows(labels: list[LineLabel]) -> dict[str, int]:
    """Return the 0-based row on which each line of a matrix first stands."""
    return {label.line.key: label.row for label in reversed(labels) if label.line is not None}


def matrix_lines(place: Place, labels: list[LineLabel]) -> Iterator[tuple[int, str]]:
    """Yield the sheet row and key of each declared line that is filled in, and of the total even if it is not."""
    met: set[str] = set()
    last = {line.key for line in place.table.lines if line.total} or {line.key for line in place.table.lines}
    for number, at, label, line, rule, whole in labels:
        filled = bool(place.filled(number))
        if line is None:
            # Above the total, words count too ("Cấp ấp: ba lớp"); below, they are notes and signatures.
            if place.has_value(number) or (label and filled and not met.issuperset(last)):
                place.report("FORM-11", number, at, label or "(không có tên)")
        elif line.key in met:
            place.report("FORM-15", number, at, label)
        else:
            met.add(line.key)
            if filled or line.total:
                if rule:
                    place.report(rule, number, at, label, line=line.label, whole=whole)
                yield number, line.key
            else:
                place.report("FORM-16", number, at, label)
    for line in place.table.lines:
        if line.total and line.key not in met:
            place.report("FORM-09", place.header.row, 0, None, line=line.label)


def _label_of(header: Header, number: int) -> tuple[int, str]:
    """Return a line's label and its column: that of the labels, or one to its left that a total often spreads over."""
    row, at = header.sheet.rows[number], header.line or 0
    for column in (at, at - 1):
        cell = row[column] if column >= 0 and column not in header.columns.values() else ""
        if isinstance(cell, str) and not is_empty(cell):
            return column, show(cell)
    return at, ""


def _named(label: str, writings: dict[str, Line]) -> Line | None:
    """Return the declared line that a label names, with or without "1.", "a)" or "-" before it."""
    for text in (label, _ORDINAL.sub("", label)):
        if (bare := fold_bare(text)) in writings and bare:
            return writings[bare]
    return None


def _under(label: LineLabel, whole: Line | None, table: Table) -> LineLabel | None:
    """Return the part of `whole` that a label names without saying of what, or None.

    What follows a colon is the part's title; with a figure in it, it may name another whole.
    """
    match = _HEAD.fullmatch(_ORDINAL.sub("", label.text)) if whole else None
    if whole is None or match is None or any(map(str.isdigit, match["rest"] or "")):
        return None
    line = _short_names(whole, table).get(fold_label(match["head"]).replace(" ", ""))
    return label._replace(line=line, rule="FORM-42", whole=whole.label) if line else None


def _short_names(whole: Line, table: Table) -> dict[str, Line | None]:
    """Return what the parts of a line are called under it: "Tiểu dự án 1 - Dự án 3" leaves "tieuduan1"; None for two of them."""
    names: dict[str, Line | None] = {}
    for line in table.lines:
        own = {_without(fold_label(w), fold_label(v)) for w in line.writings for v in whole.writings} - {""}
        for name in own if line.key in whole.parts else ():
            names[name] = line if name not in names else None
    return names


def _without(writing: str, whole: str) -> str:
    """Return a part's writing without that of its whole before or behind it, and without spaces; "" where there is none."""
    if writing.endswith(f" {whole}"):
        return writing.removesuffix(f" {whole}").removesuffix(" thuoc").replace(" ", "")
    return writing.removeprefix(f"{whole} ").replace(" ", "") if writing.startswith(f"{whole} ") else ""


def _misspelt(label: LineLabel, writings: dict[str, Line], missing: dict[str, Line | None], header: Header) -> LineLabel | None:
    """Return the line that stands nowhere else and that a label is a slip of, or None."""
    text = fold_bare(_ORDINAL.sub("", label.text))
    key = closest(text, [(line.key, writing) for writing, line in writings.items()], header.words) if text else None
    line = missing.get(key or "")
    return label._replace(line=line, rule="FORM-41") if line else None


def _whole_after(label: LineLabel, whole: Line | None) -> Line | None:
    """Return the line whose parts may follow: this one, or the one that this is a part of; none after what is unknown."""
    line = label.line
    if line is None:
        return whole if not label.text or gathers(label.text) else None
    if line.parts and not line.total:
        return line
    return whole if whole is not None and line.key in whole.parts else None
