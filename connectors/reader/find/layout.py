"""Finding a form's tables on sheets by their header labels, in any place and in any order.

A label that only resembles a column's label, or that appears twice, is never taken for the column:
nobody could say whose figures they are. A typing mistake in a label is accepted and reported
(`likeness`).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple, TypeAlias

from connectors.reader.find.fuzzy_labels import closest
from connectors.reader.find.heading_time import CENTURY, DatedHeading, split_time
from connectors.reader.find.headings import (
    DEEPEST,
    Heading,
    depths,
    fold_bare,
    fold_label,
    headings_of,
    is_sub_heading,
)
from connectors.reader.find.non_data_text import is_measure_row, is_numbering_row, is_remark
from connectors.reader.open.workbook import CellValue, Sheet
from connectors.reader.values.parse_cell import is_empty, text_of_cell
from program.forms.form import Form
from program.forms.table import Column, Label, Table
from program.labels import bracketed, opening_of, openings_of

_ORDINALS = {"stt", "tt", "so tt", "so thu tu"}
_ORDINALS_OPEN = openings_of(_ORDINALS)
_PART = "trong do "
_LINE = ""
"""Stands for the label of the lines where columns are known by name."""
_MOST_ROWS_UNDER = 3
"""How many rows of measures and numbering are looked for under a header."""


class Claim(NamedTuple):
    """A heading that names, or nearly names, a column.

    `is_dated`: it does so apart from the year or day behind it.
    """

    column: Column
    heading: Heading
    is_dated: bool = False


class LabelTypo(NamedTuple):
    """A misspelt heading that was accepted for the label of a column or of the lines."""

    label: Label
    heading: Heading


@dataclass(frozen=True, slots=True)
class Header:
    """A table's header: its sheet, its 0-based first row, and the 0-based place of each column.

    Attributes:
        columns: the 0-based sheet column of each declared column that was found, by name.
        line: the sheet column of a matrix's line labels; None for a list.
        below: the row after the labels.
        body: the row after the labels, the measures and the numbering.
        strangers: headings that match no column.
        doubles: headings of a column that was found already.
        doubtful: headings that resemble a column that was not found.
        slips: misspelt headings of columns that were found.
        elsewhere: the names of other sheets that hold the same table, filled in.
        unseen: those of them that are hidden.
        copies: those of them that are equal to this sheet, cell by cell.
        top: the first row of the form's next table above this one on its sheet; 0 without one.
        words: the words of the form's labels.
        is_apart: an empty column separates the table from what is beside it.
        dated: words over its columns that name a year or a day.
    """

    sheet: Sheet
    row: int
    columns: dict[str, int]
    line: int | None
    below: int
    body: int
    strangers: tuple[Heading, ...] = ()
    doubles: tuple[Claim, ...] = ()
    doubtful: tuple[Claim, ...] = ()
    slips: tuple[LabelTypo, ...] = ()
    elsewhere: tuple[str, ...] = ()
    unseen: frozenset[str] = frozenset()
    copies: frozenset[str] = frozenset()
    top: int = 0
    words: Collection[str] = ()
    is_apart: bool = False
    dated: tuple[DatedHeading, ...] = ()

    @property
    def others(self) -> tuple[Heading, ...]:
        """The headings that are no column's."""
        claims = (*self.doubles, *self.doubtful)
        claiming = [claim.heading for claim in claims]
        return (*self.strangers, *claiming)

    @property
    def span(self) -> range:
        """From its first sheet column to its last."""
        columns = list(self.columns.values())
        if self.line is not None:
            columns.append(self.line)
        return range(min(columns), max(columns) + 1)

    @property
    def score(self) -> int:
        """How many of the table's labels were found."""
        has_line = self.line is not None
        return len(self.columns) + has_line


