"""Whom a workbook is about: labels such as "Đơn vị báo cáo:" above its tables, and their values.

Every such place on every sheet is read, and all must name the same unit. Otherwise a sheet copied
from a neighbour's report would become this unit's figures. Where there is no such place and no
template's marker, a title may name the unit: "Huyện Kế Sách – Quý II/2025".
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from connectors.reader.find.heading_time import split_time
from connectors.reader.find.headings import fold_label
from connectors.reader.find.recognition import Recognised
from connectors.reader.open.workbook import CellValue, Sheet
from connectors.reader.values.money import money_measure
from connectors.reader.values.parse_cell import is_empty, text_of_cell
from program.addresses import column_letter
from program.calendar.period import Period
from program.delivery import Delivery
from program.finding import ReaderFinding
from program.forms.form import Form
from program.forms.nil_report import NIL_HINT, NIL_LABEL
from program.forms.table import Label
from program.labels import fold, opening_of, openings_of
from program.pack.pack import Pack
from program.units.register import UnitRegister
from program.units.unit import Unit, UnitKind
from program.vietnamese import format_date

_DEPTH = 30
"""How many rows are searched on a sheet without a table."""

_UNKNOWN_NAME = "FORM-03"

_BETWEEN_PARTS = re.compile(r"\s*(?:[–—:;,|\n]|\s-\s)\s*")
_LONGEST_TITLE = 300
# With such a word the name of a unit begins in a title: "UBND HUYỆN KẾ SÁCH".
_KINDS = {"huyen", "thi", "thanh", "xa", "phuong", "tinh", "h", "tx", "tp", "x", "p", "tt"}


@dataclass(frozen=True, slots=True)
class Mention:
    """The text that stands at a label, such as a unit's name at "Đơn vị báo cáo", and its cell.

    `cell` is None for a text from the template's hidden sheet.
    """

    sheet: str
    cell: str | None
    text: str


class _Naming(NamedTuple):
    """A mention of a unit, and the units that it may mean."""

    mention: Mention
    meant: list[Unit]


def read_unit(
    found: Recognised, pack: Pack, period: Period | None, delivery: Delivery
) -> tuple[Unit | None, list[ReaderFinding]]:
    """Return the one unit that the workbook names, and what is wrong with it.

    The name may be unknown, ambiguous or not the sender's. Where no name is written, the template's
    marker says it. A unit that is not the sender's is not returned: a mistaken file must leave no
    trace in another unit's record.
    """
    days = _days(pack.units, period, delivery.received_on)
    namings = _namings(found, pack, days)
    notes: list[ReaderFinding] = []
    titled: _Naming | None = None
    # Where a cell or the marker says it, a title adds nothing but doubt.
    if not namings and not found.marker:
        titled = _named_in_titles(found, days, pack)
    if namings:
        place = namings[0].mention
        unit, problems = _named_unit(namings, days[0], found.form, pack)
    elif titled is not None:
        place, (unit,) = titled
        problems = []
        notes.append(at(place, "FORM-55", read_as=unit.name))
    else:
        place = Mention(found.first_sheet, None, "")
        unit, problems = _unit_of_marker(found, days[0], pack.units, place)
    if unit is not None:
        problems = _sender_problems(unit, pack.units, place, delivery)
    if unit is None or problems:
        return None, problems
    marker_problems = _marker_problems(found, unit, pack.units, place)
    return unit, notes + marker_problems


def _named_in_titles(found: Recognised, days: list[date], pack: Pack) -> _Naming | None:
    """Return the one unit that titles above the tables name; None where they name none or two."""
    for day in days:
        kinds = _kinds_of_reporters(found.form, day, pack)
        namings: list[_Naming] = []
        for title in titles_of(found):
            for part in title_parts(title.text):
                text = split_time(part).text
                meant = _named_at_end(text, day, kinds, pack.units)
                namings += [_Naming(title, [unit]) for unit in meant]
        # A letterhead also names the unit above: "UBND TỈNH SÓC TRĂNG – HUYỆN KẾ SÁCH".
        parents = {naming.meant[0].parent for naming in namings}
        lowest = [naming for naming in namings if naming.meant[0].code not in parents]
        codes = {naming.meant[0].code for naming in lowest}
        if len(codes) > 1:
            return None
        if codes:
            return lowest[0]
    return None


def _kinds_of_reporters(form: Form, day: date, pack: Pack) -> frozenset[UnitKind]:
    """Return the kinds of units that had to send a form on a day; all kinds if none had to.

    "Kế Sách" over a report of 2024 is the district, not the township in it.
    """
    return pack.calendar.reporters(form.code, day) or frozenset(UnitKind)


def _named_at_end(
    text: str, day: date, kinds: Collection[UnitKind], units: UnitRegister
) -> list[Unit]:
    """Return the units that the last words of a text name with their kind."""
    words = text.split()
    for first, word in enumerate(words):
        if fold(word) not in _KINDS:
            continue
        name = " ".join(words[first:])
        meant = units.named(name, day, kinds=kinds)
        if meant:
            return meant
    return []


def _namings(found: Recognised, pack: Pack, days: list[date]) -> list[_Naming]:
    """Return the mentions of a unit, on the first of `days` on which one of them is known.

    Where none is known on any day, the first day counts. Names come before codes.
    """
    identity = found.form.identity
    mentions = mentions_of(found, identity.unit)
    # "Đơn vị: triệu đồng" names no unit but a measure.
    names = [mention for mention in mentions if money_measure(mention.text) is None]
    codes = mentions_of(found, identity.unit_code)
    first: list[_Naming] | None = None
    for day in days:
        namings = _namings_on(day, names, codes, found.form, pack)
        if any(naming.meant for naming in namings):
            return namings
        if first is None:
            first = namings
    return first or []


def _namings_on(
    day: date, names: list[Mention], codes: list[Mention], form: Form, pack: Pack
) -> list[_Naming]:
    """Return what each mention of a unit may mean on a day."""
    kinds = _kinds_of_reporters(form, day, pack)
    namings: list[_Naming] = []
    for name in names:
        units = pack.units.named(name.text, day, kinds=kinds)
        namings.append(_Naming(name, units))
    for code in codes:
        unit = pack.units.get(code.text, day)
        is_reporter = unit is not None and unit.kind in kinds
        meant = [unit] if unit is not None and is_reporter else []
        namings.append(_Naming(code, meant))
    return namings


def _named_unit(
    namings: list[_Naming], day: date, form: Form, pack: Pack
) -> tuple[Unit | None, list[ReaderFinding]]:
    """Return the unit on which all mentions agree, or None and why there is none."""
    unit, problem = _agreed(namings)
    if problem is None:
        return unit, []
    if problem.rule == _UNKNOWN_NAME:
        unknown = next(naming.mention for naming in namings if not naming.meant)
        problem = _unknown(unknown, day, form, pack)
    return None, [problem]


def _unit_of_marker(
    found: Recognised, day: date, units: UnitRegister, place: Mention
) -> tuple[Unit | None, list[ReaderFinding]]:
    """Return the unit that the template's marker names, or None and a problem."""
    unit: Unit | None = None
    if found.marker is not None:
        unit = units.get(found.marker.unit, day)
    if unit is None:
        return None, [at(place, "FORM-02", label=found.form.identity.unit.label)]
    return unit, []


