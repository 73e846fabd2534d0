"""A delivery's bytes to a `Reading`: which form, whose, for when, and its tables as frames."""

from connectors.reader.identity import check_period, period_place, read_period, read_unit
from connectors.reader.layout import Header, find_headers
from connectors.reader.tables import read_table, table_end
from connectors.reader.workbook import Sheet, open_workbook
from program.delivery import Delivery
from program.finding import Problem
from program.form import Form
from program.pack import Pack
from program.reading import Reading, TableReading

MAX_UNPACKED_BYTES = 300_000_000


def read_delivery(content: bytes | None, delivery: Delivery, pack: Pack, *, max_bytes: int) -> Reading:
    """Return what `content` says. Never raises for what is in the bytes: that becomes the reading's problems.

    `content` None stands for bytes that were refused for their size and not kept.
    """
    if content is None or len(content) > max_bytes:
        return Reading(delivery, problems=(Problem("FILE-05", values={"limit": f"{max_bytes // 1_000_000} MB"}),))
    sheets = open_workbook(content, max_unpacked_bytes=MAX_UNPACKED_BYTES)
    if isinstance(sheets, Problem):
        return Reading(delivery, problems=(sheets,))
    found = _recognise(sheets, pack)
    if found is None:
        return Reading(delivery, problems=(Problem("FORM-01", sheet=sheets[0].name if sheets else None),))
    return _read_form(sheets, *found, delivery, pack)


def _recognise(sheets: list[Sheet], pack: Pack) -> tuple[Form, dict[str, Header]] | None:
    """Return the form whose labels the sheets hold most of, with its headers, or None."""
    candidates = [(form, find_headers(sheets, form)) for form in pack.forms]
    best = max(candidates, key=lambda c: sum(len(h.columns) for h in c[1].values()), default=None)
    return best if best is not None and best[1] else None


def _read_form(sheets: list[Sheet], form: Form, headers: dict[str, Header], delivery: Delivery, pack: Pack) -> Reading:
    period, problems = read_period(sheets, headers, form.identity)
    in_force = pack.form(form.code, period) if period else None
    if in_force is not None and in_force.version != form.version:
        form, headers = in_force, find_headers(sheets, in_force)
    if period is not None:
        place = period_place(sheets, headers, form.identity)
        problems += check_period(period, place, delivery)
        if place is not None and (in_force is None or period.kind not in form.periods):
            problems.append(Problem("FORM-12", place.sheet, place.cell, place.text))
    unit, unit_problems = read_unit(sheets, headers, form.identity, pack.units, period, delivery)
    tables, table_problems = _read_tables(form, headers, sheets[0])
    return Reading(
        delivery=delivery,
        form=form,
        unit_code=unit.code if unit else None,
        period=period,
        tables=tables,
        problems=(*problems, *unit_problems, *table_problems),
    )


def _read_tables(form: Form, headers: dict[str, Header], first: Sheet) -> tuple[dict[str, TableReading], list[Problem]]:
    tables: dict[str, TableReading] = {}
    problems: list[Problem] = []
    for table in form.tables:
        header = headers.get(table.name)
        if header is None:
            if not table.optional:
                problems.append(Problem("FORM-18", sheet=first.name, values={"table": table.title}))
            continue
        tables[table.name], met = read_table(header, table, table_end(header, headers))
        problems += met
    return tables, problems
