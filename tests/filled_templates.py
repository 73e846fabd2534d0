"""Templates filled in as their words say: every required cell, and some of the optional ones.

The figures are those of the sample's good reports, so that they are plausible together. What is
left empty is chosen at random, by a seed.
"""

import io
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import openpyxl

from connectors.reader.reader import read_parts
from examples.synthetic.training import workbook_of
from expectations.checking import Checker
from program.calendar.period import Period
from program.finding import Finding, Severity
from program.forms.measure import to_printed
from program.forms.table import Column, Line, Table
from program.forms.totals import summands_of
from program.pack.load import load_pack
from program.pack.pack import Pack
from program.parsed_report import ParsedReport, ParsedTable, is_given
from program.settings import ROOT
from publish.template.grid import grid_of
from publish.template.requests import TemplateRequest, request_of
from publish.template.values import Cell, Values
from publish.template.workbook import write_template
from tests.conftest import delivery
from tests.shared_rules import rules_of

SAMPLES = {
    "soc-trang": (
        ROOT / "examples" / "inbox" / "942-chau-thanh",
        ROOT / "examples" / "inbox" / "94-ban-dan-toc",
    ),
    "example-province": (ROOT / "examples" / "example-province-inbox" / "00101",),
}
"""Folders with a good report of each form of a pack."""
_BEFORE_THE_SAMPLE = {"soc-trang": (("942", "2023-Q4"),)}
"""Unit and quarter of training reports in a version of the form that the sample is too late for."""
_LINES_MAY_BE_EMPTY = ("disbursement",)
"""Forms whose lines no other table repeats: a whole line may stay empty there."""
_SHARE_OF_EMPTY_CELLS = 0.5
_SHARE_OF_EMPTY_LINES = 0.2
_NOT_STARTED: dict[str, Cell] = {
    "work_status": "not_started",
    "work_start": None,
    "work_actual_end": None,
    "work_disbursed_vnd": 0,
    "work_progress_pct": 0,
}

Record = dict[str, Cell]


@dataclass(frozen=True)
class Filled:
    """A template and what is typed into it: values of lines (by key, or by number) by table."""

    pack: Pack
    request: TemplateRequest
    lines: Mapping[str, Mapping[str, Record]]

    @property
    def name(self) -> str:
        form = self.request.form
        return f"{self.pack.folder.name} {form.code} {form.version} {self.request.stage.value}"

    @property
    def cells(self) -> int:
        """How many cells are filled in."""
        records = [record for lines in self.lines.values() for record in lines.values()]
        return sum(cell is not None for record in records for cell in record.values())

    def written(self) -> bytes:
        """Return the workbook with the values that Excel computes, as our own templates have."""
        matrix = {}
        lists = {}
        for table in self.request.form.tables:
            records = self.lines.get(table.name, {})
            if table.lines:
                matrix[table.name] = records
            else:
                lists[table.name] = list(records.values())
        request = self.request
        return write_template(
            request.form,
            request.unit,
            request.period,
            Values(matrix, lists),
            stage=request.stage,
            communes=request.communes,
            sending=request.sending,
        )

    def typed(self) -> bytes:
        """Return the blank workbook with the values typed in and nothing computed."""
        book = openpyxl.load_workbook(io.BytesIO(self.request.write()))
        for table in self.request.form.tables:
            sheet = book[table.sheet]
            for address, value in self._typed_cells(table):
                assert not sheet[address].protection.locked, f"{table.sheet} {address}"
                sheet[address] = value
        buffer = io.BytesIO()
        book.save(buffer)
        return buffer.getvalue()

    def _typed_cells(self, table: Table) -> Iterator[tuple[str, Cell]]:
        grid = grid_of(table, 0)
        communes = {commune.code: commune.name for commune in self.request.communes}
        for number, (key, record) in enumerate(self.lines.get(table.name, {}).items()):
            row = grid.row_of(key) if table.lines else grid.top + number
            for name, value in record.items():
                words = table.column(name).vocabulary
                label: Cell = value
                if isinstance(value, str):
                    label = words[value].label if value in words else communes.get(value, value)
                if label is not None:
                    yield grid.address(name, row), label


def complete_reports() -> list[Filled]:
    """Return a good report of each form, version and stage of our packs, with every cell filled."""
    found: dict[str, Filled] = {}
    for name, folders in SAMPLES.items():
        pack = load_pack(ROOT / "config" / name)
        for reading in _good_readings(pack, folders):
            filled = _filled(pack, reading)
            fullest = found.setdefault(filled.name, filled)
            # A district that held no class reports zeros and an empty list.
            if filled.cells > fullest.cells:
                found[filled.name] = filled
    return list(found.values())


