"""What is to be marked: the bytes as they came, and the findings of each report in them."""

from collections.abc import Iterable
from dataclasses import dataclass

from program.finding import Finding, Severity
from publish.marking.words import Language


@dataclass(frozen=True, slots=True)
class Report:
    """One report of a file: as an office calls it, and the findings to act on. `part` counts the reports of a file from 1."""

    title: str
    findings: tuple[Finding, ...]
    part: int = 1


@dataclass(frozen=True, slots=True)
class Order:
    """A delivery to mark. `name` is what its sender called it."""

    content: bytes
    name: str
    reports: tuple[Report, ...]
    language: Language = "vi"


class UnmarkableError(Exception):
    """Why bytes cannot be marked: they are no workbook, or one that is not understood well enough to be changed."""


def to_act_on(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings that ask something of a sender, the worst first: notes are recorded and never sent."""
    asked = [finding for finding in findings if finding.severity is not Severity.INFO]
    return tuple(sorted(asked, key=lambda finding: finding.severity is not Severity.CRITICAL))
