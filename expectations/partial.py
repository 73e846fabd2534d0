"""Forms that load in part (`partial: true`): a line that is critically wrong is kept out alone, the others come in."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from program.finding import Finding, Severity
from program.qualifier import Qualifier
from program.reading import Reading, TableReading, facts_of
from program.submission import Fact

_ROW = re.compile(r"[A-Z]+(?P<row>\d+)")


@dataclass(frozen=True, slots=True)
class Part:
    """What of a reading may load. `blocking` are the findings that judge what is left; `lines` how many stay out."""

    reading: Reading
    blocking: tuple[Finding, ...]
    lines: int = 0

    def facts(self) -> tuple[Fact, ...]:
        """Return the facts of the lines that are left. A count or sum over a list with a line out is no exact figure."""
        facts = facts_of(self.reading)
        return tuple(self._at_least(fact) for fact in facts) if self.lines else facts

    def _at_least(self, fact: Fact) -> Fact:
        counts = (
            {n: s.count is not None for t in self.reading.form.tables for n, s in t.summaries.items()}
            if self.reading.form
            else {}
        )
        if fact.element not in counts or fact.qualifier is not None:
            return fact
        return fact._replace(qualifier=Qualifier.OVER if counts[fact.element] else Qualifier.ABOUT)


def part_of(reading: Reading, findings: Sequence[Finding]) -> Part:
    """Return what of `reading` loads in spite of `findings`: all or nothing, unless its form loads in part.

    A finding at a line of a list keeps out that line; one anywhere else, or on every line of a list, the report.
    """
    if reading.form is None or not reading.form.partial:
        return Part(reading, tuple(findings))
    tables = dict(reading.tables)
    blocking, lines = list(findings), 0
    for table in reading.form.tables:
        read = tables.get(table.name)
        if table.kind != "list" or read is None:
            continue
        at = {finding: row for finding in blocking if (row := _line_of(finding, read)) is not None}
        bad = {row for finding, row in at.items() if finding.severity is Severity.CRITICAL}
        if bad and len(bad) < len(read.rows):
            tables[table.name] = read.without(bad)
            blocking = [f for f in blocking if at.get(f) not in bad or f.severity is not Severity.CRITICAL]
            lines += len(bad)
    return Part(replace(reading, tables=tables), tuple(blocking), lines)


def _line_of(finding: Finding, read: TableReading) -> int | None:
    """Return the line of a list at which a finding points, None where it points elsewhere."""
    match = _ROW.fullmatch(finding.cell or "")
    if match is None or finding.sheet != read.sheet:
        return None
    row = int(match["row"])
    return row if row in read.rows else None