@dataclass(frozen=True, slots=True)
class _Labels:
    """A table's labels for look-ups: by their folded spellings, whole and without brackets."""

    table: Table
    words: Collection[str]
    """The words of the form's labels. None of them is a misspelt word."""

    @property
    def whole(self) -> dict[str, Column]:
        return self.table.by_label

    @property
    def bare(self) -> dict[str, Column]:
        return self.table.by_bare_label

    @property
    def line(self) -> frozenset[str]:
        if self.table.line is None:
            return frozenset()
        return self.table.line.bare

    @property
    def count(self) -> int:
        """How many labels a sheet has that holds the table; half of them are enough."""
        usual = [column for column in self.table.columns if not column.rare]
        has_line = self.table.line is not None
        return len(usual) + has_line

    def on(self, sheet: Sheet) -> list[int]:
        """Return the rows that hold one of the labels."""
        texts = sheet.texts
        columns = self.bare
        line = self.line
        rows: set[int] = set()
        # The first letters exclude nearly all texts of a sheet, so few are folded.
        for text in texts.beginning(self.table.openings):
            bare = fold_bare(text)
            is_label = bool(bare) and (bare in columns or bare in line)
            # "Kế hoạch năm 2025" may be the label "Kế hoạch" with the sender's year behind it.
            if not is_label and CENTURY in text:
                undated = split_time(text).text
                bare = fold_bare(undated)
                is_label = bare in columns or bare in line
            if is_label:
                rows.update(texts.rows[text])
        return sorted(rows)

    def is_line(self, heading: Heading) -> bool:
        """Tell whether a heading is the label over the lines of a matrix."""
        line = self.line
        readings = (*heading.readings, *heading.undated)
        return any(fold_bare(text) in line for text in readings)

    def writings(self) -> list[tuple[str, str]]:
        """Return the name of each column, and `_LINE` for the lines, with each folded writing."""
        of_columns = [(column.name, writing) for writing, column in self.bare.items()]
        of_lines = [(_LINE, writing) for writing in self.line]
        return of_columns + of_lines


def find_header(
    sheets: Iterable[Sheet], table: Table, words: Collection[str] = ()
) -> Header | None:
    """Return the best header of `table`; None if less than half of its labels are found.

    A header on a visible sheet is better than one on a hidden sheet. `words` are the words of
    the form's labels.
    """
    labels = _Labels(table, words)
    found: list[Header] = []
    for sheet in sheets:
        header = _best_once(sheet, labels)
        if header is not None:
            found.append(header)
    if not found:
        return None
    best = max(found, key=_rank)

    # An empty copy of the template is no second table that a sender must explain.
    elsewhere: list[str] = []
    unseen: set[str] = set()
    copies: set[str] = set()
    for header in found:
        if header is best or not is_filled(header):
            continue
        elsewhere.append(header.sheet.name)
        if header.sheet.is_hidden:
            unseen.add(header.sheet.name)
        if header.sheet.says_the_same(best.sheet):
            copies.add(header.sheet.name)
    return replace(
        best,
        elsewhere=tuple(elsewhere),
        unseen=frozenset(unseen),
        copies=frozenset(copies),
    )


def _rank(header: Header) -> tuple[bool, int, bool]:
    """Return what makes the header on one sheet better than the one on another."""
    return not header.sheet.is_hidden, header.score, is_filled(header)


def find_headers(sheets: list[Sheet], form: Form) -> dict[str, Header]:
    """Return the header of each table of `form` that was found, by table name."""
    headers: dict[str, Header] = {}
    for table in form.tables:
        header = find_header(sheets, table, form.words)
        if header is not None:
            headers[table.name] = header
    for name, header in headers.items():
        if header.is_apart and not _has_table_beside(header, headers.values()):
            # No table of ours is beside it. So the headings there belong to this table.
            labels = _Labels(form.table(name), form.words)
            headers[name] = _joined(header, labels)

    placed: dict[str, Header] = {}
    for name, header in headers.items():
        top = _top_of(header, headers.values())
        placed[name] = replace(header, top=top)
    return placed


def _has_table_beside(header: Header, headers: Iterable[Header]) -> bool:
    return any(is_beside(header, other) for other in headers)


def _top_of(header: Header, headers: Iterable[Header]) -> int:
    """Return the first row of the nearest table above on the same sheet; 0 without one."""
    top = 0
    for other in headers:
        is_above = other.sheet is header.sheet and other.row < header.row
        if is_above:
            top = max(top, other.row)
    return top


def is_beside(header: Header, other: Header) -> bool:
    """Tell whether two tables of a sheet share no column.

    The rows of one then say nothing about the rows of the other.
    """
    if other.sheet is not header.sheet:
        return False
    own = header.span
    others = other.span
    is_left = own.stop <= others.start
    is_right = others.stop <= own.start
    return is_left or is_right


