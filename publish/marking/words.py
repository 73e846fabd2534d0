"""What a marked workbook says around the findings; the sentences are in `templates/marking.yaml`."""

from functools import cache
from pathlib import Path
from typing import Literal, TypeAlias

from program.configuration import Model, load_model
from program.finding import Finding, Severity

Language: TypeAlias = Literal["vi", "en"]

_FILE = Path(__file__).parents[1] / "templates" / "marking.yaml"


class Words(Model):
    """The words of one language; `headings` are those of the list of findings, from left to right."""

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
    expected: str
    fix: str
    more: str
    suffix: str

    def note_on(self, finding: Finding) -> str:
        """Return what the note at a finding's cell says, a line for each thing to say."""
        lines = [f"{self.severities[finding.severity]} ({self.rule} {finding.rule})", finding.message]
        lines += [f"{self.found} {finding.value}"] if finding.value else []
        lines += [f"{self.expected} {finding.expected}"] if finding.expected else []
        return "\n".join([*lines, f"{self.fix} {finding.fix}"])


@cache
def words_of(language: Language) -> Words:
    """Return the words of a language."""
    return load_model(_FILE, dict[Language, Words])[language]
