"""Turn a submission of a form tool into a report of the portal's contract, by its mapping.

The report then becomes sheets as any report from the portal does. Beside it stands the field behind
each cell of these sheets, so that a finding can name what its sender sees.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from connectors.reader.json_reports.portal_report import (
    ABOUT,
    LINE_KEY,
    NO_REPORT,
    Json,
    PortalReport,
    form_of,
    is_list_of_objects,
    letters_of,
    parse_json,
    report_in_sheets,
    shown,
    too_many_cells,
)
from program.finding import ReaderFinding
from program.forms.table import Column, ColumnType, Table
from program.limits import Limits
from program.pack.pack import Pack
from program.pack.source import KoboSource, ToolSource
from program.tools.field_places import field_at
from program.tools.tool_form import LINE, Answer, ToolForm, ToolTable

Answers: TypeAlias = Mapping[str, Any]
"""Answers by the paths of their fields. A repeat has a list of such mappings, its entries."""

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_DAY = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})")
_METADATA = frozenset(
    {
        *("start", "end", "today", "deviceid", "username", "phonenumber", "email", "audit"),
        *("subscriberid", "simserial", "meta", "formhub", "start-geopoint", "background-audio"),
    }
)
"""Questions that XLSForm fills in without its reader: https://xlsform.org/en/#metadata."""


@dataclass(frozen=True, slots=True)
class ToolReport:
    """A submission as sheets, and the field behind each of their cells."""

    sheets: PortalReport | ReaderFinding
    fields: Mapping[tuple[str, str], str]


def read_submission(
    content: bytes, source: ToolSource, pack: Pack, limits: Limits
) -> ToolReport | ReaderFinding:
    """Return the report that a submission holds; a problem where it holds none."""
    parsed = parse_json(content)
    if isinstance(parsed, ReaderFinding):
        return parsed
    if not isinstance(parsed, dict):
        return NO_REPORT
    tool_form = pack.tool_forms[source.tool_form]
    answers = answers_of(parsed, source)
    draft = _Draft(tool_form, answers)
    report = draft.report(pack)
    too_many = too_many_cells([report], pack, limits)
    if too_many is not None:
        return too_many
    return ToolReport(_with_unknown(report_in_sheets(report, pack), draft), draft.fields)


def answers_of(submission: Json, source: ToolSource) -> Answers:
    """Return the answers of a submission by the paths of their fields, without what the tool adds.

    KoboToolbox gives each field of a group its whole path as its key, also within a repeat. ODK
    Central nests groups as objects.
    """
    if isinstance(source, KoboSource):
        return dict(_flat_keys(submission, ""))
    return dict(_nested(submission, ""))


def _flat_keys(members: Json, below: str) -> Iterator[tuple[str, Any]]:
    """Yield the answers of KoboToolbox, in an entry of a repeat with paths relative to it."""
    for key, value in members.items():
        path = key.removeprefix(below)
        if not below and key.startswith("_"):
            continue
        if is_list_of_objects(value):
            yield path, [dict(_flat_keys(entry, f"{key}/")) for entry in value]
        else:
            yield path, value


def _nested(members: Json, below: str) -> Iterator[tuple[str, Any]]:
    """Yield the answers of ODK Central. Its own keys begin with two underscores or have an @."""
    for key, value in members.items():
        if key.startswith("__") or "@odata." in key:
            continue
        path = f"{below}{key}"
        if isinstance(value, dict):
            yield from _nested(value, f"{path}/")
        elif is_list_of_objects(value):
            yield path, [dict(_nested(entry, "")) for entry in value]
        else:
            yield path, value


