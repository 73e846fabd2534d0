"""Reports as the portal sends them, JSON (docs/portal.md), as the sheets that the reader knows: so every cell has an address.

A table is a sheet: the form's own labels in row 1, lines from row 2 on, columns in the form's order. What no form knows
stands after them under its own name, and is found as it would be in a workbook.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, TypeAlias

from connectors.reader.layout import find_headers
from connectors.reader.recognition import Recognised
from connectors.reader.workbook import CellValue, Sheet
from program.finding import Problem
from program.form import Form
from program.limits import Limits
from program.pack import Pack
from program.period import Period
from program.stage import Stage
from program.table import Table
from program.vietnamese import format_number

Json: TypeAlias = dict[str, Any]

ABOUT = "Báo cáo"
"""The sheet of what stands outside the tables; no form has one of that name."""

_MEANT = re.compile(rb'(?:\xef\xbb\xbf)?\s*(?:\{\s*["}]|\[\s*[\{\]])')
_KEYS = ("form", "version", "unit", "period", "stage", "tables")
_ASKED = ("form", "unit", "period", "tables")
_LARGEST_EXACT = 2**53
_LONGEST_TOLD = 200
NO_REPORT = Problem("FILE-02", values={"kind": "tệp JSON không theo mẫu của cổng báo cáo"})


class _RefusedError(ValueError):
    """What JSON may not hold here, in a sender's words."""


@dataclass(frozen=True, slots=True)
class PortalReport:
    """One report of a JSON text as sheets, and what was met that is no cell of any."""

    found: Recognised
    problems: tuple[Problem, ...]


def is_json(content: bytes) -> bool:
    """Tell whether bytes are meant as JSON: an object, or a list of objects."""
    return _MEANT.match(content[:1024]) is not None


def read_reports(content: bytes, pack: Pack, limits: Limits) -> list[PortalReport | Problem] | Problem:
    """Return the reports of a JSON text in order, a problem in place of one that is none; or why there is none at all."""
    try:
        said = json.loads(
            content.decode("utf-8-sig"),
            object_pairs_hook=_without_doubles,
            parse_constant=_refuse_constant,
            parse_float=_finite,
            parse_int=_whole,
        )
    except _RefusedError as wrong:
        return Problem("FILE-03", values={"reason": f"tệp JSON {wrong}"})
    except RecursionError:
        return Problem("FILE-03", values={"reason": "tệp JSON có quá nhiều lớp lồng nhau"})
    except ValueError:  # no UTF-8, or no JSON
        return Problem("FILE-03", values={"reason": "tệp JSON bị cắt cụt, sai cú pháp hoặc không phải UTF-8"})
    reports = said if isinstance(said, list) else [said]
    if not any(map(_is_report, reports)):
        return NO_REPORT
    if sum(_cells(report, pack) for report in reports if _is_report(report)) > limits.sheet_cells:
        return Problem("FILE-05", values={"limit": f"{format_number(limits.sheet_cells)} ô"})
    return [_report(each, pack) if _is_report(each) else NO_REPORT for each in reports]


def _without_doubles(pairs: list[tuple[str, Any]]) -> Json:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _RefusedError("ghi một mục hai lần trong cùng một chỗ")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise _RefusedError(f"có giá trị {name}, không phải là số")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise _RefusedError("có số quá lớn")
    return value


def _whole(text: str) -> int | float:
    value = _finite(text)
    return int(text) if abs(value) < _LARGEST_EXACT else value


def _is_report(said: object) -> bool:
    """Tell whether an object has what every report has, each of its kind."""
    if not isinstance(said, dict) or not all(key in said for key in _ASKED) or not isinstance(said["form"], str):
        return False
    tables = said["tables"]
    return isinstance(tables, dict) and all(
        isinstance(lines, list) and all(isinstance(line, dict) for line in lines) for lines in tables.values()
    )


