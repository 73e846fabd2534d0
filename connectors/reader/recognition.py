"""Which form a workbook holds: the one that its template's marker names, else the one whose labels it has most of."""

from dataclasses import dataclass

from connectors.reader.layout import Header, find_headers
from connectors.reader.workbook import Sheet
from program.form import Form
from program.marker import MARKER_SHEET, Marker, read_marker
from program.pack import Pack


@dataclass(frozen=True, slots=True)
class Recognised:
    """A workbook's sheets, the form they hold, where its tables begin, and what the template says of itself."""

    sheets: list[Sheet]
    form: Form
    headers: dict[str, Header]
    marker: Marker | None

    @property
    def first_sheet(self) -> str:
        """The sheet on which the first table stands: where to look for what is missing altogether."""
        return next(iter(self.headers.values())).sheet.name

    def as_form(self, form: Form) -> "Recognised":
        """Return the same workbook looked at as another version of its form."""
        return Recognised(self.sheets, form, find_headers(self.sheets, form), self.marker)


def recognise(sheets: list[Sheet], pack: Pack) -> Recognised | None:
    """Return the form that `sheets` hold, or None where they hold no table of any."""
    marker = next((read_marker(s.rows) for s in sheets if s.name == MARKER_SHEET), None)
    # The template's other hidden sheet, _mtqg_lists, only holds the words of its drop-downs.
    visible = [s for s in sheets if not s.name.startswith(MARKER_SHEET)]
    named = [f for f in pack.forms if marker and (f.code, f.version) == (marker.form, marker.version)]
    for forms in (named, pack.forms):
        candidates = [Recognised(visible, form, find_headers(visible, form), marker) for form in forms]
        best = max(candidates, key=lambda c: sum(len(h.columns) for h in c.headers.values()), default=None)
        if best is not None and best.headers:
            return best
    return None