def _marker_problems(
    found: Recognised, unit: Unit, units: UnitRegister, place: Mention
) -> list[ReaderFinding]:
    """Return a problem where the template was made for another unit."""
    marker = found.marker
    if marker is None or marker.unit == unit.code:
        return []
    return [at(place, "FORM-27", made_for=_latest_name(marker.unit, units))]


def _unknown(place: Mention, day: date, form: Form, pack: Pack) -> ReaderFinding:
    """Return why a name is no reporter's.

    Its unit does not send this form, its unit has ended and has successors, or nobody knows it.
    """
    others = pack.units.named(place.text, day)
    if others:
        return at(place, "FORM-34", unit=others[0].name, form=form.short_title)
    ended = list(_ended_units(place.text, day, pack.units))
    if not ended:
        return at(place, _UNKNOWN_NAME)
    last = ended[-1]
    successors = ", ".join(unit.name for unit in pack.units.successors_of(last))
    if not successors:
        return at(place, _UNKNOWN_NAME)
    last_day = format_date(last.valid_to or day)
    return at(place, "FORM-33", unit=last.name, ended=last_day, successors=successors)


def _ended_units(name: str, day: date, units: UnitRegister) -> Iterator[Unit]:
    """Yield the units that had a name and ended before `day`."""
    for unit in units:
        end = unit.valid_to
        if end and end < day and unit in units.named(name, end):
            yield unit