def _joined(header: Header, labels: _Labels) -> Header:
    """Return the header with everything beside it as its own headings."""
    best = _best(header.sheet, labels, is_apart=False) or header
    return replace(best, elsewhere=header.elsewhere, unseen=header.unseen, copies=header.copies)


def matches(text: str, label: Label) -> bool:
    """Tell whether a cell's text is one of the label's spellings, apart from text in brackets."""
    bare = fold_bare(text)
    return bool(bare) and bare in label.bare


def _best_once(sheet: Sheet, labels: _Labels) -> Header | None:
    """Return the result of `_best`, computed once for each sheet and table.

    A form is searched on all sheets, then on each sheet, then for each report of several.
    """
    key = id(labels.table), id(labels.words)
    if key not in sheet.searches:
        # The labels are kept with the result. So no other object can get their ids.
        sheet.searches[key] = labels, _best(sheet, labels)
    best: Header | None = sheet.searches[key][1]
    return best


def _best(sheet: Sheet, labels: _Labels, *, is_apart: bool = True) -> Header | None:
    """Return the sheet's best header for a table; of one row if another row adds nothing.

    Without `is_apart`, only headers over the full width of the sheet are tried.
    """
    best: _Claims | None = None
    for place in _places(sheet, labels):
        is_full_width = len(place.columns) == len(sheet.rows[0])
        if not is_apart and not is_full_width:
            continue
        if best is not None:
            is_complete = best.score == labels.count
            if is_complete and place.depth > best.place.depth:
                break  # Every label was found in fewer rows. Nothing can be better.
        claims = _claims(sheet, place, labels)
        if best is None or _worth(claims) > _worth(best):
            best = claims
    if best is None:
        return None
    # A stranger may still be a misspelt label.
    most_labels = best.score + len(best.strangers)
    if most_labels * 2 < labels.count:
        return None
    header = _with_slips(_header(sheet, best, labels), labels)
    # With fewer than half of its labels, a table of another form would be taken for this one.
    if header.score * 2 < labels.count:
        return None
    return header


def _worth(claims: "_Claims") -> tuple[int, ...]:
    """Return what makes one way to read a header better than another."""
    return (
        claims.score,
        len(claims.doubtful),
        -claims.place.depth,
        -len(claims.doubles),
        -len(claims.strangers),
    )


class _Place(NamedTuple):
    """Where a header may be: its first row, how many rows it takes up, and its columns."""

    number: int
    depth: int
    columns: range

    @property
    def below(self) -> int:
        """The row after it."""
        return self.number + self.depth


class _PlacesInRows(NamedTuple):
    """How many columns of some rows hold a text, and where in these rows a header may be."""

    texts: int
    places: list[_Place]


def _places(sheet: Sheet, labels: _Labels) -> Iterator[_Place]:
    """Yield where a header may be, in one row before several rows.

    One of its rows holds a known label, and at least half as many columns as the table has labels
    hold a text.
    """
    # Each start and each depth for which a row with a label is one of the header's rows.
    tried: set[tuple[int, int]] = set()
    for number in labels.on(sheet):
        for above in range(DEEPEST):
            first_row = number - above
            for depth in range(above + 1, DEEPEST + 1):
                tried.add((depth, first_row))
    for depth, number in sorted(tried):
        found = _places_once(sheet, number, depth)
        if found.texts * 2 >= labels.count:
            yield from found.places


def _places_once(sheet: Sheet, number: int, depth: int) -> _PlacesInRows:
    """Return where a header of any table may be in these rows, computed once for each sheet."""
    key = number, depth
    if key not in sheet.searches:
        texts: list[int] = []
        # A start above the sheet's first row comes from a label near its top.
        if number >= 0 and depth in depths(sheet, number):
            texts = _columns_of_text(sheet, number, depth)
        places: list[_Place] = []
        if texts:
            blocks = _blocks(sheet, number + depth, texts)
            places = [_Place(number, depth, columns) for columns in blocks]
        sheet.searches[key] = _PlacesInRows(len(texts), places)
    found: _PlacesInRows = sheet.searches[key]
    return found


def _columns_of_text(sheet: Sheet, number: int, depth: int) -> list[int]:
    rows = sheet.rows[number : number + depth]
    columns: list[int] = []
    for at, cells in enumerate(zip(*rows, strict=True)):
        if any(map(_is_text, cells)):
            columns.append(at)
    return columns


