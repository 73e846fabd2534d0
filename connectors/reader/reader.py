"""The bytes of a delivery to `ParsedReport`s, one for each report in it.

A parsed report names its form, unit, period and stage, and holds its tables by columns.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from connectors.reader.find.heading_time import outside
from connectors.reader.find.period_cell import check_period, read_period, stage_of
from connectors.reader.find.recognition import NO_HEADINGS, Recognised, no_table
from connectors.reader.find.split_reports import reports_in
from connectors.reader.find.unit_cell import read_unit
from connectors.reader.json_reports.portal_report import ABOUT, PortalReport, is_json, read_reports
from connectors.reader.json_reports.tool_submission import read_submission, with_field_names
from connectors.reader.open.workbook import megabytes, open_workbook
from connectors.reader.read_table import read_table, table_end
from connectors.reader.values.named_units import resolve_units
from connectors.reader.values.personal import masked
from program.addresses import column_letter
from program.calendar.period import Period
from program.calendar.stage import Stage
from program.delivery import Delivery
from program.finding import ReaderFinding
from program.forms.form import Form
from program.forms.table import Table
from program.limits import DEFAULT_LIMITS, Limits
from program.pack.pack import Pack
from program.pack.source import ToolSource
from program.parsed_report import ParsedReport, ParsedTable
from program.units.unit import Unit


class _Part(NamedTuple):
    """A report of a workbook: its sheets, and what was read from them."""

    found: Recognised
    reading: ParsedReport


class _ReportKey(NamedTuple):
    """Which report was parsed. Two parsed reports with the same key are the same report."""

    form_code: str
    unit_code: str
    period: Period
    stage: Stage


def read_parts(
    content: bytes | None, delivery: Delivery, pack: Pack, limits: Limits = DEFAULT_LIMITS
) -> list[ParsedReport]:
    """Return a parsed report for each report in `content`; one with problems where there is none.

    Never raises for what is in the bytes: that becomes problems. `content` None stands for bytes
    that were refused, mostly for their size, and not kept. Time and memory are not limited here but
    by the process that this runs in (`reader_pool`).
    """
    if delivery.refusal is not None:
        return [_unread(delivery, delivery.refusal)]
    if content is None or len(content) > limits.delivery_bytes:
        values = {"limit": megabytes(limits.delivery_bytes)}
        too_large = ReaderFinding("FILE-05", values=values)
        return [_unread(delivery, too_large)]
    tool_source = pack.tool_source(delivery.source)
    if tool_source is not None or is_json(content):
        return _read_json(content, delivery, tool_source, pack, limits)
    workbook = open_workbook(content, limits)
    if isinstance(workbook, ReaderFinding):
        return [_unread(delivery, workbook)]
    found = reports_in(workbook.sheets, pack)
    if not found:
        problem = no_table(workbook.sheets, pack.forms)
        return [_unread(delivery, *workbook.problems, problem)]
    parts = _filled_in(found, delivery, pack)
    reports = _with_notes(parts, workbook.problems)
    return _numbered(reports)


def _unread(delivery: Delivery, *problems: ReaderFinding) -> ParsedReport:
    """Return the parsed report of a delivery, or of a part of it, that holds no report."""
    return ParsedReport(delivery, problems=problems)


def _read_json(
    content: bytes,
    delivery: Delivery,
    tool_source: ToolSource | None,
    pack: Pack,
    limits: Limits,
) -> list[ParsedReport]:
    """Return the reports of a JSON text: a submission of a form tool, or the portal's reports.

    What is no report becomes a parsed report with a problem; it does not stop the others.
    """
    if tool_source is not None:
        return [_read_submission(content, delivery, tool_source, pack, limits)]
    reports = read_reports(content, pack, limits)
    if isinstance(reports, ReaderFinding):
        return [_unread(delivery, reports)]
    return _numbered(_portal_reading(report, delivery, pack) for report in reports)


def _read_submission(
    content: bytes, delivery: Delivery, source: ToolSource, pack: Pack, limits: Limits
) -> ParsedReport:
    """Return the report of a submission of a form tool, with the fields behind its cells."""
    submission = read_submission(content, source, pack, limits)
    if isinstance(submission, ReaderFinding):
        return _unread(delivery, submission)
    reading = masked(_portal_reading(submission.sheets, delivery, pack))
    problems = [with_field_names(problem, submission.fields) for problem in reading.problems]
    return replace(reading, problems=tuple(problems), fields=submission.fields)


def _portal_reading(
    report: PortalReport | ReaderFinding, delivery: Delivery, pack: Pack
) -> ParsedReport:
    """Return what one item of a JSON text holds."""
    if isinstance(report, ReaderFinding):
        return _unread(delivery, report)
    if not report.found.headers:
        problem = ReaderFinding("FORM-01", sheet=ABOUT, values={"headings": NO_HEADINGS})
        return _unread(delivery, *report.problems, problem)
    reading = _read_form(report.found, delivery, pack)
    problems = (*report.problems, *reading.problems)
    return replace(reading, problems=problems)


def _filled_in(found: Sequence[Recognised], delivery: Delivery, pack: Pack) -> list[_Part]:
    """Return the parts that somebody filled in; the first one if nobody filled in any.

    A template may have sheets for later periods, which stay empty.
    """
    main = max(found, key=lambda part: part.score)
    main_form = main.form.code
    parts: list[_Part] = []
    for part in found:
        reading = _read_form(part, delivery, pack)
        parts.append(_Part(part, reading))
    filled_in = [part for part in parts if _is_filled_in(part, main_form)]
    # Its sender must learn that the file is empty.
    return filled_in or parts[:1]


def _is_filled_in(part: _Part, main_form: str) -> bool:
    """Tell whether a part is a report that somebody filled in."""
    found, reading = part
    if found.is_filled or reading.is_nil:
        return True
    # Words alone are no report of a form beside the main one: they may be a signature's.
    return found.form.code == main_form and not reading.is_blank


def _with_notes(parts: Sequence[_Part], notes: Sequence[ReaderFinding]) -> Iterator[ParsedReport]:
    """Yield the parsed reports with the problems of the workbook.

    A problem of a sheet goes to the first part with that sheet, any other to the first part.
    """
    owners: dict[str, int] = {}
    for number, part in enumerate(parts):
        for sheet in part.found.sheets:
            owners.setdefault(sheet.name, number)
    notes_of: defaultdict[int, list[ReaderFinding]] = defaultdict(list)
    for note in notes:
        owner = owners.get(note.sheet or "", 0)
        notes_of[owner].append(note)
    for number, part in enumerate(parts):
        problems = (*notes_of[number], *part.reading.problems)
        yield replace(part.reading, problems=problems)


def _numbered(reports: Iterable[ParsedReport]) -> list[ParsedReport]:
    """Return the reports of a delivery with their numbers, without personal data.

    Reports that are the same one get a problem (FORM-51), so that none of them is taken.
    """
    readings: list[ParsedReport] = []
    for number, report in enumerate(reports, start=1):
        numbered = replace(report, report_no=number)
        readings.append(masked(numbered))
    times = Counter(map(_key_of, readings))
    for at, reading in enumerate(readings):
        key = _key_of(reading)
        # Reports without a key are not taken anyway: their unit or period has a problem.
        if key is not None and times[key] > 1:
            readings[at] = _with_repetition(reading)
    return readings


def _key_of(reading: ParsedReport) -> _ReportKey | None:
    """Return the key of a parsed report; None if it is not known."""
    if reading.form is None or reading.unit_code is None or reading.period is None:
        return None
    return _ReportKey(reading.form.code, reading.unit_code, reading.period, reading.stage)


def _with_repetition(reading: ParsedReport) -> ParsedReport:
    """Return a reading with the problem that another report of the file is the same one."""
    first_sheet: str | None = None
    for table in reading.tables.values():
        first_sheet = table.sheet
        break
    problem = ReaderFinding("FORM-51", sheet=first_sheet)
    return replace(reading, problems=(*reading.problems, problem))


def _read_form(found: Recognised, delivery: Delivery, pack: Pack) -> ParsedReport:
    """Return the report on some sheets, by the version of its form for its period."""
    occasion = read_period(found)
    period = occasion.period
    in_force: Form | None = None
    if period is not None:
        in_force = pack.form(found.form.code, period)
    # The form was recognised before the period was known. Its version depends on the period.
    if in_force is not None and in_force.version != found.form.version:
        found = found.as_form(in_force)
    form = found.form
    is_in_force = in_force is not None
    stage, stage_problems = stage_of(occasion, form, delivery, found.marker)
    unit, unit_problems = read_unit(found, pack, period, delivery)
    unit_code = unit.code if unit else None
    tables, table_problems = _read_tables(found, unit)
    # In the order in which a sender reads a sheet: what is above the tables comes first.
    problems = [
        *occasion.problems,
        *check_period(occasion, form, delivery, found.first_sheet, in_force=is_in_force),
        *_other_times(found, period),
        *stage_problems,
        *unit_problems,
        *table_problems,
        *_empty_blank_tables(found, tables),
        *_other_forms(found),
        *resolve_units(tables, form, unit, period, pack.units),
    ]
    return ParsedReport(
        delivery=delivery,
        form=form,
        unit_code=unit_code,
        period=period,
        stage=stage,
        tables=tables,
        problems=tuple(problems),
    )


def _other_times(found: Recognised, period: Period | None) -> Iterator[ReaderFinding]:
    """Yield a problem for each heading that names a year or a day outside the report's period."""
    if period is None:
        return
    for header in found.headers.values():
        for heading in outside(header.dated, period):
            cell = f"{column_letter(heading.at + 1)}{heading.row + 1}"
            values = {"period": period.label}
            yield ReaderFinding("FORM-54", header.sheet.name, cell, heading.text, values)


