"""A delivery's bytes to `Reading`s, one for each report in it: which form, whose, for when, and its tables as frames."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from connectors.reader.communes import resolve_communes
from connectors.reader.identity import read_unit
from connectors.reader.occasion import check_occasion, read_occasion, stage_of
from connectors.reader.parts import parts_of
from connectors.reader.personal import masked
from connectors.reader.portal_report import ABOUT, PortalReport, is_json, read_reports
from connectors.reader.recognition import Recognised
from connectors.reader.tables import read_table, table_end
from connectors.reader.workbook import megabytes, open_workbook
from program.delivery import Delivery
from program.finding import Problem
from program.limits import DEFAULT_LIMITS, Limits
from program.pack import Pack
from program.reading import Reading, TableReading


def read_parts(content: bytes | None, delivery: Delivery, pack: Pack, limits: Limits = DEFAULT_LIMITS) -> list[Reading]:
    """Return what `content` says, a reading for each report in it, one where there is none.

    Never raises for what is in the bytes: that becomes problems. `content` None stands for bytes that were refused, mostly for
    their size, and not kept. Seconds and memory are not held here
    but by the process it runs in (`workers`).
    """
    if delivery.refusal is not None:
        return [Reading(delivery, problems=(delivery.refusal,))]
    if content is None or len(content) > limits.delivery_bytes:
        return [Reading(delivery, problems=(Problem("FILE-05", values={"limit": megabytes(limits.delivery_bytes)}),))]
    if is_json(content):
        return _read_portal(content, delivery, pack, limits)
    workbook = open_workbook(content, limits)
    if isinstance(workbook, Problem):
        return [Reading(delivery, problems=(workbook,))]
    found = parts_of(workbook.sheets, pack)
    if not found:
        first = next((sheet.name for sheet in workbook.sheets), None)
        return [Reading(delivery, problems=(*workbook.problems, Problem("FORM-01", sheet=first)))]
    return _numbered(_with_notes(_told(found, delivery, pack), workbook.problems))


def _read_portal(content: bytes, delivery: Delivery, pack: Pack, limits: Limits) -> list[Reading]:
    """Return the reports of a JSON text as read; one that is none is a reading that says so, and keeps no other out."""
    reports = read_reports(content, pack, limits)
    if isinstance(reports, Problem):
        return [Reading(delivery, problems=(reports,))]
    return _numbered(_portal_reading(report, delivery, pack) for report in reports)


def _portal_reading(report: PortalReport | Problem, delivery: Delivery, pack: Pack) -> Reading:
    if isinstance(report, Problem):
        return Reading(delivery, problems=(report,))
    if not report.found.headers:
        return Reading(delivery, problems=(*report.problems, Problem("FORM-01", sheet=ABOUT)))
    reading = _read_form(report.found, delivery, pack)
    return replace(reading, problems=(*report.problems, *reading.problems))


def _told(found: Sequence[Recognised], delivery: Delivery, pack: Pack) -> list[tuple[Recognised, Reading]]:
    """Return the parts as read, without those of several that nobody filled in: a template's sheets for later periods.

    Of a form that only stands beside another, words alone, such as a signature's, do not make a report.
    """
    main = max(found, key=lambda part: part.score).form.code
    parts = [(part, _read_form(part, delivery, pack)) for part in found]
    told = [
        (part, read) for part, read in parts if part.is_filled or read.is_nil or (part.form.code == main and not read.is_blank)
    ]
    return told or parts[:1]


def _with_notes(parts: Sequence[tuple[Recognised, Reading]], notes: Sequence[Problem]) -> Iterator[Reading]:
    """Yield the readings with what is to be said of the workbook: of a sheet to the part that it is in, else to the first."""
    owner = {sheet.name: number for number, (part, _) in reversed(list(enumerate(parts))) for sheet in part.sheets}
    for number, (_, reading) in enumerate(parts):
        own = [note for note in notes if owner.get(note.sheet or "", 0) == number]
        yield replace(reading, problems=(*own, *reading.problems))


def _numbered(parts: Iterator[Reading]) -> list[Reading]:
    """Return the parts of a delivery with their numbers; two that are the same report are told so, and neither is taken."""
    readings = [masked(replace(reading, part=number)) for number, reading in enumerate(parts, start=1)]
    times = Counter(map(_report_of, readings))
    return [
        replace(r, problems=(*r.problems, Problem("FORM-51", sheet=next((t.sheet for t in r.tables.values()), None))))
        if None not in _report_of(r) and times[_report_of(r)] > 1
        else r
        for r in readings
    ]


def _report_of(reading: Reading) -> tuple[object, ...]:
    return reading.form.code if reading.form else None, reading.unit_code, reading.period, reading.stage


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