def _is_text(cell: CellValue) -> bool:
    return isinstance(cell, str) and cell != ""


def _blocks(sheet: Sheet, below: int, texts: list[int]) -> list[range]:
    """Return the columns in which a header may be: all, and each run between empty columns.

    A column counts as empty if it holds nothing from row `below` on and no text above it. Such a
    column separates two tables side by side.
    """
    first = texts[0]
    last = texts[-1]
    gaps = set(range(first, last)).difference(texts)
    edges = [at for at in sorted(gaps) if _is_empty_below(sheet, below, at)]
    borders = [first - 1, *edges, last + 1]
    runs: list[range] = []
    for left, right in pairwise(borders):
        run = range(left + 1, right)
        # A single column between two empty ones is no table.
        if len(run) > 1:
            runs.append(run)
    # All columns, not only those with a text: a label may be merged down from above the header.
    whole = range(len(sheet.rows[0]))
    if len(runs) > 1:
        return [whole, *runs]
    return [whole]


def _is_empty_below(sheet: Sheet, below: int, at: int) -> bool:
    return all(is_empty(row[at]) for row in sheet.rows[below:])


def is_filled(header: Header) -> bool:
    """Tell whether the table holds figures or dates.

    An empty template does not, nor does a signature under one.
    """
    columns = header.columns.values()
    for row in header.sheet.rows[header.body :]:
        for at in columns:
            first_letter = text_of_cell(row[at])[:1]
            # A figure that was typed as a text begins with a digit too.
            if first_letter.isdigit():
                return True
    return False


def _headings_once(sheet: Sheet, place: _Place) -> tuple[Heading, ...]:
    """Return the headings at a place, computed once for each sheet.

    Tables that have labels in common are searched at the same places.
    """
    if place not in sheet.searches:
        found = headings_of(sheet, place.number, place.depth, place.columns)
        sheet.searches[place] = tuple(found)
    once: tuple[Heading, ...] = sheet.searches[place]
    return once


@dataclass(frozen=True, slots=True)
class _Claims:
    """What the headings at a place mean for a table; the attributes are those of `Header`."""

    place: _Place
    line: int | None
    columns: dict[str, int]
    strangers: tuple[Heading, ...]
    doubles: tuple[Claim, ...]
    doubtful: tuple[Claim, ...]
    dated: tuple[DatedHeading, ...]

    @property
    def score(self) -> int:
        """How many of the table's labels were found."""
        has_line = self.line is not None
        return len(self.columns) + has_line


_ClaimsByName: TypeAlias = dict[str, list[Claim]]


def _claims(sheet: Sheet, place: _Place, labels: _Labels) -> _Claims:
    """Return what the headings at a place mean for a table."""
    sure: defaultdict[str, list[Claim]] = defaultdict(list)
    nearly: defaultdict[str, list[Claim]] = defaultdict(list)
    strangers: list[Heading] = []
    line: int | None = None
    for heading in _headings_once(sheet, place):
        # The first such heading counts. A second one may be the label of a column.
        if line is None and labels.line and labels.is_line(heading):
            line = heading.at
            continue
        claim, is_sure = _claimed(heading, labels)
        if claim is None:
            # "STT" is in most tables and in no form. Its sender would only be puzzled.
            if not _is_ordinal(heading):
                strangers.append(heading)
            continue
        name = claim.column.name
        if is_sure:
            sure[name].append(claim)
        else:
            nearly[name].append(claim)

    if line is not None:
        # A column with an unknown sub-heading may hold only a part of what its label names.
        for name, claims in list(sure.items()):
            if _is_split(sheet, place.below, claims[0], line):
                nearly[name].extend(sure.pop(name))
    return _sorted_claims(place, line, sure, nearly, strangers)


