"""Which form some sheets hold.

It is the form that the template's marker names, else the form most of whose labels they have. A
workbook may hold several reports: `parts` separates them.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from connectors.reader.find.heading_time import split_time
from connectors.reader.find.headings import fold_bare, is_sub_heading
from connectors.reader.find.layout import Header, find_headers, is_filled
from connectors.reader.open.workbook import Sheet
from connectors.reader.values.parse_cell import text_of_cell
from program.addresses import column_letter
from program.finding import ReaderFinding
from program.forms.form import Form
from program.forms.template_marker import TemplateMarker

_UNKNOWN_HEADINGS = "các tiêu đề chưa nhận ra"
_FEW_HEADINGS = "chỉ có một số tiêu đề của mẫu"
NO_HEADINGS = "không có dòng tiêu đề nào"
_MOST_NAMED = 6
_FEWEST_HEADINGS = 3
_DEPTH = 60
"""How many rows of a sheet may hold the headings of a table that is not recognised."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """A report's sheets, the form that they hold, and the headers of its tables by table name.

    Attributes:
        marker: what the template says of itself; None without a marker.
        others: each sheet that also holds a filled-in table of another form, with its short title.
        around: other sheets of the workbook, cut off above their tables. Where the report's own
            sheets do not say whom and when it is about, these are read, group by group.
    """

    sheets: list[Sheet]
    form: Form
    headers: dict[str, Header]
    marker: TemplateMarker | None
    others: tuple[tuple[str, str], ...] = ()
    around: tuple[tuple[Sheet, ...], ...] = ()

    @property
    def first_sheet(self) -> str:
        """The sheet of the first table: the place of what is missing altogether."""
        first_header = next(iter(self.headers.values()))
        return first_header.sheet.name

    @property
    def score(self) -> int:
        """How many columns were found. Tables of words alone, which forms share, do not count."""
        tables = [table for table in self.form.tables if not table.is_words_only]
        headers = [self.headers[table.name] for table in tables if table.name in self.headers]
        return sum(len(header.columns) for header in headers)

    @property
    def taken(self) -> set[str]:
        """The sheets that hold its tables, also the copies of a table."""
        names: set[str] = set()
        for header in self.headers.values():
            names.update((header.sheet.name, *header.elsewhere))
        return names

    @property
    def is_filled(self) -> bool:
        """Tell whether one of its tables holds figures or dates."""
        return any(is_filled(header) for header in self.headers.values())

    def as_form(self, form: Form) -> "Recognised":
        """Return the same sheets read as another version of their form."""
        return replace(self, form=form, headers=find_headers(self.sheets, form))


def recognise(
    sheets: list[Sheet], forms: Iterable[Form], marker: TemplateMarker | None = None
) -> Recognised | None:
    """Return the form of `forms` that `sheets` hold; None if they hold no table of any form."""
    known = list(forms)
    named = [form for form in known if _is_named(form, marker)]
    # A marker is no proof: without a table of its form, all forms are tried.
    for some in (named, known):
        candidates: list[Recognised] = []
        for form in some:
            headers = find_headers(sheets, form)
            candidates.append(Recognised(sheets, form, headers, marker))
        best = max(candidates, key=lambda candidate: candidate.score, default=None)
        if best is not None and best.score:
            others = tuple(_others(best, candidates))
            return replace(best, others=others)
    return None


def no_table(sheets: Sequence[Sheet], forms: Iterable[Form]) -> ReaderFinding:
    """Return the problem of a workbook without a table of any form.

    It names the headings that are not known, of the row that looks most like a header.
    """
    # A workbook may have hidden sheets only. Its sender then learns what is on those.
    visible = [sheet for sheet in sheets if not sheet.is_hidden] or list(sheets)
    rows = list(_rows_of_words(visible))
    if not rows:
        first = visible[0].name if visible else None
        return ReaderFinding("FORM-01", first, values={"headings": NO_HEADINGS})
    sheet, number, columns = max(rows, key=lambda row: len(row.columns))
    known = _known_labels(forms)
    unknown: dict[int, str] = {}
    for at in columns:
        text = text_of_cell(sheet.rows[number][at])
        if known.isdisjoint(_writings(text)):
            unknown[at] = text
    first_column = columns[0]
    headings = _FEW_HEADINGS
    if unknown:
        first_column = next(iter(unknown))
        quoted = [f'"{text}"' for text in unknown.values()]
        named = "; ".join(quoted[:_MOST_NAMED])
        headings = f"{_UNKNOWN_HEADINGS}: {named}"
    cell = f"{column_letter(first_column + 1)}{number + 1}"
    return ReaderFinding("FORM-01", sheet.name, cell, values={"headings": headings})


class _RowOfWords(NamedTuple):
    """A row that may be a header: its sheet, its 0-based number, and its columns with words."""

    sheet: Sheet
    number: int
    columns: list[int]


def _rows_of_words(sheets: Iterable[Sheet]) -> Iterator[_RowOfWords]:
    """Yield the upper rows with words in several columns and no figure."""
    for sheet in sheets:
        for number, row in enumerate(sheet.rows[:_DEPTH]):
            columns = [at for at, cell in enumerate(row) if is_sub_heading(cell)]
            has_figure = any(isinstance(cell, int | float) for cell in row)
            if len(columns) >= _FEWEST_HEADINGS and not has_figure:
                yield _RowOfWords(sheet, number, columns)


def _known_labels(forms: Iterable[Form]) -> set[str]:
    """Return the folded labels of all tables, without the text in brackets."""
    known: set[str] = set()
    for form in forms:
        for table in form.tables:
            known |= table.by_bare_label.keys()
            if table.line is not None:
                known |= table.line.bare
    return known


def _writings(text: str) -> set[str]:
    """Return a heading's folded writings: as it is, and without a year behind it."""
    undated = split_time(text).text
    return {fold_bare(text), fold_bare(undated)}


def _is_named(form: Form, marker: TemplateMarker | None) -> bool:
    if marker is None:
        return False
    return form.code == marker.form and form.version == marker.version


def _others(found: Recognised, candidates: Sequence[Recognised]) -> Iterator[tuple[str, str]]:
    """Yield each sheet of `found` that also holds a filled-in table of another form.

    The table is above or below those of `found`. Each sheet comes once, with the short title of
    the other form.
    """
    met: set[str] = set()
    for other in candidates:
        if other.form.code == found.form.code:
            continue
        for header in other.headers.values():
            name = header.sheet.name
            if name not in met and _is_apart(header, found) and is_filled(header):
                met.add(name)
                yield name, other.form.short_title


def _is_apart(header: Header, found: Recognised) -> bool:
    """Tell whether a header is on a sheet of `found`, but on no row of its tables' headers."""
    own = [each for each in found.headers.values() if each.sheet is header.sheet]
    if not own:
        return False
    for each in own:
        is_above = header.body <= each.row
        is_below = each.body <= header.row
        if not is_above and not is_below:
            return False
    return True
