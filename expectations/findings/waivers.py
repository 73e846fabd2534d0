"""Findings that a named person has waived (`program.pack.waiver`).

They stay on record as notes, and no longer keep anything out.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from program.calendar.stage import Stage
from program.finding import Finding, Severity
from program.pack.pack import Pack
from program.pack.waiver import WaiverEntry, WaiverMatch
from program.pack.yaml_file import yaml_location
from program.tools.field_places import finding_in_fields

if TYPE_CHECKING:
    from program.parsed_report import ParsedReport

Report = tuple[str, str, str, Stage]
"""Form, unit, period and stage."""


class Waivers:
    """A pack's waivers (`corrections/`), by the report that they are about."""

    def __init__(self, waivers: Iterable[WaiverEntry]) -> None:
        self._by_report: dict[Report, list[WaiverEntry]] = defaultdict(list)
        for waiver in waivers:
            self._by_report[waiver.report].append(waiver)

    def apply(self, findings: Iterable[Finding], reading: "ParsedReport") -> list[Finding]:
        """Return `findings`, each waived one as a note with the name of the person."""
        waivers = self._of(reading)
        return [_applied(finding, waivers, reading) for finding in findings]

    def _of(self, reading: "ParsedReport") -> list[WaiverEntry]:
        if reading.form is None or reading.unit_code is None or reading.period is None:
            return []
        report = (reading.form.code, reading.unit_code, reading.period.code, reading.stage)
        received_on = reading.delivery.received_on
        waivers = self._by_report.get(report, ())
        return [waiver for waiver in waivers if waiver.is_for(received_on)]


def _applied(
    finding: Finding,
    waivers: Iterable[WaiverEntry],
    reading: "ParsedReport",
) -> Finding:
    for waiver in waivers:
        # A waiver names the place that people see.
        shown = finding_in_fields(finding, reading.fields)
        # The decision was about one value: another one at the same cell is a new question.
        if waiver.match(shown) is WaiverMatch.EXACT:
            return replace(finding, severity=Severity.INFO, waived_by=waiver.note)
    return finding


def waiver_errors(
    pack: Pack, severities: Mapping[str, Severity], unreadable: Iterable[str]
) -> Iterator[str]:
    """Yield a line for each waiver that can have no effect, or must not have one.

    Its rule does not exist, keeps nothing out, or is one of `unreadable`: the rules that leave
    their cell, or the whole file, without a value. A waiver of one of these would load a hole
    without a word: the sender must send the figure.
    """
    refused = set(unreadable)
    for file, waivers in pack.correction_files.items():
        for number, waiver in enumerate(waivers):
            mistake = _mistake(waiver.rule, severities, refused)
            if mistake:
                path = pack.folder / file
                location = yaml_location(path, ("corrections", number, "rule"))
                yield f"{location}{mistake}"


def _mistake(rule: str, severities: Mapping[str, Severity], unreadable: set[str]) -> str | None:
    if rule not in severities:
        return f"no rule has the id {rule}"
    if rule in unreadable:
        return f"{rule} leaves nothing that could be loaded; the report has to be sent again"
    if severities[rule] is Severity.INFO:
        return f"{rule} is only a note and keeps nothing out"
    return None
