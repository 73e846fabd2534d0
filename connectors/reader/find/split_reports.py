"""Which reports a workbook holds.

A workbook may hold several forms on different sheets. It may also hold one form on several sheets,
each for another period or unit. Nothing is guessed: the sheets of one form are separated by what
is written above their tables, or not at all. Where a table appears twice and nothing separates the
two, the problem is found when the tables are read (FORM-23, FORM-10).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeAlias

from connectors.reader.find.layout import Header, find_headers
from connectors.reader.find.recognition import Recognised, recognise
from connectors.reader.find.unit_cell import mentions_of
from connectors.reader.open.workbook import Sheet
from program.calendar.period import Period
from program.calendar.stage import Stage, split_stage
from program.forms.template_marker import HIDDEN_SHEETS, MARKER_SHEET, TemplateMarker, read_marker
from program.labels import fold
from program.pack.pack import Pack
from program.units.unit import UnitKind

_Headers: TypeAlias = dict[str, Header]
"""The header of each table that was found, by table name."""


@dataclass(frozen=True, slots=True)
class _Key:
    """The period and unit that are written above a table. Sheets of one report have equal keys.

    A period or unit that is not known is compared by its folded text.
    """

    periods: frozenset[tuple[str, Stage | None]]
    units: frozenset[str]


def reports_in(sheets: list[Sheet], pack: Pack) -> list[Recognised]:
    """Return the reports that `sheets` hold, in the order of their sheets; [] without any table.

    A workbook of one report is that report on all its visible sheets.
    """
    visible = [sheet for sheet in sheets if sheet.name not in HIDDEN_SHEETS]
    marker = _marker_in(sheets)
    first = recognise(visible, pack.forms, marker)
    if first is None:
        return []

    reports = [first, *_of_other_forms(first, pack)]
    taken: set[str] = set()
    for report in reports:
        taken |= report.taken
    # What belongs to no report may still name the unit and period of all: a cover.
    covers = [sheet for sheet in visible if sheet.name not in taken]
    if len(reports) == 1:
        return _by_occasion(first, covers, pack)

    parts: list[Recognised] = []
    for report in reports:
        alone = _on_its_own(report, reports, covers)
        parts += _by_occasion(alone, covers, pack)
    positions = {sheet.name: position for position, sheet in enumerate(visible)}
    return sorted(parts, key=lambda part: _first_position(part, positions))


def _marker_in(sheets: Iterable[Sheet]) -> TemplateMarker | None:
    """Return the marker on the template's hidden sheet; None if there is none."""
    for sheet in sheets:
        if sheet.name == MARKER_SHEET:
            return read_marker(sheet.rows)
    return None


def _first_position(part: Recognised, positions: Mapping[str, int]) -> int:
    return min(positions[header.sheet.name] for header in part.headers.values())


def _of_other_forms(first: Recognised, pack: Pack) -> Iterator[Recognised]:
    """Yield the reports of other forms on the sheets that `first` does not take."""
    taken = first.taken
    codes = {first.form.code}
    while True:
        rest = [sheet for sheet in first.sheets if sheet.name not in taken]
        if not rest:
            return
        # Another table of a form that was found is no report of its own here. `_by_occasion`
        # decides about it.
        forms = [form for form in pack.forms if form.code not in codes]
        found = recognise(rest, forms)
        if found is None:
            return
        yield found
        taken = taken | found.taken
        codes.add(found.form.code)


def _on_its_own(
    report: Recognised, reports: Sequence[Recognised], covers: Sequence[Sheet]
) -> Recognised:
    """Return one of several reports with only its own sheets.

    Where these do not say whom the report is about, the covers are asked, then the other reports.
    """
    own = [sheet for sheet in report.sheets if sheet.name in report.taken]
    others: list[Sheet] = []
    for other in reports:
        if other is not report:
            others += [_above_table(header) for header in other.headers.values()]
    return replace(report, sheets=own, around=(tuple(covers), tuple(others)))


def _above_table(header: Header) -> Sheet:
    return replace(header.sheet, rows=header.sheet.rows[: header.row])


