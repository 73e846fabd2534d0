"""Turn the portal's JSON reports (docs/portal.md) into sheets, so that every value has a cell.

A table becomes a sheet: the form's labels in row 1, the lines from row 2 on, the columns in the
form's order. Keys that the form does not have follow under their own names, and the reader finds
them as it does in a workbook.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, TypeAlias

from connectors.reader.find.layout import find_headers
from connectors.reader.find.recognition import Recognised
from connectors.reader.open.workbook import CellValue, Sheet
from program.addresses import column_letter
from program.calendar.period import Period
from program.calendar.stage import Stage
from program.finding import ReaderFinding
from program.forms.form import Form
from program.forms.table import Table
from program.limits import Limits
from program.pack.pack import Pack
from program.vietnamese import format_number

Json: TypeAlias = dict[str, Any]

ABOUT = "Báo cáo"
"""The sheet with what stands outside the tables; no form has a sheet of this name."""

_HEAD_BYTES = 1024
_JSON_START = re.compile(rb'(?:\xef\xbb\xbf)?\s*(?:\{\s*["}]|\[\s*[\{\]])')
_KEYS = ("form", "version", "unit", "period", "stage", "tables")
_REQUIRED_KEYS = ("form", "unit", "period", "tables")
LINE_KEY = "line"
_LARGEST_EXACT = 2**53
_LONGEST_SHOWN = 200
_STAGES = tuple(map(str, Stage))
_TOO_DEEP = "tệp JSON có quá nhiều lớp lồng nhau"
_DAMAGED = "tệp JSON bị cắt cụt, sai cú pháp hoặc không phải UTF-8"
NO_REPORT = ReaderFinding("FILE-02", values={"kind": "tệp JSON không theo mẫu của cổng báo cáo"})


class _RefusedError(ValueError):
    """JSON that is not allowed here; the message is for its sender."""


@dataclass(frozen=True, slots=True)
class PortalReport:
    """One report of a JSON text as sheets, and the problems that belong to no cell of them."""

    found: Recognised
    problems: tuple[ReaderFinding, ...]


def is_json(content: bytes) -> bool:
    """Return whether bytes begin as JSON: an object, or a list of objects."""
    return _JSON_START.match(content[:_HEAD_BYTES]) is not None


def read_reports(
    content: bytes, pack: Pack, limits: Limits
) -> list[PortalReport | ReaderFinding] | ReaderFinding:
    """Return the reports of a JSON text in order.

    A problem stands in the place of an item that is not a report. One problem alone says why the
    text holds no report at all.
    """
    parsed = parse_json(content)
    if isinstance(parsed, ReaderFinding):
        return parsed
    items = parsed if isinstance(parsed, list) else [parsed]
    reports = [item for item in items if _is_report(item)]
    if not reports:
        return NO_REPORT
    # Before any is laid out: a short text can ask for millions of cells.
    too_many = too_many_cells(reports, pack, limits)
    if too_many is not None:
        return too_many
    read: list[PortalReport | ReaderFinding] = []
    for item in items:
        if _is_report(item):
            read.append(report_in_sheets(item, pack))
        else:
            read.append(NO_REPORT)
    return read


def too_many_cells(reports: Sequence[Json], pack: Pack, limits: Limits) -> ReaderFinding | None:
    """Return the problem of reports whose sheets would have too many cells; else None."""
    # The sheets fill the cells that a line leaves out, so a small text can become large ones.
    most_cells = sum(_most_cells(report, pack) for report in reports)
    if most_cells <= limits.sheet_cells:
        return None
    limit = f"{format_number(limits.sheet_cells)} ô"
    return ReaderFinding("FILE-05", values={"limit": limit})


def parse_json(content: bytes) -> Any | ReaderFinding:
    """Return the parsed JSON, or the problem with it."""
    try:
        return json.loads(
            content.decode("utf-8-sig"),
            object_pairs_hook=_without_duplicates,
            parse_constant=_refuse_constant,
            parse_float=_finite,
            parse_int=_whole,
        )
    except _RefusedError as wrong:
        reason = f"tệp JSON {wrong}"
    except RecursionError:
        reason = _TOO_DEEP
    except ValueError:  # not UTF-8, or not JSON
        reason = _DAMAGED
    return ReaderFinding("FILE-03", values={"reason": reason})


def _without_duplicates(pairs: list[tuple[str, Any]]) -> Json:
    members = dict(pairs)
    # The standard lets programs choose between two values of a key. A report must not.
    if len(members) < len(pairs):
        raise _RefusedError("ghi một mục hai lần trong cùng một chỗ")
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise _RefusedError(f"có giá trị {name}, không phải là số")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise _RefusedError("có số quá lớn")
    return value


def _whole(text: str) -> int | float:
    """Return a number without decimals; as a float where it is larger than floats are exact."""
    value = _finite(text)
    if abs(value) < _LARGEST_EXACT:
        return int(text)
    return value


def _is_report(item: object) -> bool:
    """Return whether an item has the required keys, each with a value of its type."""
    if not isinstance(item, dict):
        return False
    if not all(key in item for key in _REQUIRED_KEYS):
        return False
    tables = item["tables"]
    if not isinstance(item["form"], str) or not isinstance(tables, dict):
        return False
    return all(map(is_list_of_objects, tables.values()))


def is_list_of_objects(lines: object) -> bool:
    """Tell whether a value is a JSON array of objects: a table of a report, a repeat of a tool."""
    if not isinstance(lines, list):
        return False
    return all(isinstance(line, dict) for line in lines)


def _most_cells(report: Json, pack: Pack) -> int:
    """Return an upper bound of the cells of a report's sheets."""
    form = form_of(report, pack)
    width = 0
    if form is not None:
        widths = [len(table.columns) for table in form.tables]
        width = max(widths, default=0)
    cells = 0
    for lines in report["tables"].values():
        # A key that the form does not have becomes a column of all lines.
        most_keys = max(map(len, lines), default=0)
        most_columns = 1 + width + most_keys
        cells += len(lines) * most_columns
    return cells


