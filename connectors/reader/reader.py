"""A delivery's bytes to a `Reading`: which form, whose, for when, and its tables as frames."""

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
    sheets = open_workbook(content, limits)
    if isinstance(sheets, Problem):
        return Reading(delivery, problems=(sheets,))
    found = recognise(sheets, pack)
    if found is None:
        return Reading(delivery, problems=(Problem("FORM-01", sheet=sheets[0].name if sheets else None),))
    return _read_form(found, delivery, pack)


def _read_form(found: Recognised, delivery: Delivery, pack: Pack) -> Reading:
    occasion = read_occasion(found)
    period = occasion.period
    in_force = pack.form(found.form.code, period) if period else None
    if in_force is not None and in_force.version != found.form.version:
        found = found.as_form(in_force)
    stage, stage_problems = stage_of(occasion, found.form, delivery)
    unit, unit_problems = read_unit(found, pack, period, delivery)
    tables, table_problems = _read_tables(found)
    return Reading(
        delivery=delivery,
        form=found.form,
        unit_code=unit.code if unit else None,
        period=period,
        stage=stage,
        tables=tables,
        problems=(
            *occasion.problems,
            *check_occasion(occasion, found.form, delivery, in_force=in_force is not None),
            *stage_problems,
            *unit_problems,
            *table_problems,
            *resolve_communes(tables, found.form, unit, period, pack.units),
        ),
    )


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