def _other_forms(found: Recognised) -> Iterator[ReaderFinding]:
    """Yield a problem for each sheet that also holds a table of another form."""
    for sheet, form_title in found.others:
        yield ReaderFinding("FORM-32", sheet=sheet, values={"form": form_title})


def _empty_blank_tables(
    found: Recognised, tables: dict[str, ParsedTable]
) -> Iterator[ReaderFinding]:
    """Empty each table that holds no value but should; yield the problems.

    There is one for each table with a total over nothing, and one for a report without any value.
    The total of such a table is left out: the lines above it are what is missing. Where a table
    says that there is nothing to report and the others are empty, that holds for all of them.
    """
    read = _tables_of_figures(found.form, tables)
    if _spread_nil(tables, [table.name for table in read]):
        return
    blank = [table for table in read if tables[table.name].is_blank]
    is_all_blank = len(blank) == len(read)
    for position, table in enumerate(blank):
        reading = tables[table.name]
        # Beside other tables, a list may be empty: nothing of its kind happened.
        is_asked_for = position == 0 if is_all_blank else _must_have_total(table)
        # Of a table that may be empty, no line is left to ask for.
        if is_all_blank or is_asked_for or table.optional:
            tables[table.name] = reading.without(reading.rows)
        if is_asked_for:
            yield ReaderFinding("FORM-30", sheet=reading.sheet, values={"table": table.title})


