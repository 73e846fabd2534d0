"""A delivery's bytes to a `Reading`: which form, whose, for when, and its tables as frames."""

from collections.abc import Iterator
from dataclasses import replace

from connectors.reader.communes import resolve_communes
from connectors.reader.identity import read_unit
from connectors.reader.occasion import check_occasion, read_occasion, stage_of
from connectors.reader.recognition import Recognised, recognise
from connectors.reader.tables import read_table, table_end
from connectors.reader.workbook import megabytes, open_workbook
from program.delivery import Delivery
from program.finding import Problem
from program.limits import DEFAULT_LIMITS, Limits
from program.pack import Pack
from program.reading import Reading, TableReading


def read_delivery(content: bytes | None, delivery: Delivery, pack: Pack, limits: Limits = DEFAULT_LIMITS) -> Reading:
    """Return what `content` says. Never raises for what is in the bytes: that becomes the reading's problems.

    `content` None stands for bytes that were refused for their size and not kept. Seconds and memory are not held here
    but by the process it runs in (`workers`).
    """
    if content is None or len(content) > limits.delivery_bytes:
        return Reading(delivery, problems=(Problem("FILE-05", values={"limit": megabytes(limits.delivery_bytes)}),))
    workbook = open_workbook(content, limits)
    if isinstance(workbook, Problem):
        return Reading(delivery, problems=(workbook,))
    found = recognise(workbook.sheets, pack)
    if found is None:
        first = next((sheet.name for sheet in workbook.sheets), None)
        return Reading(delivery, problems=(*workbook.problems, Problem("FORM-01", sheet=first)))
    reading = _read_form(found, delivery, pack)
    return replace(reading, problems=(*workbook.problems, *reading.problems))


def _read_form(found: Recognised, delivery: Delivery, pack: Pack) -> Reading:
    occasion = read_occasion(found)
    period = occasion.period
    in_force = pack.form(found.form.code, period) if period else None
    if in_force is not None and in_force.version != found.form.version:
        found = found.as_form(in_force)
    stage, stage_problems = stage_of(occasion, found.form, delivery, found.marker)
    unit, unit_problems = read_unit(found, pack, period, delivery)
    tables, table_problems = _read_tables(found)
    blank = list(_blank_tables(found, tables))
    return Reading(
        delivery=delivery,
        form=found.form,
        unit_code=unit.code if unit else None,
        period=period,
        stage=stage,
        tables=tables,
        problems=(
            *occasion.problems,
            *check_occasion(occasion, found.form, delivery, found.first_sheet, in_force=in_force is not None),
            *stage_problems,
            *unit_problems,
            *table_problems,
            *blank,
            *(Problem("FORM-32", sheet=sheet, values={"form": form}) for sheet, form in found.others),
            *resolve_communes(tables, found.form, unit, period, pack.units),
        ),
    )


def _blank_tables(found: Recognised, tables: dict[str, TableReading]) -> Iterator[Problem]:
    """Yield a problem for each table whose total stands over nothing, and for a report in which no table holds a value.

    Such a table's total is left out: what is missing is the lines above it.
    """
    blank = [t for t in found.form.tables if t.name in tables and tables[t.name].is_blank]
    is_all = len(blank) == len(tables)
    for table in blank:
        if is_all or any(line.total for line in table.lines):
            read = tables[table.name]
            tables[table.name] = read.without(read.rows)
            if not is_all or table is blank[0]:
                yield Problem("FORM-30", sheet=read.sheet, values={"table": table.title})


def _read_tables(found: Recognised) -> tuple[dict[str, TableReading], list[Problem]]:
    tables: dict[str, TableReading] = {}
    problems: list[Problem] = []
    for table in found.form.tables:
        header = found.headers.get(table.name)
        if header is None:
            if not table.optional:
                problems.append(Problem("FORM-18", sheet=found.first_sheet, values={"table": table.title}))
            continue
        tables[table.name], met = read_table(header, table, table_end(header, found.headers))
        problems += met
    return tables, problems
