"""The page of a submission: its file, its findings, its figures cell by cell, and what changed.

This is where every number of the site leads.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from program.calendar.period import Period
from program.forms.form import Form
from program.forms.table import Column, Table
from program.pack.pack import Pack
from program.records.office_inbox import Explanation
from program.records.site_rows import SubmissionContent, SubmissionFact, SubmissionLine
from program.units.unit import Unit
from publish.site.pages import SitePages, submission_path
from publish.site.site_data import SiteData
from publish.site.tables.shown_values import shown_value
from warehouse.database.engine import Warehouse
from warehouse.queries.site import contents_of

_Facts: TypeAlias = Mapping[tuple[str, int], SubmissionFact]
"""Facts by element and line."""

_TEMPLATE = "site/submission.html.j2"
_MOST_LINES = 120
"""Lines of a list that a page shows; of more, their number is said."""


@dataclass(frozen=True, slots=True)
class ShownCell:
    """A value as written, and the cell it was read from.

    `before` is the value of the version before, as written; None where that is the same.
    """

    text: str
    sheet: str
    cell: str
    element: str
    is_number: bool
    before: str | None


@dataclass(frozen=True, slots=True)
class ShownTable:
    """A table of a report: headings and lines. An empty cell is None.

    `more` counts the lines that are not shown.
    """

    title: str
    headings: tuple[str, ...]
    lines: tuple[tuple[str, tuple[ShownCell | None, ...]], ...]
    more: int


@dataclass(frozen=True, slots=True)
class SubmissionPage:
    """What the page of a submission shows. `versions` are all versions of the report.

    `unit` is the unit that it is about, else its sender; None if nobody knows it, or if it has no
    page to lead to.
    """

    unit: Unit | None
    line: SubmissionLine
    content: SubmissionContent
    tables: tuple[ShownTable, ...]
    versions: tuple[SubmissionLine, ...]
    previous: SubmissionLine | None
    changed: int
    explanations: tuple[Explanation, ...] = ()


def write_submission_pages(
    pages: SitePages,
    data: SiteData,
    engine: Warehouse,
    common: Mapping[str, object],
) -> None:
    """Write a page for each submission whose page does not stand yet.

    The figures of a submission never change: only those of the pages that are written are asked
    for.
    """
    versions = _versions(data.submissions)
    for line in data.submissions:
        of_report = versions.get(_key(line), (line,))
        unit = _unit_with_page(line, data)
        explained = tuple(data.explanations_by_submission.get(line.submission_id, ()))
        inputs = (line, of_report, unit, explained)
        path = submission_path(line.submission_id)
        if pages.is_current(path, inputs):
            continue
        page = replace(_page_of(line, of_report, unit, data.pack, engine), explanations=explained)
        values = {**common, "page": page}
        pages.write(path, _TEMPLATE, inputs, values.copy)


def _unit_with_page(line: SubmissionLine, data: SiteData) -> Unit | None:
    code = line.unit_code or line.sender_unit
    return data.pack.unit_on(code, line.period) if code in data.units else None


def _key(line: SubmissionLine) -> tuple[object, ...]:
    if line.version is None:
        # Unit, form or period is unknown: it is a version of no report.
        return (line.submission_id,)
    return line.form_code, line.unit_code, line.period, line.stage


def _versions(lines: Sequence[SubmissionLine]) -> Mapping[object, tuple[SubmissionLine, ...]]:
    by_report: dict[object, list[SubmissionLine]] = {}
    for line in lines:
        by_report.setdefault(_key(line), []).append(line)
    return {
        key: tuple(sorted(of_report, key=lambda line: line.version or 0))
        for key, of_report in by_report.items()
    }


def _page_of(
    line: SubmissionLine,
    versions: Sequence[SubmissionLine],
    unit: Unit | None,
    pack: Pack,
    engine: Warehouse,
) -> SubmissionPage:
    previous = _loaded_before(line, versions)
    numbers = [line.submission_id]
    if previous is not None:
        numbers.append(previous.submission_id)
    contents = contents_of(engine, numbers)
    content = contents[line.submission_id]
    form = pack.form(line.form_code or "", Period.parse(line.period)) if line.period else None
    tables: tuple[ShownTable, ...] = ()
    if form is not None and content.facts:
        before = None
        if previous is not None:
            before = _by_key(contents[previous.submission_id].facts)
        printer = _Printer(pack, line.period or "", _by_key(content.facts), before)
        tables = tuple(printer.tables_of(form))
    return SubmissionPage(
        unit, line, content, tables, tuple(versions), previous, _changes_in(tables)
    )


def _by_key(facts: Sequence[SubmissionFact]) -> _Facts:
    return {(fact.element, fact.line): fact for fact in facts}


def _loaded_before(
    line: SubmissionLine, versions: Sequence[SubmissionLine]
) -> SubmissionLine | None:
    earlier = [each for each in versions if (each.version or 0) < (line.version or 0)]
    loaded = [each for each in earlier if each.verdict.loads]
    return loaded[-1] if loaded else None


@dataclass(frozen=True, slots=True)
class _Printer:
    """Puts the facts of a submission into the tables of its form.

    `before` are the facts of the version before; None where there was none.
    """

    pack: Pack
    period: str
    facts: _Facts
    before: _Facts | None

    def tables_of(self, form: Form) -> Iterator[ShownTable]:
        """Yield the tables of a form that have a value."""
        for table in form.tables:
            shown = self._matrix(table) if table.kind == "matrix" else self._list(table)
            if shown.lines:
                yield shown

    def _matrix(self, table: Table) -> ShownTable:
        lines = []
        for line in table.lines:
            cells = [self._cell(column, f"{column.name}_{line.key}", 0) for column in table.columns]
            if any(cell is not None for cell in cells):
                lines.append((line.label, tuple(cells)))
        headings = tuple(_heading(column) for column in table.columns)
        return ShownTable(table.title, headings, tuple(lines), 0)

    def _list(self, table: Table) -> ShownTable:
        columns = [column for column in table.columns if not column.personal]
        names = {column.name for column in columns}
        rows = sorted({line for element, line in self.facts if element in names and line > 0})
        lines = []
        for row in rows[:_MOST_LINES]:
            cells = tuple(self._cell(column, column.name, row) for column in columns)
            lines.append((f"Dòng {row}", cells))
        headings = tuple(_heading(column) for column in columns)
        return ShownTable(table.title, headings, tuple(lines), max(len(rows) - _MOST_LINES, 0))

    def _cell(self, column: Column, element: str, line: int) -> ShownCell | None:
        fact = self.facts.get((element, line))
        if fact is None:
            return None
        text = shown_value(fact, column, self.pack, self.period)
        anchor = element if line == 0 else f"{element}-{line}"
        return ShownCell(
            text=text,
            sheet=fact.sheet,
            cell=fact.cell,
            element=anchor,
            is_number=fact.value is not None,
            before=self._earlier(column, fact, text),
        )

    def _earlier(self, column: Column, fact: SubmissionFact, text: str) -> str | None:
        """Return the value of the version before where it was another.

        Only for matrices: a line of a list may stand in another row in each version.
        """
        if self.before is None or fact.line != 0:
            return None
        earlier = self.before.get((fact.element, 0))
        if earlier is None:
            return "trống"
        earlier_text = shown_value(earlier, column, self.pack, self.period)
        return None if earlier_text == text else earlier_text


def _heading(column: Column) -> str:
    # A label begins with its group where it has one.
    is_whole = column.label.startswith(column.group)
    return column.label if is_whole else f"{column.group} {column.label}"


def _changes_in(tables: Sequence[ShownTable]) -> int:
    changed = 0
    for table in tables:
        for _, cells in table.lines:
            changed += sum(1 for cell in cells if cell is not None and cell.before is not None)
    return changed
