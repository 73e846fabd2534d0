"""Words of a marked workbook around the findings; the sentences are in `templates/marking.yaml`."""

from functools import cache
from pathlib import Path
from typing import Literal, TypeAlias

from program.finding import Finding, Severity
from program.pack.yaml_file import Model, load_model

Language: TypeAlias = Literal["vi", "en"]

_FILE = Path(__file__).parents[1] / "templates" / "marking.yaml"


class MarkingTexts(Model):
    """The words of one language. `headings` are the list's columns from left to right."""

    sheet: str
    title: str
    own: str
    copied: str
    how: tuple[str, ...]
    severities: dict[Severity, str]
    headings: tuple[str, ...]
    whole_file: str
    whole_sheet: str
    author: str
    rule: str
    found: str
    fix: str
    more: str
    others: str
    suffix: str

    def note_on(self, finding: Finding) -> str:
        """Return the text of the note at a finding's cell, each statement on a line of its own."""
        severity = self.severities[finding.severity]
        heading = f"{severity} ({self.rule} {finding.rule})"
        lines = [heading, finding.message]
        if finding.value:
            lines.append(f"{self.found} {finding.value}")
        if finding.expected:
            lines.append(finding.expected)
        lines.append(f"{self.fix} {finding.fix}")
        return "\n".join(lines)


@cache
def marking_texts(language: Language) -> MarkingTexts:
    """Return the words of a language. Raises ConfigurationError if the file is not valid."""
    return load_model(_FILE, dict[Language, MarkingTexts])[language]