def _by_occasion(found: Recognised, covers: Sequence[Sheet], pack: Pack) -> list[Recognised]:
    """Return a report for each period and unit that the sheets of `found` are about.

    Where the sheets do not say it, `found` is returned as it is. A hidden copy of a visible sheet
    is no report of its own. It stays with each report, which reports it (FORM-46).
    """
    hidden = _hidden_copies(found)
    tables = _tables_by_sheet(found, hidden)
    if not _is_any_table_repeated(tables.values()):
        return [found]

    holding = [sheet for sheet in found.sheets if sheet.name in tables]
    other_covers = [sheet for sheet in covers if sheet not in holding]
    around = (tuple(other_covers),)
    groups: defaultdict[_Key | None, list[Sheet]] = defaultdict(list)
    for sheet in holding:
        alone = replace(found, sheets=[sheet], headers=tables[sheet.name], around=around)
        key = _key_of(alone, pack)
        groups[key].append(sheet)
    # One sheet without a period could belong to any of the others.
    if None in groups or len(groups) < 2:
        return [found]

    whole = replace(found, around=around)
    copies = [sheet for sheet in found.sheets if sheet.name in hidden]
    return [_part_on(own, copies, whole) for own in groups.values()]


def _hidden_copies(found: Recognised) -> set[str]:
    """Return the names of hidden sheets that repeat a table of a visible sheet."""
    names: set[str] = set()
    for header in found.headers.values():
        if not header.sheet.is_hidden:
            names |= header.unseen
    return names


def _tables_by_sheet(found: Recognised, hidden: Collection[str]) -> dict[str, _Headers]:
    """Return the tables on each sheet of `found`, each sheet searched alone; no `hidden` sheets.

    Empty if each sheet holds a table that no other sheet holds: there is nothing to separate.
    """
    shown = [sheet for sheet in found.sheets if sheet.name not in hidden]
    repeated: set[str] = set()
    for header in found.headers.values():
        repeated.update(header.elsewhere)
    taken = found.taken
    if not any(sheet.name in repeated or sheet.name not in taken for sheet in shown):
        return {}
    tables: dict[str, _Headers] = {}
    for sheet in shown:
        headers = find_headers([sheet], found.form)
        if headers:
            tables[sheet.name] = headers
    return tables


def _is_any_table_repeated(sheets: Iterable[_Headers]) -> bool:
    """Tell whether a table is on two sheets."""
    met: set[str] = set()
    for headers in sheets:
        if not met.isdisjoint(headers):
            return True
        met.update(headers)
    return False


def _key_of(part: Recognised, pack: Pack) -> _Key | None:
    """Return the period and unit on a sheet, or on the cover for it; None without a period."""
    identity = part.form.identity
    periods: set[tuple[str, Stage | None]] = set()
    days: list[date] = []
    for mention in mentions_of(part, identity.period):
        text, stage = split_stage(mention.text)
        period = Period.read(text)
        if period is None:
            periods.add((fold(text), stage))
        else:
            periods.add((period.code, stage))
            days.append(period.end)
    if not periods:
        return None

    # Names and borders of units depend on the day. Without a day, only the text can be compared.
    day = days[0] if days else None
    units = {mention.text for mention in mentions_of(part, identity.unit_code)}
    for mention in mentions_of(part, identity.unit):
        unit = _unit_key(mention.text, part.form.code, day, pack)
        units.add(unit)
    return _Key(frozenset(periods), frozenset(units))


def _unit_key(name: str, form_code: str, day: date | None, pack: Pack) -> str:
    """Return the code of the one unit that `name` means on `day`, else the folded name."""
    if day is None:
        return fold(name)
    kinds = pack.calendar.reporters(form_code, day) or frozenset(UnitKind)
    meant = pack.units.named(name, day, kinds=kinds)
    if len(meant) != 1:
        return fold(name)
    return meant[0].code


def _part_on(own: Sequence[Sheet], copies: Sequence[Sheet], whole: Recognised) -> Recognised:
    """Return the part of `whole` that is on its `own` sheets, with the hidden copies."""
    sheets = [*own, *copies]
    own_names = {sheet.name for sheet in own}
    others = [(name, title) for name, title in whole.others if name in own_names]
    headers = find_headers(sheets, whole.form)
    part = replace(whole, sheets=sheets, headers=headers, others=tuple(others))
    return replace(part, marker=_marker_of(part))


def _marker_of(part: Recognised) -> TemplateMarker | None:
    """Return the template's marker if it names the period of this part.

    A sheet that was copied for another period is not what the marker says.
    """
    marker = part.marker
    if marker is None:
        return None
    for mention in mentions_of(part, part.form.identity.period):
        period = Period.read(split_stage(mention.text).text)
        if period is None or period.code != marker.period:
            return None
    return marker
