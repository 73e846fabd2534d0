"""Forms that load in part (`partial: true`): a critically wrong line stays out, the others load."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from program.finding import Finding, Severity
from program.forms.qualifier import Qualifier
from program.parsed_report import ParsedReport, ParsedTable, facts_of
from program.submission import Fact

_ROW = re.compile(r"[A-Z]+(?P<row>\d+)")


@dataclass(frozen=True, slots=True)
class Part:
    """What of a reading may load.

    `blocking` are the findings that the verdict of the rest depends on. `lines` is the number of
    lines that stay out.
    """

    reading: ParsedReport
    blocking: tuple[Finding, ...]
    lines: int = 0

    def facts(self) -> tuple[Fact, ...]:
        """Return the facts of the lines that load.

        A count or sum over a list with a line out is no exact figure: its facts get a qualifier.
        """
        facts = facts_of(self.reading)
        if not self.lines:
            return facts
        qualifiers = self._summary_qualifiers()
        qualified: list[Fact] = []
        for fact in facts:
            qualifier = qualifiers.get(fact.element)
            qualified.append(_qualified(fact, qualifier))
        return tuple(qualified)

    def _summary_qualifiers(self) -> dict[str, Qualifier]:
        """Return the qualifier of each summary over an incomplete list.

        A count can only rise by the lines that stay out; a sum may change either way.
        """
        qualifiers: dict[str, Qualifier] = {}
        form = self.reading.form
        if form is None:
            return qualifiers
        for table in form.tables:
            for name, summary in table.summaries.items():
                qualifiers[name] = Qualifier.ABOUT
                if summary.count is not None:
                    qualifiers[name] = Qualifier.OVER
        return qualifiers


def _qualified(fact: Fact, qualifier: Qualifier | None) -> Fact:
    """Return the fact with the qualifier, unless it has one of its own."""
    if qualifier is None or fact.qualifier is not None:
        return fact
    return fact._replace(qualifier=qualifier)


def part_of(reading: ParsedReport, findings: Sequence[Finding]) -> Part:
    """Return what of `reading` loads: all or nothing, unless its form loads in part.

    A critical finding at a line of a list keeps out that line. One anywhere else, or on every line
    of a list, keeps out the report.
    """
    part = Part(reading, tuple(findings))
    if reading.form is None or not reading.form.partial:
        return part
    for table in reading.form.tables:
        if table.kind == "list" and table.name in reading.tables:
            part = _without_bad_lines(part, table.name)
    return part


def _without_bad_lines(part: Part, table: str) -> Part:
    """Return `part` without the critically wrong lines of a list, if it has other lines."""
    read = part.reading.tables[table]
    rows = {finding: _line_of(finding, read) for finding in part.blocking}
    bad: set[int] = set()
    for finding, row in rows.items():
        if row is not None and finding.severity is Severity.CRITICAL:
            bad.add(row)
    # A list without any good line is no report to load in part.
    if not bad or len(bad) == len(read.rows):
        return part
    # What else is found at a line that stays out still counts.
    blocking = tuple(
        finding
        for finding in part.blocking
        if rows[finding] not in bad or finding.severity is not Severity.CRITICAL
    )
    tables = {**part.reading.tables, table: read.without(bad)}
    reading = replace(part.reading, tables=tables)
    return Part(reading, blocking, part.lines + len(bad))


def _line_of(finding: Finding, read: ParsedTable) -> int | None:
    """Return the row of the line that a finding points to; None if it points elsewhere."""
    match = _ROW.fullmatch(finding.cell or "")
    if match is None or finding.sheet != read.sheet:
        return None
    row = int(match["row"])
    # A finding may point to the heading of the list, or below its last line.
    if row not in read.rows:
        return None
    return row