def _tables_of_figures(form: Form, tables: dict[str, ParsedTable]) -> list[Table]:
    """Return the tables of `form` that were read and ask for more than words, in its order.

    Words alone are no report, and contradict no nil report.
    """
    return [table for table in form.tables if table.name in tables and not table.is_words_only]


def _must_have_total(table: Table) -> bool:
    """Return whether a total of `table` has to be there: one of its lines is one."""
    return not table.optional and any(line.total for line in table.lines)


def _spread_nil(tables: dict[str, ParsedTable], names: Sequence[str]) -> bool:
    """Tell whether one of the tables `names` says that there is nothing to report.

    No other may have a value. All of them then say so.
    """
    read = [tables[name] for name in names]
    if not any(table.is_nil for table in read):
        return False
    has_value = not all(table.is_nil or table.is_blank for table in read)
    if has_value:
        return False
    for name in names:
        emptied = tables[name].without(tables[name].rows)
        tables[name] = replace(emptied, is_nil=True)
    return True


def _read_tables(
    found: Recognised, unit: Unit | None
) -> tuple[dict[str, ParsedTable], list[ReaderFinding]]:
    """Return the tables of a report by name, as its unit has to send them, and what was met."""
    tables: dict[str, ParsedTable] = {}
    problems: list[ReaderFinding] = []
    for table in found.form.tables:
        header = found.headers.get(table.name)
        if header is not None:
            requested = table.asked_of(unit.kind) if unit else table
            end = table_end(header, found.headers)
            read, met = read_table(header, requested, end)
            tables[table.name] = replace(read, optional=_excused(table, requested))
            problems += met
        elif not table.optional:
            values = {"table": table.title}
            problems.append(ReaderFinding("FORM-18", sheet=found.first_sheet, values=values))
    return tables, problems


def _excused(table: Table, requested: Table) -> frozenset[str]:
    """Return the required columns of a table that are optional as it is requested of a unit."""
    required = {column.name for column in table.columns if column.required}
    still_required = {column.name for column in requested.columns if column.required}
    return frozenset(required - still_required)