def _days(units: UnitRegister, period: Period | None, received: date) -> list[date]:
    """Return the days on which to look for a unit, the best first.

    This is the last day of the period. Without a period that can be trusted, it is any day that
    helps: a mistyped year is a problem of its own and must not make a district that ended in 2025
    look unknown as well.
    """
    if period is not None and period.start <= received:
        return [period.end]
    ends = {unit.valid_to for unit in units if unit.valid_to is not None}
    latest_first = sorted(ends, reverse=True)
    return [received, *latest_first]


def _agreed(namings: list[_Naming]) -> tuple[Unit | None, ReaderFinding | None]:
    """Return the one unit that every mention may mean, or None and the first contradiction."""
    first = namings[0]
    candidates = first.meant
    for mention, meant in namings:
        if not meant:
            return None, at(mention, _UNKNOWN_NAME)
        common = [unit for unit in candidates if unit in meant]
        if not common:
            return None, at(mention, "FORM-10", other=first.mention.text)
        candidates = common
    # A district and its township share a name. Which one is meant only the sender knows.
    if len(candidates) > 1:
        names = [f"{unit.name} ({unit.code})" for unit in candidates]
        return None, at(first.mention, "FORM-04", candidates="; ".join(names))
    return candidates[0], None


def _sender_problems(
    unit: Unit, units: UnitRegister, place: Mention, delivery: Delivery
) -> list[ReaderFinding]:
    """Return a problem where the delivery came from another unit; a sender may be unknown."""
    code = delivery.sender_unit
    if code is None or code == unit.code:
        return []
    return [at(place, "FORM-06", sender=_latest_name(code, units), unit=unit.name)]


def _latest_name(code: str, units: UnitRegister) -> str:
    """Return the latest name of a unit; its code where the register does not have it."""
    unit = units.latest(code)
    if unit is None:
        return code
    return unit.name


def at(mention: Mention, rule: str, **values: str) -> ReaderFinding:
    """Return a problem at the place of a mention, with its text."""
    return ReaderFinding(rule, mention.sheet, mention.cell, mention.text or None, values)


def titles_of(workbook: Recognised) -> Iterator[Mention]:
    """Yield every text above the first table of each visible sheet that holds one."""
    for sheet in workbook.sheets:
        first_table = _first_table(sheet, workbook)
        if first_table is None or sheet.is_hidden:
            continue
        for number, row in enumerate(sheet.rows[:first_table]):
            for column, cell in enumerate(row):
                # A longer text is an explanation, and no title.
                if isinstance(cell, str) and 0 < len(cell) <= _LONGEST_TITLE:
                    name = _cell_name(number, column)
                    yield Mention(sheet.name, name, text_of_cell(cell))


