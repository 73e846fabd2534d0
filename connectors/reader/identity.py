"""Whom a workbook is about: labels such as "Đơn vị báo cáo:" above its tables, and their values.

Every place that says it is asked, on every sheet, and all must say the same: a sheet copied from a neighbour's report
would otherwise become this unit's figures.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from connectors.reader.headings import fold_label
from connectors.reader.money import money_measure
from connectors.reader.recognition import Recognised
from connectors.reader.values import is_empty, show
from connectors.reader.workbook import CellValue, Sheet
from program.addresses import column_letter
from program.delivery import Delivery
from program.finding import Problem
from program.form import Form
from program.labels import opening_of, openings_of
from program.pack import Pack
from program.period import Period
from program.table import Label
from program.units import Unit, UnitKind, UnitRegister
from program.vietnamese import format_date

_DEPTH = 30  # rows looked at on a sheet without a table


@dataclass(frozen=True, slots=True)
class Mention:
    """A label's value and where it stands; no cell for what the template says behind the sheets."""

    sheet: str
    cell: str | None
    text: str


def read_unit(found: Recognised, pack: Pack, period: Period | None, delivery: Delivery) -> tuple[Unit | None, list[Problem]]:
    """Return the one unit that the workbook names, and what is wrong with it: unknown, ambiguous, not the sender's.

    Where no name is written, the template's marker says it. A unit that is not the sender's is not returned: a mistaken
    file must leave no trace in another unit's record.
    """
    identity, marker, units = found.form.identity, found.marker, pack.units
    names = [m for m in mentions_of(found, identity.unit) if money_measure(m.text) is None]
    codes = mentions_of(found, identity.unit_code)

    def meant_on(day: date) -> list[tuple[Mention, list[Unit]]]:
        # Only units that then owed the form: "Kế Sách" over a report of 2024 is the district, not the township in it.
        kinds = pack.calendar.reporters(found.form.code, day) or frozenset(UnitKind)
        coded = [(m, units.get(m.text, day)) for m in codes]
        named = [(m, units.named(m.text, day, kinds=kinds)) for m in names]
        return [*named, *((m, [unit] if unit and unit.kind in kinds else []) for m, unit in coded)]

    days = _days(units, period, delivery.received_on)
    said = next((said for said in map(meant_on, days) if any(meant for _, meant in said)), meant_on(days[0]))
    place = said[0][0] if said else Mention(found.first_sheet, None, "")
    if said:
        unit, problems = _agreed(said)
        if [p.rule for p in problems] == ["FORM-03"]:
            stranger = next(mention for mention, meant in said if not meant)
            problems = [_unknown(stranger, days[0], found.form, pack)]
    else:
        unit = units.get(marker.unit, days[0]) if marker else None
        problems = [] if unit else [at(place, "FORM-02", label=identity.unit.label)]
    if unit is not None:
        problems = _sender_problems(unit, units, place, delivery)
    if problems:
        return None, problems
    if unit is not None and marker is not None and marker.unit != unit.code:
        made_for = units.latest(marker.unit)
        problems = [at(place, "FORM-27", made_for=made_for.name if made_for else marker.unit)]
    return unit, problems


def _unknown(place: Mention, day: date, form: Form, pack: Pack) -> Problem:
    """Return why a name is no reporter's: it ended (and what it is now), it does not owe this form, or nobody knows it."""
    standing = pack.units.named(place.text, day)
    if standing:
        return at(place, "FORM-34", unit=standing[0].name, form=form.short_title)
    ended = [u for u in pack.units if u.valid_to and u.valid_to < day and u in pack.units.named(place.text, u.valid_to)]
    heirs = ", ".join(u.name for u in pack.units.successors_of(ended[-1])) if ended else ""
    if ended and heirs:
        return at(place, "FORM-33", unit=ended[-1].name, ended=format_date(ended[-1].valid_to or day), successors=heirs)
    return at(place, "FORM-03")