def with_empty_cells(filled: Filled, seed: int) -> Filled:
    """Return the report with a random part of its optional cells left empty; all for seed 0."""
    dice = random.Random(f"{filled.name} {seed}")
    share = _SHARE_OF_EMPTY_CELLS if seed else 1.0
    form = filled.request.form.asked_of(filled.request.unit.kind)
    lines: dict[str, dict[str, Record]] = {}
    for table in form.tables:
        records = dict(filled.lines.get(table.name, {}))
        if form.code in _LINES_MAY_BE_EMPTY and table.lines:
            records = _some_lines(records, dice)
        lines[table.name] = {
            key: _some_cells(record, table, dice, share) for key, record in records.items()
        }
    return Filled(filled.pack, filled.request, lines)


def check(filled: Sequence[Filled], contents: Sequence[bytes]) -> list[list[Finding]]:
    """Return what is found in each workbook, without notes that ask for nothing."""
    findings: list[list[Finding]] = [[] for _ in filled]
    for folder in {each.pack.folder for each in filled}:
        places = [at for at, each in enumerate(filled) if each.pack.folder == folder]
        pack = filled[places[0]].pack
        readings = []
        for place in places:
            sent = delivery(number=place + 1, period=filled[place].request.period)
            (reading,) = read_parts(contents[place], sent, pack)
            readings.append([reading])
        # Each in a scope of its own: these reports are the same report in many versions.
        checker = Checker(pack, rules_of(pack), "filled templates")
        submissions = checker.check_isolated(readings, None)
        for place, submission in zip(places, submissions, strict=True):
            findings[place] = list(submission.findings)
    return findings


def asks(findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings that ask their sender for something."""
    return [finding for finding in findings if finding.severity is not Severity.INFO]


def _good_readings(pack: Pack, folders: Sequence[Path]) -> Iterator[ParsedReport]:
    readings: list[ParsedReport] = []
    for content in _workbooks(pack, folders):
        readings += read_parts(content, delivery(number=len(readings) + 1), pack)
    submissions = Checker(pack, rules_of(pack), "samples").check_isolated(
        [[reading] for reading in readings], None
    )
    for reading, submission in zip(readings, submissions, strict=True):
        if not asks(submission.findings):
            yield reading


def _workbooks(pack: Pack, folders: Sequence[Path]) -> Iterator[bytes]:
    for folder in folders:
        for path in sorted(folder.glob("*.xlsx")):
            yield path.read_bytes()
    for code, quarter in _BEFORE_THE_SAMPLE.get(pack.folder.name, ()):
        unit = pack.unit_on(code, quarter)
        assert unit is not None
        yield workbook_of(pack, unit, Period.parse(quarter))


def _filled(pack: Pack, reading: ParsedReport) -> Filled:
    form, period = reading.form, reading.period
    assert form is not None
    assert period is not None
    unit = pack.unit_on(reading.unit_code, period.code)
    assert unit is not None
    # A workbook of an older version has no sheet for what its form asks since; it may stay empty.
    tables = [table for table in form.tables if table.name in reading.tables]
    lines = {table.name: _records(reading.tables[table.name], table) for table in tables}
    if form.code == "works":
        first = next(iter(lines["work_list"]))
        lines["work_list"][first] |= _NOT_STARTED
    request = request_of(pack, form, unit, period, reading.stage)
    return Filled(pack, request, lines)


def _records(read: ParsedTable, table: Table) -> dict[str, Record]:
    """Return the typed values of a table by line, as printed; totals are left to the template."""
    declared = {line.key: line for line in table.lines}
    records: dict[str, Record] = {}
    for position, key in enumerate(read.lines):
        line = declared.get(key)
        typed = [column for column in table.columns if not summands_of(column, line)]
        record = {column.name: _printed(read, column, position) for column in typed}
        if record and not _is_total(line):
            records[key or str(position)] = record
    return records


def _is_total(line: Line | None) -> bool:
    return line is not None and bool(line.parts)


def _printed(read: ParsedTable, column: Column, position: int) -> Cell:
    value = read.values[column.name][position]
    if not is_given(value):
        return None
    return to_printed(value, column.measure) if isinstance(value, float) else value


def _some_lines(records: Mapping[str, Record], dice: random.Random) -> dict[str, Record]:
    kept = {key: each for key, each in records.items() if dice.random() > _SHARE_OF_EMPTY_LINES}
    return kept or dict(records)


def _some_cells(record: Record, table: Table, dice: random.Random, share: float) -> Record:
    """Return a line with each optional cell kept or left empty; one cell stays in any case."""
    kept: Record = {}
    first, *_ = record
    for name, value in record.items():
        is_empty = dice.random() < share and name != first
        if _may_be_empty(table.column(name), record) and is_empty:
            continue
        kept[name] = value
    return kept


def _may_be_empty(column: Column, record: Record) -> bool:
    if column.required:
        return False
    return not any(record[name] in words for name, words in column.required_where.items())
