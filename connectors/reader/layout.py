"""Finding a form's tables on sheets: by their header labels, wherever they stand and in whatever order.

A label that is only nearly a column's, or that stands twice, is never taken for the column: whose figures would they
be? A slip of the keyboard is, and is told (likeness.py).
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from connectors.reader.headings import DEEPEST, Heading, depths, fold_bare, fold_label, headings, is_sub_heading
from connectors.reader.likeness import closest
from connectors.reader.values import is_empty, show
from connectors.reader.workbook import CellValue, Sheet
from connectors.reader.writing import is_measure_row, is_numbering_row, is_remark
from program.form import Form
from program.labels import bracketed, opening_of, openings_of
from program.table import Column, Label, Table

_ORDINALS = {"stt", "tt", "so tt", "so thu tu"}
_ORDINALS_OPEN = openings_of(_ORDINALS)
_PART = "trong do "


class Claim(NamedTuple):
    """A heading that names, or nearly names, a column."""

    column: Column
    heading: Heading


class Slip(NamedTuple):
    """A heading that was taken for a label though it is spelt otherwise; the label is a column's or that of the lines."""

    label: Label
    heading: Heading


@dataclass(frozen=True, slots=True)
class Header:
    """A table's header: its sheet, 0-based first row, and the 0-based sheet column of each declared column.

    `below` is the row after it, `body` the row after its measures and numbering too. `line` is the sheet column of a
    matrix's line labels. `strangers` match nothing; `doubles` a column that was found already; `doubtful` nearly a
    column that was not found; `slips` a column that was found though misspelt. `elsewhere` names the other sheets on
    which the table stands, filled in, `unseen` those of them that are hidden. `top` is the row of the form's table above
    this one on its sheet, `words` are those of the form's labels. `is_apart`: an empty column parts it from what stands
    beside it.
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
    slips: tuple[Slip, ...] = ()
    elsewhere: tuple[str, ...] = ()
    unseen: frozenset[str] = frozenset()
    top: int = 0
    words: Collection[str] = ()
    is_apart: bool = False

    @property
    def others(self) -> tuple[Heading, ...]:
        """The headings that are no column's."""
        return (*self.strangers, *(claim.heading for claim in (*self.doubles, *self.doubtful)))

    @property
    def span(self) -> range:
        """From its first sheet column to its last."""
        columns = [*self.columns.values(), *([] if self.line is None else [self.line])]
        return range(min(columns), max(columns) + 1)

    @property
    def score(self) -> int:
        """How many of the table's labels were found."""
        return len(self.columns) + (self.line is not None)


@dataclass(frozen=True, slots=True)
class _Labels:
    """A table's labels as they are looked up: by their folded writings, whole and without brackets."""

    table: Table
    words: Collection[str]
    """The words of the form's labels: a misspelt word is none of them."""

    @property
    def whole(self) -> dict[str, Column]:
        return self.table.by_label

    @property
    def bare(self) -> dict[str, Column]:
        return self.table.by_bare_label

    @property
    def line(self) -> frozenset[str]:
        return self.table.line.bare if self.table.line else frozenset()

    @property
    def count(self) -> int:
        return len(self.table.columns) + (self.table.line is not None)

    def on(self, sheet: Sheet) -> list[int]:
        """Return the rows on which one of the labels stands."""
        texts, columns, line = sheet.texts, self.bare, self.line
        rows: set[int] = set()
        for text in texts.beginning(self.table.openings):
            bare = fold_bare(text)
            if bare and (bare in columns or bare in line):
                rows.update(texts.rows[text])
        return sorted(rows)

    def writings(self) -> list[tuple[str, str]]:
        """Return each column's name, and "" for the label of the lines, with each folded writing."""
        return [*((column.name, writing) for writing, column in self.bare.items()), *(("", writing) for writing in self.line)]


def find_header(sheets: Iterable[Sheet], table: Table, words: Collection[str] = ()) -> Header | None:
    """Return where `table`'s header stands best, or None where less than half of its labels are found.

    A table on a sheet that its sender sees goes before one on a hidden sheet. `words` are those of the form's labels.
    """
    labels = _Labels(table, words)
    found = [header for sheet in sheets if (header := _best_once(sheet, labels)) is not None]
    if not found:
        return None
    best = max(found, key=lambda header: (not header.sheet.is_hidden, header.score, is_filled(header)))
    others = [header.sheet for header in found if header is not best and is_filled(header)]
    unseen = frozenset(sheet.name for sheet in others if sheet.is_hidden)
    return replace(best, elsewhere=tuple(sheet.name for sheet in others), unseen=unseen)