def _sorted_claims(
    place: _Place,
    line: int | None,
    sure: _ClaimsByName,
    nearly: _ClaimsByName,
    strangers: list[Heading],
) -> _Claims:
    """Return the claims by what becomes of them: the first sure claim to a column wins."""
    columns: dict[str, int] = {}
    doubles: list[Claim] = []
    dated: list[DatedHeading] = []
    unused: list[Claim] = []
    for name, claims in sure.items():
        # Beside the column itself, "Kế hoạch vốn năm 2024" is a column of the sender's own.
        undated = [claim for claim in claims if not claim.is_dated]
        first, *others = undated or claims
        columns[name] = first.heading.at
        # "Thu nhập bình quân năm 2020" may be a label of the form. It is then no other year.
        if first.is_dated:
            dated += first.heading.dated
        doubles += others
        if undated:
            unused += [claim for claim in claims if claim.is_dated]
    doubtful: list[Claim] = []
    for name, claims in nearly.items():
        if name in sure:
            # The column is found. What only resembles it is another column.
            unused += claims
        else:
            doubtful += claims
    unused_headings = [claim.heading for claim in unused]
    return _Claims(
        place=place,
        line=line,
        columns=columns,
        strangers=(*strangers, *unused_headings),
        doubles=tuple(doubles),
        doubtful=tuple(doubtful),
        dated=tuple(dated),
    )


def _is_ordinal(heading: Heading) -> bool:
    """Tell whether a heading is the one over the numbers of the lines: "STT"."""
    text = heading.text
    return opening_of(text) in _ORDINALS_OPEN and fold_label(text) in _ORDINALS


def _header(sheet: Sheet, claims: _Claims, labels: _Labels) -> Header:
    place = claims.place
    width = len(sheet.rows[place.number])
    return Header(
        sheet=sheet,
        row=place.number,
        columns=claims.columns,
        line=claims.line,
        below=place.below,
        body=_body(sheet, place.below, claims.columns, claims.line, labels.table),
        strangers=claims.strangers,
        doubles=claims.doubles,
        doubtful=claims.doubtful,
        words=labels.words,
        is_apart=len(place.columns) < width,
        dated=claims.dated,
    )


def _with_slips(header: Header, labels: _Labels) -> Header:
    """Return `header` with the missing labels that exactly one stranger misspells."""
    wanted = _missing_labels(header, labels)
    slips = _slips(header, wanted, labels)
    if not slips:
        return header
    found = dict(header.columns)
    line = header.line
    for name, slip in slips.items():
        if name == _LINE:
            line = slip.heading.at
        else:
            found[name] = slip.heading.at
    # In the form's order, as if the labels had been spelt right.
    columns: dict[str, int] = {}
    for column in labels.table.columns:
        if column.name in found:
            columns[column.name] = found[column.name]
    accepted = [slip.heading for slip in slips.values()]
    strangers = [heading for heading in header.strangers if heading not in accepted]
    return replace(
        header,
        columns=columns,
        line=line,
        body=_body(header.sheet, header.below, columns, line, labels.table),
        strangers=tuple(strangers),
        slips=tuple(slips.values()),
    )


def _missing_labels(header: Header, labels: _Labels) -> dict[str, Label]:
    """Return the labels that no heading claims, by column name; `_LINE` is that of the lines."""
    doubtful = {claim.column.name for claim in header.doubtful}
    missing: dict[str, Label] = {}
    for column in labels.table.columns:
        # A heading that nearly names the column is a question already, not a mistake in typing.
        if column.name not in header.columns and column.name not in doubtful:
            missing[column.name] = column
    if labels.table.line is not None and header.line is None:
        missing[_LINE] = labels.table.line
    return missing


def _slips(header: Header, wanted: dict[str, Label], labels: _Labels) -> dict[str, LabelTypo]:
    """Return the one stranger that misspells each of the `wanted` labels, by name."""
    if not wanted:
        return {}
    writings = labels.writings()
    met: defaultdict[str, list[Heading]] = defaultdict(list)
    for heading in header.strangers:
        name = _misspelt(heading, writings, labels.words)
        if name is not None and name in wanted:
            met[name].append(heading)
    slips: dict[str, LabelTypo] = {}
    for name, found in met.items():
        # Where two strangers misspell one label, nobody knows which one is the column.
        if len(found) == 1 and _is_whole(header, wanted[name], found[0]):
            slips[name] = LabelTypo(wanted[name], found[0])
    return slips


def _misspelt(
    heading: Heading, writings: list[tuple[str, str]], words: Collection[str]
) -> str | None:
    """Return the name of the label that a heading misspells; None if it misspells none."""
    for reading in heading.readings:
        text = fold_bare(reading)
        if not text:
            continue
        name = closest(text, writings, words)
        if name is not None:
            return name
    return None


