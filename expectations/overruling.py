"""Findings that a named person has overruled (`program.correction`): they stay on record, and keep nothing out any more."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from program.configuration import place_of
from program.correction import Correction, Match
from program.finding import Finding, Severity
from program.pack import Pack
from program.stage import Stage

if TYPE_CHECKING:
    from program.reading import Reading

Report = tuple[str, str, str, Stage]


class Overruling:
    """A pack's corrections, by the report that they are about."""

    def __init__(self, corrections: Iterable[Correction]) -> None:
        self._by_report: dict[Report, list[Correction]] = defaultdict(list)
        for correction in corrections:
            self._by_report[correction.report].append(correction)

    def apply(self, findings: Iterable[Finding], reading: "Reading") -> list[Finding]:
        """Return `findings` with each overruled one as a note that says who did it; the others as they are."""
        corrections = self._of(reading)
        return [self._applied(finding, corrections) for finding in findings]

    def _of(self, reading: "Reading") -> list[Correction]:
        if reading.form is None or reading.unit_code is None or reading.period is None:
            return []
        report = (reading.form.code, reading.unit_code, reading.period.code, reading.stage)
        return [c for c in self._by_report.get(report, ()) if c.is_for(reading.delivery.received_on)]

    @staticmethod
    def _applied(finding: Finding, corrections: Iterable[Correction]) -> Finding:
        correction = next((c for c in corrections if c.match(finding) is Match.EXACT), None)
        return replace(finding, severity=Severity.INFO, overruled=correction.note) if correction else finding


def wrong_corrections(pack: Pack, severities: Mapping[str, Severity], unreadable: Iterable[str]) -> Iterator[str]:
    """Yield a line for each correction of a rule that there is not, that keeps nothing out, or that no value would follow.

    `unreadable` are the rules that leave their cell, or the whole file, without a value: overruling one would load a hole in
    silence. Its sender has to send the figure.
    """
    refused = set(unreadable)
    for file, corrections in pack.correction_files.items():
        for number, correction in enumerate(corrections):
            mistake = _mistake(correction.rule, severities, refused)
            if mistake:
                yield f"{place_of(pack.folder / file, ('corrections', number, 'rule'))}{mistake}"


def _mistake(rule: str, severities: Mapping[str, Severity], unreadable: set[str]) -> str | None:
    if rule not in severities:
        return f"no rule has the id {rule}"
    if rule in unreadable:
        return f"{rule} leaves nothing that could be loaded; the report has to be sent again"
    return f"{rule} is only a note and keeps nothing out" if severities[rule] is Severity.INFO else None
