"""Which form a workbook holds: the one that its template's marker names, else the one whose labels it has most of."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from connectors.reader.layout import Header, find_headers, is_filled
from connectors.reader.workbook import Sheet
from program.form import Form
from program.marker import HIDDEN_SHEETS, MARKER_SHEET, Marker, read_marker
from program.pack import Pack


@dataclass(frozen=True, slots=True)
class Recognised:
    """A workbook's sheets, the form they hold, where its tables begin, and what the template says of itself."""

    sheets: list[Sheet]
    form: Form
    headers: dict[str, Header]
    marker: Marker | None
    others: tuple[tuple[str, str], ...] = ()
    """Sheets that hold another form's table, filled in, each with that form's name."""

    @property
    def first_sheet(self) -> str:
        """The sheet on which the first table stands: where to look for what is missing altogether."""
        return next(iter(self.headers.values())).sheet.name

    def as_form(self, form: Form) -> "Recognised":
        """Return the same workbook looked at as another version of its form."""
        return replace(self, form=form, headers=find_headers(self.sheets, form))


def recognise(sheets: list[Sheet], pack: Pack) -> Recognised | None:
    """Return the form that `sheets` hold, or None where they hold no table of any."""
    marker = next((read_marker(s.rows) for s in sheets if s.name == MARKER_SHEET), None)
    visible = [s for s in sheets if s.name not in HIDDEN_SHEETS]
    named = [f for f in pack.forms if marker and (f.code, f.version) == (marker.form, marker.version)]
    for forms in (named, pack.forms):
        candidates = [Recognised(visible, form, find_headers(visible, form), marker) for form in forms]
        best = max(candidates, key=lambda c: sum(len(h.columns) for h in c.headers.values()), default=None)
        if best is not None and best.headers:
            return replace(best, others=tuple(_others(best, pack)))
    return None


def _others(found: Recognised, pack: Pack) -> Iterator[tuple[str, str]]:
    """Yield each sheet that `found` does not use and on which another form's table stands, filled in."""
    used = {header.sheet.name for header in found.headers.values()}
    rest = [sheet for sheet in found.sheets if sheet.name not in used]
    told: set[str] = set()
    for form in pack.forms if rest else ():
        for header in find_headers(rest, form).values() if form.code != found.form.code else ():
            if header.sheet.name not in told and is_filled(header):
                told.add(header.sheet.name)
                yield header.sheet.name, form.short_title