def _cells(said: Json, pack: Pack) -> int:
    """Return how many cells a report's sheets will have at most."""
    form = _form(said, pack)
    width = max((len(table.columns) for table in form.tables), default=0) if form else 0
    return sum(len(lines) * (1 + width + max(map(len, lines), default=0)) for lines in said["tables"].values())


def _period(said: Json) -> Period | None:
    return Period.read(str(said["period"])) if isinstance(said["period"], str | int) else None


def _form(said: Json, pack: Pack) -> Form | None:
    """Return the version of the form that is in force for the period, else the one that the report names, else the newest."""
    period = _period(said)
    in_force = pack.form(said["form"], period) if period else None
    known = [form for form in pack.forms if form.code == said["form"]]
    named = [form for form in known if form.version == said.get("version")]
    return in_force or next(iter(named), max(known, key=lambda form: form.valid_from, default=None))


def _report(said: Json, pack: Pack) -> PortalReport | Problem:
    form = _form(said, pack)
    if form is None:
        return Problem("FORM-01", ABOUT, value=_shown(said["form"]))
    sheets = [_about(said, form, pack), *(_sheet(table, said["tables"][table.name]) for table in _said(form, said))]
    found = Recognised(sheets, form, find_headers(sheets, form), None)
    return PortalReport(found, tuple(_unknown(said, form)))


def _said(form: Form, said: Json) -> list[Table]:
    return [table for table in form.tables if table.name in said["tables"]]


def _unknown(said: Json, form: Form) -> Iterator[Problem]:
    """Yield what stands in a report that neither the contract nor the form knows, and a stage that is none."""
    tables = {table.name for table in form.tables}
    versions = {form.version, said.get("version"), None}
    for place in (
        *(key for key in said if key not in _KEYS),
        *(f"tables.{name}" for name in said["tables"] if name not in tables),
        *(["version"] if not versions <= {form.version, None} else []),
        *(["stage"] if said.get("stage") not in (None, *map(str, Stage)) else []),
    ):
        yield Problem("FORM-52", ABOUT, value=_shown(place))


def _about(said: Json, form: Form, pack: Pack) -> Sheet:
    """Return the sheet that says whom and when a report is about, its labels in A and their values in B."""
    unit, identity = said["unit"], form.identity
    is_code = isinstance(unit, str) and pack.units.latest(unit) is not None
    period = _period(said)
    when = period.label if period else _shown(said["period"])
    stage = said.get("stage")
    if stage in tuple(map(str, Stage)):
        when = f"{when} ({Stage(stage).label})"
    label = identity.unit_code if is_code else identity.unit
    return Sheet(ABOUT, [[label.label, _cell(unit)], [identity.period.label, when]])


def _sheet(table: Table, lines: Sequence[Mapping[str, Any]]) -> Sheet:
    """Return a table as a sheet: every column of the form, then the keys that are none."""
    names = [column.name for column in table.columns]
    others = list(dict.fromkeys(key for line in lines for key in line if key not in (*names, *(["line"] if table.line else []))))
    labels = {line.key: line.label for line in table.lines}
    header: list[CellValue] = [*([table.line.label] if table.line else []), *(c.label for c in table.columns), *others]
    rows = [
        [*([_line(line.get("line"), labels)] if table.line else []), *(_cell(line.get(name)) for name in (*names, *others))]
        for line in lines
    ]
    return Sheet(table.sheet, [header, *rows])


def _line(key: object, labels: Mapping[str, str]) -> CellValue:
    """Return a line's label; of a line that the form does not have, what stands there, for the reader to find."""
    return labels.get(key, key) if isinstance(key, str) and key else f"line: {_shown(key)}"


def _cell(value: object) -> CellValue:
    """Return a value as a cell holds it; a list or an object is none, and stays to be refused as its text."""
    if value is None:
        return ""
    return value if isinstance(value, str | int | float) else _shown(value)


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_TOLD else f"{text[: _LONGEST_TOLD - 1]}…"
