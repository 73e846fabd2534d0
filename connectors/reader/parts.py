"""Which reports a workbook holds: other forms on other sheets, and one form on several sheets for several periods or units.

Nothing is guessed: sheets of one form are told apart by what is written above their tables, or not at all. Where a table
stands twice and nothing tells the two apart, that is found when the tables are read (FORM-23, FORM-10).
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import replace

from connectors.reader.identity import mentions_of
from connectors.reader.layout import Header, find_headers
from connectors.reader.recognition import Recognised, recognise
from connectors.reader.workbook import Sheet
from program.labels import fold
from program.marker import HIDDEN_SHEETS, MARKER_SHEET, Marker, read_marker
from program.pack import Pack
from program.period import Period
from program.stage import split_stage
from program.units import UnitKind


def parts_of(sheets: list[Sheet], pack: Pack) -> list[Recognised]:
    """Return the reports that `sheets` hold, in the order of their sheets; none where no table of any form is there.

    A workbook of one report is that report on all its visible sheets.
    """
    marker = next((read_marker(s.rows) for s in sheets if s.name == MARKER_SHEET), None)
    visible = [s for s in sheets if s.name not in HIDDEN_SHEETS]
    first = recognise(visible, pack.forms, marker)
    if first is None:
        return []
    reports = [first, *_of_other_forms(first, pack)]
    covers = [s for s in visible if not any(s.name in report.taken for report in reports)]
    if len(reports) == 1:
        return list(_by_occasion(first, covers, pack))
    parts = [part for report in reports for part in _by_occasion(_on_its_own(report, reports, covers), covers, pack)]
    order = {sheet.name: number for number, sheet in enumerate(visible)}
    return sorted(parts, key=lambda part: min(order[h.sheet.name] for h in part.headers.values()))


def _of_other_forms(first: Recognised, pack: Pack) -> Iterator[Recognised]:
    """Yield what stands on the sheets that are left, form by form."""
    taken, codes = first.taken, {first.form.code}
    while rest := [s for s in first.sheets if s.name not in taken]:
        found = recognise(rest, [form for form in pack.forms if form.code not in codes])
        if found is None:
            return
        yield found
        taken, codes = taken | found.taken, codes | {found.form.code}


def _on_its_own(report: Recognised, reports: Sequence[Recognised], covers: Sequence[Sheet]) -> Recognised:
    """Return one of several reports with its own sheets; a cover, then the others, say for whom it is if they do not."""
    own = [sheet for sheet in report.sheets if sheet.name in report.taken]
    others = [_above_tables(header) for other in reports if other is not report for header in other.headers.values()]
    return replace(report, sheets=own, around=(tuple(covers), tuple(others)))


def _above_tables(header: Header) -> Sheet:
    return replace(header.sheet, rows=header.sheet.rows[: header.row])


def _by_occasion(found: Recognised, covers: Sequence[Sheet], pack: Pack) -> Iterator[Recognised]:
    """Yield a report for each period and unit that `found`'s sheets are about; `found` itself where they do not tell.

    A copy on a hidden sheet is no report beside one in sight: it stays with each, to be told of (FORM-46).
    """
    unseen = [s for s in found.sheets if any(s.name in h.unseen and not h.sheet.is_hidden for h in found.headers.values())]
    doubled = {name for header in found.headers.values() for name in header.elsewhere}
    seen = [s for s in found.sheets if s not in unseen]
    spare = [s for s in seen if s.name in doubled or s.name not in found.taken]
    heads = {s.name: find_headers([s], found.form) for s in seen} if spare else {}
    holding = [s for s in seen if heads.get(s.name)]
    if len(holding) < 2 or not _is_doubled([heads[s.name] for s in holding]):
        yield found
        return
    cover = tuple(s for s in covers if s not in holding)
    groups: dict[Hashable, list[Sheet]] = {}
    for sheet in holding:
        part = replace(found, sheets=[sheet], headers=heads[sheet.name], around=(cover,))
        groups.setdefault(_occasion(part, pack), []).append(sheet)
    if None in groups or len(groups) < 2:
        yield found
        return
    for own in groups.values():
        part = replace(found, sheets=[*own, *unseen], headers=find_headers([*own, *unseen], found.form), around=(cover,))
        names = {sheet.name for sheet in own}
        yield replace(part, marker=_marker_of(part), others=tuple(other for other in found.others if other[0] in names))


def _is_doubled(headers: Sequence[dict[str, Header]]) -> bool:
    names = [name for each in headers for name in each]
    return len(names) > len(set(names))


def _occasion(part: Recognised, pack: Pack) -> Hashable:
    """Return what a sheet, or the cover for it, says of period and unit; None where no period is said."""
    identity = part.form.identity
    said = [split_stage(mention.text) for mention in mentions_of(part, identity.period)]
    periods = [(Period.read(text), stage, text) for text, stage in said]
    if not periods:
        return None
    days = [period.end for period, _, _ in periods if period]
    units = {mention.text for mention in mentions_of(part, identity.unit_code)}
    for mention in mentions_of(part, identity.unit):
        kinds = (pack.calendar.reporters(part.form.code, days[0]) if days else None) or frozenset(UnitKind)
        meant = pack.units.named(mention.text, days[0], kinds=kinds) if days else []
        units.add(meant[0].code if len(meant) == 1 else fold(mention.text))
    return frozenset((p.code if p else fold(text), stage) for p, stage, text in periods), frozenset(units)


def _marker_of(part: Recognised) -> Marker | None:
    """Return the template's marker where it speaks of this part's period: a sheet copied for another is not as it says."""
    marker = part.marker
    said = [split_stage(mention.text).text for mention in mentions_of(part, part.form.identity.period)]
    periods = [Period.read(text) for text in said]
    return marker if marker and all(p is not None and p.code == marker.period for p in periods) else None