def find_headers(sheets: list[Sheet], form: Form) -> dict[str, Header]:
    """Return the header of each table of `form` that is there, by table name."""
    found = {table.name: find_header(sheets, table, form.words) for table in form.tables}
    headers = {name: header for name, header in found.items() if header is not None}
    for name, header in headers.items():
        if header.is_apart and not any(is_beside(header, other) for other in headers.values()):
            # What stands beside it is no table of ours: its headings are this table's to tell of.
            headers[name] = _joined(header, _Labels(form.table(name), form.words))
    return {name: replace(header, top=_top_of(header, headers.values())) for name, header in headers.items()}


def _top_of(header: Header, headers: Iterable[Header]) -> int:
    return max((other.row for other in headers if other.sheet is header.sheet and other.row < header.row), default=0)


def is_beside(header: Header, other: Header) -> bool:
    """Tell whether two tables of a sheet share no column, so that the one's rows say nothing of the other's."""
    return other.sheet is header.sheet and (header.span.stop <= other.span.start or other.span.stop <= header.span.start)


def _joined(header: Header, labels: _Labels) -> Header:
    best = _best(header.sheet, labels, is_apart=False) or header
    return replace(best, elsewhere=header.elsewhere, unseen=header.unseen)


def matches(text: str, label: Label) -> bool:
    """Tell whether a cell's text is one of the label's writings; what stands in brackets does not count."""
    bare = fold_bare(text)
    return bool(bare) and bare in label.bare


def _best_once(sheet: Sheet, labels: _Labels) -> Header | None:
    """Return what `_best` does. A form is looked for on all sheets, then on each, then as one report of several."""
    key = id(labels.table), id(labels.words)
    if key not in sheet.searches:
        sheet.searches[key] = labels, _best(sheet, labels)  # with what was asked, so that its ids are no other's
    best: Header | None = sheet.searches[key][1]
    return best


def _best(sheet: Sheet, labels: _Labels, *, is_apart: bool = True) -> Header | None:
    """Return the sheet's best header for a table; the one-row reading where a further row adds nothing."""
    places = (place for place in _places(sheet, labels) if is_apart or len(place.columns) == len(sheet.rows[0]))
    best: _Claims | None = None
    for place in places:
        if best is not None and best.score == labels.count and place.depth > best.place.depth:
            break  # every label was found in fewer rows: nothing is better
        claims = _claims(sheet, place, labels)
        if best is None or _worth(claims) > _worth(best):
            best = claims
    if best is None or (best.score + len(best.strangers)) * 2 < labels.count:
        return None
    header = _with_slips(_header(sheet, best, labels), labels)
    return header if header.score * 2 >= labels.count else None


def _worth(claims: "_Claims") -> tuple[int, ...]:
    """Return what makes one reading of a header better than another."""
    return claims.score, len(claims.doubtful), -claims.place.depth, -len(claims.doubles), -len(claims.strangers)


class _Place(NamedTuple):
    """Where a header may stand: its first row, how many rows it takes up, and its columns."""

    number: int
    depth: int
    columns: range


def _places(sheet: Sheet, labels: _Labels) -> Iterator[_Place]:
    """Yield where a header may stand, in one row before several.

    One of its rows holds a label that is known, and enough of its columns a text to be half of the table's.
    """
    rows = labels.on(sheet)
    # From every row and of every depth by which a label's row is one of the header's.
    tried = {(depth, n - above) for n in rows for above in range(DEEPEST) for depth in range(above + 1, DEEPEST + 1)}
    for depth, number in sorted(tried):
        texts, places = _places_once(sheet, number, depth)
        if texts * 2 >= labels.count:
            yield from places


def _places_once(sheet: Sheet, number: int, depth: int) -> tuple[int, list[_Place]]:
    """Return how many columns of these rows hold a text, and in which of them a header may stand, whatever its table."""
    key = number, depth
    if key not in sheet.searches:
        texts = _columns_of_text(sheet, number, depth) if number >= 0 and depth in depths(sheet, number) else []
        places = [_Place(number, depth, columns) for columns in _blocks(sheet, number + depth, texts)] if texts else []
        sheet.searches[key] = len(texts), places
    found: tuple[int, list[_Place]] = sheet.searches[key]
    return found