def _is_whole(header: Header, label: Label, heading: Heading) -> bool:
    """Tell whether a heading says no more than its label.

    It then has no other figure in brackets and no sub-heading.
    """
    if not isinstance(label, Column):
        return True
    claim = Claim(label, heading)
    if _is_split(header.sheet, header.below, claim, header.line):
        return False
    return _has_only_remarks(heading.text, label)


def _has_only_remarks(text: str, column: Column) -> bool:
    """Tell whether what a text has in brackets changes nothing about the label of its column."""
    return all(is_remark(inside, column) for inside in bracketed(text))


def _claimed(heading: Heading, labels: _Labels) -> tuple[Claim | None, bool]:
    """Return the column that a heading names, and whether it is certain."""
    column, is_sure = _named(heading.readings, labels)
    if heading.undated and not is_sure:
        # "Kế hoạch (năm 2025)" is in doubt only for what stands in brackets.
        undated, is_undated_sure = _named(heading.undated, labels)
        if undated is not None:
            claim = Claim(undated, heading, is_dated=True)
            return claim, is_undated_sure
    if column is not None:
        return Claim(column, heading), is_sure
    # The heading names no column with its groups. It may name one without them.
    hinted = _with_bare_label(heading.hint, labels)
    if hinted is None:
        return None, False
    is_dated = bool(heading.dated)
    claim = Claim(hinted, heading, is_dated)
    return claim, _is_part(hinted, heading.group, labels.table)


def _named(readings: Iterable[str], labels: _Labels) -> tuple[Column | None, bool]:
    """Return the column that one of the readings names, and whether it is certain."""
    openings = labels.table.openings
    opening = [text for text in readings if opening_of(text) in openings]
    whole = labels.whole
    # A whole label in any reading is better than one without its brackets in an earlier reading.
    for text in opening:
        column = whole.get(fold_label(text))
        if column is not None:
            return column, True
    for text in opening:
        column = _with_bare_label(text, labels)
        if column is not None:
            return column, _has_only_remarks(text, column)
    return None, False


def _with_bare_label(text: str, labels: _Labels) -> Column | None:
    """Return the column whose label `text` is, apart from text in brackets."""
    if not text:
        return None
    bare = fold_bare(text)
    # A text that is longer than any label is folded to "".
    if not bare:
        return None
    return labels.bare.get(bare)


def _is_part(column: Column, group: str, table: Table) -> bool:
    """Tell whether the form says that a column is a part of what `group` names.

    "Trong đó: nữ" is a part of the column before it. So "Nữ" under "Số người tham dự" is that
    column, and "Nữ" under "Cán bộ" is not.
    """
    if not any(writing.startswith(_PART) for writing in column.folded):
        return False
    position = table.columns.index(column)
    # The nearest column before it that is no part itself: several parts may follow one whole.
    for before in reversed(table.columns[:position]):
        if not fold_label(before.label).startswith(_PART):
            return matches(group, before)
    return False


def _is_split(sheet: Sheet, below: int, claim: Claim, line: int | None) -> bool:
    """Tell whether a column of a matrix has an unknown sub-heading.

    An example is "Nam" under "Số người tham dự".
    """
    if line is None or below >= len(sheet.rows) or not claim.column.type.is_numeric:
        return False
    row = sheet.rows[below]
    # With a label, the row is a line of the table.
    if not is_empty(row[line]):
        return False
    cell = row[claim.heading.at]
    return is_sub_heading(cell) and not is_measure_row([cell], [claim.column])


def _body(sheet: Sheet, below: int, columns: dict[str, int], line: int | None, table: Table) -> int:
    """Return the first row under a header that holds neither measures nor a numbering."""
    found = [column for column in table.columns if column.name in columns]
    end = min(below + _MOST_ROWS_UNDER, len(sheet.rows))
    for number in range(below, end):
        row = sheet.rows[number]
        cells = [row[columns[column.name]] for column in found]
        label: CellValue = ""
        if line is not None:
            label = row[line]
        if is_numbering_row([label, *cells]):
            continue
        # A row with a label is a line of a matrix, even if its cells read like measures.
        is_line = isinstance(label, str) and not is_empty(label)
        if is_line or not is_measure_row(cells, found):
            return number
    return end