def _days(units: UnitRegister, period: Period | None, received: date) -> list[date]:
    """Return the days on which to look for a unit: the period's last; where none can be trusted, any that helps.

    A mistyped year is its own problem. It must not make a district that ended in 2025 look unknown as well.
    """
    if period is not None and period.start <= received:
        return [period.end]
    return [received, *sorted({unit.valid_to for unit in units if unit.valid_to is not None}, reverse=True)]


def _agreed(said: list[tuple[Mention, list[Unit]]]) -> tuple[Unit | None, list[Problem]]:
    """Return the one unit that every mention may mean, or None and the first mention that stands against it."""
    candidates = said[0][1]
    for mention, meant in said:
        if not meant:
            return None, [at(mention, "FORM-03")]
        common = [unit for unit in candidates if unit in meant]
        if not common:
            return None, [at(mention, "FORM-10", other=said[0][0].text)]
        candidates = common
    if len(candidates) > 1:
        return None, [at(said[0][0], "FORM-04", candidates="; ".join(f"{u.name} ({u.code})" for u in candidates))]
    return candidates[0], []


def _sender_problems(unit: Unit, units: UnitRegister, place: Mention, delivery: Delivery) -> list[Problem]:
    if delivery.sender_unit in (None, unit.code):
        return []
    sender = units.latest(delivery.sender_unit or "")
    return [at(place, "FORM-06", sender=sender.name if sender else str(delivery.sender_unit), unit=unit.name)]


def at(mention: Mention, rule: str, **values: str) -> Problem:
    """Return a problem that points at a mention and quotes it."""
    return Problem(rule, mention.sheet, mention.cell, mention.text or None, values)


def mentions_of(workbook: Recognised, label: Label) -> list[Mention]:
    """Return every value of `label` above the first table of each sheet, in reading order; of a hidden one only with a table.

    Where a report's own sheets have none, those around it are asked.
    """
    groups = (_mentions_on(sheets, workbook, label) for sheets in (workbook.sheets, *workbook.around))
    return next((mentions for mentions in groups if mentions), [])


def _mentions_on(sheets: Iterable[Sheet], workbook: Recognised, label: Label) -> list[Mention]:
    identity, headers = workbook.form.identity, workbook.headers.values()
    writings = label.folded
    labels = identity.unit.folded | identity.unit_code.folded | identity.period.folded
    openings = openings_of(writings)
    found: list[Mention] = []
    for sheet in sheets:
        if sheet.is_hidden and not any(header.sheet is sheet for header in headers):
            continue
        depth = min((h.row for h in headers if h.sheet is sheet), default=_DEPTH)
        for number in sheet.texts.rows_of(openings):
            if number >= depth:
                break
            row = sheet.rows[number]
            for column, cell in enumerate(row):
                may_be = isinstance(cell, str) and cell and opening_of(cell) in openings
                value = _value_of(row, column, writings, labels) if may_be else None
                if value is not None:
                    found.append(Mention(sheet.name, f"{column_letter(value[0] + 1)}{number + 1}", value[1]))
    return found


def _value_of(row: list[CellValue], column: int, writings: Collection[str], labels: Collection[str]) -> tuple[int, str] | None:
    """Return column and text of the value that belongs to the label in `row[column]`, None where it is no label.

    A label with nothing beside it has no value: the next label of the row is not its value.
    """
    name, rest = _split(row[column])
    if fold_label(name) not in writings:
        return None
    if not is_empty(rest):
        return column, rest
    at = next((at for at in range(column + 1, len(row)) if not is_empty(row[at])), None)
    if at is None or (isinstance(row[at], str) and fold_label(_split(row[at])[0]) in labels):
        return None
    return at, show(row[at])


def _split(cell: CellValue) -> tuple[str, str]:
    """Return what stands before and after the first colon, an East Asian one included."""
    name, _, rest = show(cell).replace("：", ":").partition(":")
    return name, rest.strip()