def _columns_of_text(sheet: Sheet, number: int, depth: int) -> list[int]:
    columns = zip(*sheet.rows[number : number + depth], strict=True)
    return [at for at, cells in enumerate(columns) if any(map(_is_text, cells))]


def _is_text(cell: CellValue) -> bool:
    return isinstance(cell, str) and cell != ""


def _blocks(sheet: Sheet, below: int, texts: list[int]) -> list[range]:
    """Return the columns in which a header may stand: all, and each run between columns that are empty from here down.

    Two tables side by side are told apart by such a column.
    """
    gaps = sorted(set(range(texts[0], texts[-1])).difference(texts))
    edges = [at for at in gaps if all(is_empty(row[at]) for row in sheet.rows[below:])]
    runs = [range(before + 1, after) for before, after in pairwise([texts[0] - 1, *edges, texts[-1] + 1]) if after - before > 2]
    # A label may be merged down from above the header, where no text stands in it.
    return [range(len(sheet.rows[0])), *(runs if len(runs) > 1 else [])]


def is_filled(header: Header) -> bool:
    """Tell whether the table holds figures or dates: an empty template, or a signature under one, does not."""
    cells = (row[at] for row in header.sheet.rows[header.body :] for at in header.columns.values())
    return any(show(cell)[:1].isdigit() for cell in cells)


def _headings_once(sheet: Sheet, place: _Place) -> tuple[Heading, ...]:
    """Return the headings at a place. Tables that have labels in common are looked for at the same places."""
    if place not in sheet.searches:
        sheet.searches[place] = tuple(headings(sheet, place.number, place.depth, place.columns))
    found: tuple[Heading, ...] = sheet.searches[place]
    return found


@dataclass(frozen=True, slots=True)
class _Claims:
    """What the headings of a place are to a table: see `Header`."""

    place: _Place
    line: int | None
    columns: dict[str, int]
    strangers: tuple[Heading, ...]
    doubles: tuple[Claim, ...]
    doubtful: tuple[Claim, ...]

    @property
    def score(self) -> int:
        """How many of the table's labels were found."""
        return len(self.columns) + (self.line is not None)


def _claims(sheet: Sheet, place: _Place, labels: _Labels) -> _Claims:
    sure: dict[str, list[Claim]] = {}
    nearly: dict[str, list[Claim]] = {}
    strangers: list[Heading] = []
    line: int | None = None
    for heading in _headings_once(sheet, place):
        if line is None and labels.line and any(fold_bare(text) in labels.line for text in heading.readings):
            line = heading.at
            continue
        column, is_sure = _claimed(heading, labels)
        if column is not None:
            (sure if is_sure else nearly).setdefault(column.name, []).append(Claim(column, heading))
        elif opening_of(heading.text) not in _ORDINALS_OPEN or fold_label(heading.text) not in _ORDINALS:
            strangers.append(heading)
    if line is not None:
        below = place.number + place.depth
        for name in [name for name, claims in sure.items() if _is_split(sheet, below, claims[0], line)]:
            nearly.setdefault(name, []).extend(sure.pop(name))
    return _Claims(
        place,
        line,
        columns={name: claims[0].heading.at for name, claims in sure.items()},
        strangers=(*strangers, *(c.heading for name, claims in nearly.items() if name in sure for c in claims)),
        doubles=tuple(claim for claims in sure.values() for claim in claims[1:]),
        doubtful=tuple(claim for name, claims in nearly.items() if name not in sure for claim in claims),
    )


def _header(sheet: Sheet, claims: _Claims, labels: _Labels) -> Header:
    number, depth, columns = claims.place
    return Header(
        sheet=sheet,
        row=number,
        columns=claims.columns,
        line=claims.line,
        below=number + depth,
        body=_body(sheet, number + depth, claims.columns, claims.line, labels.table),
        strangers=claims.strangers,
        doubles=claims.doubles,
        doubtful=claims.doubtful,
        words=labels.words,
        is_apart=len(columns) < len(sheet.rows[number]),
    )


