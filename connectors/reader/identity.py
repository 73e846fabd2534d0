"""Whom and when a workbook is about: labels such as "Đơn vị báo cáo:" above its tables, and their values."""

from dataclasses import dataclass

from openpyxl.utils import get_column_letter

from connectors.reader.layout import Header
from connectors.reader.values import is_empty, show
from connectors.reader.workbook import CellValue, Sheet
from program.delivery import Delivery
from program.finding import Problem
from program.form import Identity, Label
from program.labels import fold
from program.period import Period
from program.unit import Unit, UnitRegister
from program.vietnamese import VIETNAM_TIME

_DEPTH = 30  # rows looked at on a sheet without a table


@dataclass(frozen=True, slots=True)
class Mention:
    """A label's value and where it stands."""

    sheet: str
    cell: str
    text: str


def read_period(sheets: list[Sheet], headers: dict[str, Header], identity: Identity) -> tuple[Period | None, list[Problem]]:
    """Return the one period that the workbook names, or None and the problem."""
    mentions = _mentions(sheets, headers, identity.period)
    if not mentions:
        return None, [Problem("FORM-05", sheet=sheets[0].name, values={"label": identity.period.label})]
    periods = [Period.read(m.text) for m in mentions]
    for mention, period in zip(mentions, periods, strict=True):
        if period is None:
            return None, [_at(mention, "FORM-05", label=identity.period.label)]
        if period != periods[0]:
            return None, [_at(mention, "FORM-10", label=identity.period.label, other=mentions[0].text)]
    return periods[0], []


def read_unit(
    sheets: list[Sheet],
    headers: dict[str, Header],
    identity: Identity,
    units: UnitRegister,
    period: Period | None,
    delivery: Delivery,
) -> tuple[Unit | None, list[Problem]]:
    """Return the one unit that the workbook names, and what is wrong with it: unknown, ambiguous, not the sender's.

    A unit that is not the sender's is not returned: a mistaken file must leave no trace in another unit's record.
    """
    day = period.end if period else delivery.received_at.astimezone(VIETNAM_TIME).date()
    names = _mentions(sheets, headers, identity.unit)
    codes = _mentions(sheets, headers, identity.unit_code)
    if not names and not codes:
        return None, [Problem("FORM-02", sheet=sheets[0].name, values={"label": identity.unit.label})]
    coded = units.get(codes[0].text, day) if codes else None
    named = [unit for m in names[:1] for unit in units.named(m.text, day)]
    if coded is not None and named and coded not in named:
        return None, [_at(codes[0], "FORM-10", label=identity.unit_code.label, other=names[0].text)]
    candidates = [coded] if coded is not None else named
    place = (names or codes)[0]
    if len(candidates) != 1:
        rule = "FORM-04" if candidates else "FORM-03"
        return None, [_at(place, rule, candidates="; ".join(f"{u.name} ({u.code})" for u in candidates))]
    problems = _sender_problems(candidates[0], units, place, delivery)
    return (None if problems else candidates[0]), problems


def check_period(period: Period, place: Mention | None, delivery: Delivery) -> list[Problem]:
    """Return a problem where the period had not begun when the delivery came: a mistyped year."""
    received = delivery.received_at.astimezone(VIETNAM_TIME).date()
    if place is not None and period.start > received:
        return [_at(place, "FORM-13", received=f"{received:%d/%m/%Y}")]
    return []


def period_place(sheets: list[Sheet], headers: dict[str, Header], identity: Identity) -> Mention | None:
    """Return where the period is written, or None."""
    return next(iter(_mentions(sheets, headers, identity.period)), None)


def _sender_problems(unit: Unit, units: UnitRegister, place: Mention, delivery: Delivery) -> list[Problem]:
    if delivery.sender_unit in (None, unit.code):
        return []
    sender = units.latest(delivery.sender_unit or "")
    return [_at(place, "FORM-06", sender=sender.name if sender else str(delivery.sender_unit), unit=unit.name)]


def _at(mention: Mention, rule: str, **values: str) -> Problem:
    return Problem(rule, mention.sheet, mention.cell, mention.text, values)


def _mentions(sheets: list[Sheet], headers: dict[str, Header], label: Label) -> list[Mention]:
    """Return every value of `label` above the first table of each sheet, in reading order."""
    writings = {fold(writing) for writing in label.writings}
    found = []
    for sheet in sheets:
        depth = min((h.row for h in headers.values() if h.sheet is sheet), default=_DEPTH)
        for number, row in enumerate(sheet.rows[:depth]):
            found += [
                Mention(sheet.name, f"{get_column_letter(at + 1)}{number + 1}", text)
                for column, cell in enumerate(row)
                if isinstance(cell, str) and (hit := _value_of(row, column, writings)) is not None
                for at, text in [hit]
            ]
    return found


def _value_of(row: list[CellValue], column: int, writings: set[str]) -> tuple[int, str] | None:
    """Return column and text of the value that belongs to the label in `row[column]`, None where it is no label."""
    name, colon, rest = str(row[column]).partition(":")
    if fold(name) not in writings:
        return None
    if rest.strip():
        return column, rest.strip()
    value = next(((at, c) for at, c in enumerate(row[column + 1 :], column + 1) if not is_empty(c)), None)
    if value is None:
        return None
    at, cell = value
    return at, f"{cell:.0f}" if isinstance(cell, float) and cell.is_integer() else show(cell)
