"""A request to mark a file: its bytes, and the findings of each report in them."""

from collections.abc import Iterable
from dataclasses import dataclass

from program.finding import Finding, Severity
from publish.marking.texts import Language


@dataclass(frozen=True, slots=True)
class MarkedReport:
    """One report of a file: its title and the findings to act on.

    `report_no` counts the reports of a file from 1.
    """

    title: str
    findings: tuple[Finding, ...]
    report_no: int = 1


@dataclass(frozen=True, slots=True)
class MarkRequest:
    """A file to mark. `name` is its name as its sender wrote it."""

    content: bytes
    name: str
    reports: tuple[MarkedReport, ...]
    language: Language = "vi"


class UnmarkableError(Exception):
    """A file cannot be marked: it is no workbook, or one that we cannot change safely."""


def actionable(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings that ask something of a sender, the critical ones first.

    Findings of severity `info` are recorded but not sent.
    """
    to_send = [finding for finding in findings if finding.severity is not Severity.INFO]
    return tuple(sorted(to_send, key=lambda finding: finding.severity is not Severity.CRITICAL))