class _Draft:
    """A report in the making: takes the mapped answers, and remembers where each one went."""

    def __init__(self, tool_form: ToolForm, answers: Answers) -> None:
        self._tool_form = tool_form
        self._answers = answers
        self._taken: set[str] = set()
        self.fields: dict[tuple[str, str], str] = {}

    def report(self, pack: Pack) -> Json:
        """Return the report as docs/portal.md describes it."""
        tool_form = self._tool_form
        unit = self._answer(tool_form.unit)
        report: Json = {
            "form": tool_form.form,
            "unit": None if unit is None else str(unit),
            "period": self._period(),
            "tables": {},
        }
        if tool_form.stage is not None:
            report["stage"] = self._answer(tool_form.stage)
        self.fields[ABOUT, "B1"] = f"/{tool_form.unit.field}"
        self.fields[ABOUT, "B2"] = ", ".join(f"/{path}" for path in tool_form.period_fields)
        form = form_of(report, pack)
        tables = form.tables if form else ()
        for table in tables:
            mapped = tool_form.tables.get(table.name)
            if mapped is None:
                continue
            lines = self._lines(table, mapped)
            # An optional table without answers is left out, as its sheet is from a workbook.
            if _is_given(lines) or not table.optional:
                report["tables"][table.name] = lines
        return report

    def unknown(self) -> Iterator[str]:
        """Yield the path of each answered field that the mapping neither takes nor ignores."""
        paths: dict[str, None] = {}
        for path, value in self._answers.items():
            if is_list_of_objects(value):
                for entry in value:
                    names = [name for name, given in entry.items() if not _is_empty(given)]
                    paths.update((f"{path}/{name}", None) for name in names)
            elif not _is_empty(value):
                paths[path] = None
        for path in paths:
            is_known = path in self._taken or self._tool_form.is_ignored(path)
            if not is_known and path.split("/", 1)[0] not in _METADATA:
                yield path

    def _answer(self, answer: Answer) -> Any:
        self._taken.add(answer.field)
        return _in_our_words(answer, self._answers.get(answer.field))

    def _period(self) -> str:
        texts: dict[str, str] = {}
        for path in self._tool_form.period_fields:
            self._taken.add(path)
            value = self._answers.get(path)
            texts[path] = "" if value is None else str(value)
        return self._tool_form.period_of(texts)

    def _lines(self, table: Table, mapped: ToolTable) -> list[Json]:
        if mapped.repeat is None:
            return self._fixed_lines(table, mapped)
        return self._entries(table, mapped, mapped.repeat)

    def _fixed_lines(self, table: Table, mapped: ToolTable) -> list[Json]:
        """Return a matrix whose lines are fields of their own, in the form's order.

        A line without any answer is left out: nobody was asked, or there was nothing.
        """
        lines: list[Json] = []
        letters = letters_of(table)
        for line in table.lines:
            word = mapped.lines.get(line.key)
            if word is None:
                continue
            row = len(lines) + 2
            values: Json = {LINE_KEY: line.key}
            places: dict[tuple[str, str], str] = {}
            for column, answer in _columns(table, mapped):
                path = answer.field.replace(LINE, word)
                self._taken.add(path)
                values[column.name] = _value(answer, self._answers.get(path), column)
                letter = letters[column.name]
                places[table.sheet, f"{letter}{row}"] = f"/{path}"
                self.fields[table.sheet, f"{letter}1"] = f"/{answer.field.replace(LINE, '*')}"
            if _is_given([values]):
                lines.append(values)
                self.fields |= places
        return lines

    def _entries(self, table: Table, mapped: ToolTable, repeat: str) -> list[Json]:
        """Return a table whose lines are the entries of a repeat, in their order."""
        entries = self._answers.get(repeat)
        if not is_list_of_objects(entries):
            entries = []
        for _, path in mapped.fields():
            self._taken.add(path)
        letters = letters_of(table)
        for column, answer in _columns(table, mapped):
            self.fields[table.sheet, f"{letters[column.name]}1"] = f"/{repeat}/{answer.field}"
        lines: list[Json] = []
        for number, entry in enumerate(entries or [], start=1):
            row = number + 1  # the headings are in row 1
            values: Json = {}
            if mapped.line is not None:
                values[LINE_KEY] = _in_our_words(mapped.line, entry.get(mapped.line.field))
                self.fields[table.sheet, f"A{row}"] = f"/{repeat}[{number}]/{mapped.line.field}"
            for column, answer in _columns(table, mapped):
                values[column.name] = _value(answer, entry.get(answer.field), column)
                path = f"/{repeat}[{number}]/{answer.field}"
                self.fields[table.sheet, f"{letters[column.name]}{row}"] = path
            lines.append(values)
        return lines


def _columns(table: Table, mapped: ToolTable) -> Iterator[tuple[Column, Answer]]:
    """Yield the mapped columns that this version of the table has, with their answers."""
    for column in table.columns:
        answer = mapped.columns.get(column.name)
        if answer is not None:
            yield column, answer


def _in_our_words(answer: Answer, value: Any) -> Any:
    return answer.values.get(str(value), value) if answer.values else value


def _value(answer: Answer, value: Any, column: Column) -> Any:
    """Return an answer as the value reader takes it.

    Tools write numbers with a point and days as 2024-12-31. A workbook's text "1.234" is twelve
    hundred; the answer of a decimal question is not.
    """
    value = _in_our_words(answer, value)
    if not isinstance(value, str):
        return value
    if column.type.is_numeric and _NUMBER.fullmatch(value):
        return float(value) if "." in value else int(value)
    day = _DAY.fullmatch(value)
    if column.type is ColumnType.DATE and day:
        return f"{day['day']}/{day['month']}/{day['year']}"
    # The names of choices may be the keys of the vocabulary.
    if value in column.vocabulary:
        return column.vocabulary[value].label
    return value


def _is_given(lines: Sequence[Json]) -> bool:
    """Tell whether lines have any answer beside their keys."""
    for line in lines:
        for name, value in line.items():
            if name != LINE_KEY and not _is_empty(value):
                return True
    return False


def _is_empty(value: object) -> bool:
    return value is None or value in ("", [])


def _with_unknown(
    sheets: PortalReport | ReaderFinding, draft: _Draft
) -> PortalReport | ReaderFinding:
    """Return the sheets with a problem for each field that nobody takes."""
    if isinstance(sheets, ReaderFinding):
        return sheets
    unknown = [
        ReaderFinding("FORM-52", f"/{path}", "", shown(f"/{path}")) for path in draft.unknown()
    ]
    return PortalReport(sheets.found, (*sheets.problems, *unknown))


def with_field_names(
    problem: ReaderFinding, fields: Mapping[tuple[str, str], str]
) -> ReaderFinding:
    """Return a problem whose sentence names a field where it would name a cell of our sheets."""
    total = field_at(fields, problem.sheet, problem.values.get("total"))
    if total is None:
        return problem
    values = {**problem.values, "total": total}
    return ReaderFinding(problem.rule, problem.sheet, problem.cell, problem.value, values)