def _first_table(sheet: Sheet, workbook: Recognised) -> int | None:
    """Return the 0-based row of the first table's header on a sheet; None without a table."""
    headers = workbook.headers.values()
    tops = [header.row for header in headers if header.sheet is sheet]
    return min(tops, default=None)


def _cell_name(row: int, column: int) -> str:
    """Return the name of a cell by its 0-based row and column: "B3"."""
    return f"{column_letter(column + 1)}{row + 1}"


def title_parts(title: str) -> list[str]:
    """Return the parts of a title that dashes, colons, commas and line breaks separate.

    What stands before the name of a unit is a part too: "Báo cáo quý II/2025 huyện Kế Sách".
    """
    parts = [part for part in _BETWEEN_PARTS.split(title) if part]
    before_units: list[str] = []
    for part in parts:
        words = part.split()
        for first, word in enumerate(words):
            if first > 0 and fold(word) in _KINDS:
                before_units.append(" ".join(words[:first]))
                break
    return parts + before_units


def mentions_of(workbook: Recognised, label: Label) -> list[Mention]:
    """Return every value of `label` above the first table of each sheet, in reading order.

    A hidden sheet counts only if it holds a table. Where a report's own sheets have no such value,
    those around it are read, group by group.
    """
    for sheets in (workbook.sheets, *workbook.around):
        mentions = list(_mentions_on(sheets, workbook, label))
        if mentions:
            return mentions
    return []


def _mentions_on(sheets: Iterable[Sheet], workbook: Recognised, label: Label) -> Iterator[Mention]:
    identity = workbook.form.identity
    labels = identity.unit.folded | identity.unit_code.folded | identity.period.folded
    # The template's cell for "nothing to report" is beside the unit's code.
    labels |= {fold_label(f"{NIL_LABEL} {NIL_HINT}")}
    for sheet in sheets:
        first_table = _first_table(sheet, workbook)
        if first_table is not None:
            yield from _mentions_above(first_table, sheet, label.folded, labels)
        elif not sheet.is_hidden:
            # A cover names the unit and the period in its upper rows.
            yield from _mentions_above(_DEPTH, sheet, label.folded, labels)


def _mentions_above(
    depth: int, sheet: Sheet, writings: Collection[str], labels: Collection[str]
) -> Iterator[Mention]:
    """Yield the values of a label in the rows of a sheet above row `depth`."""
    openings = openings_of(writings)
    for number in sheet.texts.rows_of(openings):
        if number >= depth:
            return
        row = sheet.rows[number]
        for column, cell in enumerate(row):
            # Its first letters say of most cells, at little cost, that they are not the label.
            if not cell or not isinstance(cell, str) or opening_of(cell) not in openings:
                continue
            value = _value_of(row, column, writings, labels)
            if value is not None:
                yield Mention(sheet.name, _cell_name(number, value.at), value.text)


class _Value(NamedTuple):
    """A label's value and its 0-based column."""

    at: int
    text: str


def _value_of(
    row: list[CellValue], column: int, writings: Collection[str], labels: Collection[str]
) -> _Value | None:
    """Return the value of the label in `row[column]`; None if it is no label.

    A label with nothing beside it has no value: the next label of the row is not its value.
    """
    name, rest = _split(row[column])
    if fold_label(name) not in writings:
        return None
    if not is_empty(rest):
        return _Value(column, rest)
    for beside in range(column + 1, len(row)):
        cell = row[beside]
        if is_empty(cell):
            continue
        if _is_any_label(cell, labels):
            return None
        return _Value(beside, text_of_cell(cell))
    return None


def _is_any_label(cell: CellValue, labels: Collection[str]) -> bool:
    if not isinstance(cell, str):
        return False
    name, _ = _split(cell)
    return fold_label(name) in labels


def _split(cell: CellValue) -> tuple[str, str]:
    """Return what is before and after the first colon, an East Asian one included."""
    text = text_of_cell(cell).replace("：", ":")
    name, _, rest = text.partition(":")
    return name, rest.strip()