def _with_slips(header: Header, labels: _Labels) -> Header:
    """Return `header` with the columns, and the label of its lines, that are missing and that one stranger misspells."""
    missing = {column.name: column for column in labels.table.columns if column.name not in header.columns}
    free = missing.keys() - {claim.column.name for claim in header.doubtful}
    wanted: dict[str, Label] = {name: missing[name] for name in free}
    if labels.table.line is not None and header.line is None:
        wanted[""] = labels.table.line
    met: dict[str, list[Heading]] = {}
    writings = labels.writings() if wanted else []
    for heading in header.strangers if wanted else ():
        name = _misspelt(heading, writings, labels.words)
        if name in wanted:
            met.setdefault(name, []).append(heading)
    slips = {name: found[0] for name, found in met.items() if len(found) == 1 and _is_whole(header, wanted[name], found[0])}
    if not slips:
        return header
    line = slips[""].at if "" in slips else header.line
    columns = header.columns | {name: heading.at for name, heading in slips.items() if name}
    return replace(
        header,
        columns={column.name: columns[column.name] for column in labels.table.columns if column.name in columns},
        line=line,
        body=_body(header.sheet, header.below, columns, line, labels.table),
        strangers=tuple(heading for heading in header.strangers if heading not in slips.values()),
        slips=tuple(Slip(wanted[name], heading) for name, heading in slips.items()),
    )


def _misspelt(heading: Heading, writings: list[tuple[str, str]], words: Collection[str]) -> str | None:
    readings = [fold_bare(text) for text in heading.readings]
    names = (closest(text, writings, words) for text in readings if text)
    return next((name for name in names if name is not None), None)


def _is_whole(header: Header, label: Label, heading: Heading) -> bool:
    """Tell whether a heading says no more than its label: no other figure in brackets, no sub-heading under it."""
    if not isinstance(label, Column):
        return True
    is_split = _is_split(header.sheet, header.below, Claim(label, heading), header.line)
    return not is_split and all(is_remark(inside, label) for inside in bracketed(heading.text))


def _claimed(heading: Heading, labels: _Labels) -> tuple[Column | None, bool]:
    """Return the column that a heading names, and whether it surely does."""
    readings = [text for text in heading.readings if opening_of(text) in labels.table.openings]
    for text in readings:
        if column := labels.whole.get(fold_label(text)):
            return column, True
    for text in readings:
        if (bare := fold_bare(text)) and (column := labels.bare.get(bare)):
            return column, all(is_remark(inside, column) for inside in bracketed(text))
    hinted = labels.bare.get(fold_bare(heading.hint)) if heading.hint else None
    return hinted, hinted is not None and _is_part(hinted, heading.group, labels.table)


def _is_part(column: Column, group: str, table: Table) -> bool:
    """Tell whether a column is, by the form's own words, a part of what `group` names.

    "Trong đó: nữ" is a part of the column before it, so that "Nữ" under "Số người tham dự" is that column, and "Nữ"
    under "Cán bộ" is not.
    """
    if not any(writing.startswith(_PART) for writing in column.folded):
        return False
    wholes = [c for c in table.columns[: table.columns.index(column)] if not fold_label(c.label).startswith(_PART)]
    return bool(wholes) and matches(group, wholes[-1])


def _is_split(sheet: Sheet, below: int, claim: Claim, line: int | None) -> bool:
    """Tell whether a matrix's column has a sub-heading that was not understood: "Nam" under "Số người tham dự"."""
    if line is None or below >= len(sheet.rows) or not claim.column.type.is_numeric or not is_empty(sheet.rows[below][line]):
        return False
    cell = sheet.rows[below][claim.heading.at]
    return is_sub_heading(cell) and not is_measure_row([cell], [claim.column])


def _body(sheet: Sheet, below: int, columns: dict[str, int], line: int | None, table: Table) -> int:
    """Return the first row that is neither of measures nor a numbering; both stand right under a header."""
    found = [column for column in table.columns if column.name in columns]
    for number in range(below, min(below + 3, len(sheet.rows))):
        row = sheet.rows[number]
        cells = [row[columns[column.name]] for column in found]
        is_labelled = line is not None and isinstance(row[line], str) and not is_empty(row[line])
        label = [row[line]] if line is not None else []
        if not is_numbering_row([*label, *cells]) and (is_labelled or not is_measure_row(cells, found)):
            return number
    return min(below + 3, len(sheet.rows))