def _period(report: Json) -> Period | None:
    """Return the period of a report, None if it names none."""
    written = report["period"]
    # A year may come as a number. Nothing else that is not a text can be a period.
    if not isinstance(written, str | int):
        return None
    return Period.read(str(written))


def form_of(report: Json, pack: Pack) -> Form | None:
    """Return the form of a report, None if the pack does not have it.

    It is the version in force for the period; else the version that the report names; else the
    newest one.
    """
    code = report["form"]
    period = _period(report)
    if period is not None:
        in_force = pack.form(code, period)
        if in_force is not None:
            return in_force
    versions = pack.versions_of(code)
    for form in versions:
        if form.version == report.get("version"):
            return form
    return max(versions, key=lambda form: form.valid_from, default=None)


def report_in_sheets(report: Json, pack: Pack) -> PortalReport | ReaderFinding:
    """Return a report as sheets; a problem if the pack does not have its form."""
    form = form_of(report, pack)
    if form is None:
        named = shown(report["form"])
        return ReaderFinding("FORM-01", ABOUT, None, named, {"headings": named})
    sheets = [_about(report, form, pack)]
    for table in form.tables:
        lines = report["tables"].get(table.name)
        if lines is not None:
            sheets.append(_sheet(table, lines))
    headers = find_headers(sheets, form)
    recognised = Recognised(sheets, form, headers, None)
    unknown = [shown(key) for key in _unknown(report, form)]
    problems = [ReaderFinding("FORM-52", ABOUT, value=key) for key in unknown]
    return PortalReport(recognised, tuple(problems))


def _unknown(report: Json, form: Form) -> Iterator[str]:
    """Yield the keys that neither the contract nor the form has, and those with unknown values."""
    for key in report:
        if key not in _KEYS:
            yield key
    table_names = {table.name for table in form.tables}
    for name in report["tables"]:
        if name not in table_names:
            yield f"tables.{name}"
    if report.get("version") not in (None, form.version):
        yield "version"
    if report.get("stage") not in (None, *_STAGES):
        yield "stage"


def _about(report: Json, form: Form, pack: Pack) -> Sheet:
    """Return the sheet with unit and period of a report: labels in column A, values in B."""
    unit = report["unit"]
    identity = form.identity
    label = identity.unit
    # The portal may send a code or a name. Each is looked up in its own way.
    if isinstance(unit, str) and pack.units.latest(unit) is not None:
        label = identity.unit_code
    rows: list[list[CellValue]] = [
        [label.label, _cell(unit)],
        [identity.period.label, _when(report)],
    ]
    return Sheet(ABOUT, rows)


def _when(report: Json) -> str:
    """Return period and stage of a report as a sender writes them in a workbook."""
    period = _period(report)
    when = period.label if period else shown(report["period"])
    stage = report.get("stage")
    # A stage that the contract does not have is reported (`_unknown`), not read.
    if stage in _STAGES:
        return f"{when} ({Stage(stage).label})"
    return when


def _sheet(table: Table, lines: Sequence[Mapping[str, Any]]) -> Sheet:
    """Return a table as a sheet: every column of the form, then the keys that are not in it."""
    names = [column.name for column in table.columns]
    other_names = _other_keys(table, lines)
    all_names = names + other_names
    header: list[CellValue] = [column.label for column in table.columns]
    header += other_names
    rows: list[list[CellValue]] = []
    for line in lines:
        row = [_cell(line.get(name)) for name in all_names]
        rows.append(row)
    if table.line:
        header.insert(0, table.line.label)
        labels = {line.key: line.label for line in table.lines}
        for row, line in zip(rows, lines, strict=True):
            label = _line_label(line.get(LINE_KEY), labels)
            row.insert(0, label)
    return Sheet(table.sheet, [header, *rows])


def letters_of(table: Table) -> dict[str, str]:
    """Return the letter of each column of the form on the sheet of its table, by name."""
    # Column A of a matrix is the line.
    first = 2 if table.line else 1
    names = [column.name for column in table.columns]
    return {name: column_letter(number) for number, name in enumerate(names, first)}


def _other_keys(table: Table, lines: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the keys of the lines that are not columns of the form, in order of appearance."""
    known = {column.name for column in table.columns}
    if table.line:
        known.add(LINE_KEY)
    # A dict keeps the order of its keys, which a set does not.
    others: dict[str, None] = {}
    for line in lines:
        for key in line:
            if key not in known:
                others[key] = None
    return list(others)


def _line_label(key: object, labels: Mapping[str, str]) -> CellValue:
    """Return the label of a line; what is written there for a line that the form does not have."""
    if not isinstance(key, str) or not key:
        return f"line: {shown(key)}"
    return labels.get(key, key)


def _cell(value: object) -> CellValue:
    """Return a value as a cell holds it.

    A list or an object becomes its text, which the column then refuses.
    """
    if value is None:
        return ""
    if isinstance(value, str | int | float):
        return value
    return shown(value)


def shown(value: object) -> str:
    """Return a value as a finding quotes it, cut where it is long."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if len(text) <= _LONGEST_SHOWN:
        return text
    return f"{text[: _LONGEST_SHOWN - 1]}…"
