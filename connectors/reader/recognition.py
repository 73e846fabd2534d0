"""Which form some sheets hold: the one that their template's marker names, else the one whose labels they have most of.

A workbook may hold several reports: `parts` tells them apart.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from connectors.reader.layout import Header, find_headers, is_filled
from connectors.reader.workbook import Sheet
from program.form import Form
from program.marker import Marker


@dataclass(frozen=True, slots=True)
class Recognised:
    """A report's sheets, the form they hold, where its tables begin, and what the template says of itself.

    `around` are other sheets of the workbook, above their tables: group by group, they are asked whom and when the report is
    about where its own sheets do not say.
    """

    sheets: list[Sheet]
    form: Form
    headers: dict[str, Header]
    marker: Marker | None
    others: tuple[tuple[str, str], ...] = ()
    """Sheets on which another form's table stands as well, filled in, each with that form's name."""
    around: tuple[tuple[Sheet, ...], ...] = ()

    @property
    def first_sheet(self) -> str:
        """The sheet on which the first table stands: where to look for what is missing altogether."""
        return next(iter(self.headers.values())).sheet.name

    @property
    def score(self) -> int:
        """How many columns were found."""
        return sum(len(header.columns) for header in self.headers.values())

    @property
    def taken(self) -> set[str]:
        """The sheets on which its tables stand, also those that stand twice."""
        return {name for header in self.headers.values() for name in (header.sheet.name, *header.elsewhere)}

    @property
    def is_filled(self) -> bool:
        """Tell whether one of its tables holds figures or dates."""
        return any(is_filled(header) for header in self.headers.values())

    def as_form(self, form: Form) -> "Recognised":
        """Return the same sheets looked at as another version of their form."""
        return replace(self, form=form, headers=find_headers(self.sheets, form))


def recognise(sheets: list[Sheet], forms: Iterable[Form], marker: Marker | None = None) -> Recognised | None:
    """Return the form of `forms` that `sheets` hold, or None where they hold no table of any."""
    known = list(forms)
    named = [f for f in known if marker and (f.code, f.version) == (marker.form, marker.version)]
    for some in (named, known):
        candidates = [Recognised(sheets, form, find_headers(sheets, form), marker) for form in some]
        best = max(candidates, key=lambda c: c.score, default=None)
        if best is not None and best.headers:
            return replace(best, others=tuple(_others(best, candidates)))
    return None


def _others(found: Recognised, candidates: Sequence[Recognised]) -> Iterator[tuple[str, str]]:
    """Yield each sheet of `found` on which another form's table stands too, above or below, filled in."""
    ours = list(found.headers.values())
    told: set[str] = set()
    for other in candidates:
        for header in other.headers.values() if other.form.code != found.form.code else ():
            beside = [own for own in ours if own.sheet is header.sheet]
            is_apart = beside and all(header.body <= own.row or own.body <= header.row for own in beside)
            if is_apart and header.sheet.name not in told and is_filled(header):
                told.add(header.sheet.name)
                yield header.sheet.name, other.form.short_title
