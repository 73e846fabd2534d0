"""A finding: one rule broken at one cell, in words that the sender can act on."""

from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """How bad a finding is, in the three words of Great Expectations."""

    CRITICAL = "critical"
    """The submission is not loaded."""
    WARNING = "warning"
    """The submission is loaded. The figure is flagged, and the sender is asked about it."""
    INFO = "info"
    """It is recorded and never mailed."""


class RuleLevel(StrEnum):
    """What a rule looks at; each rule's YAML says it."""

    FILE = "file"
    """The file. A critical finding means that nothing could be read."""
    FORM = "form"
    """Which report it is, and its tables, headings and lines."""
    CELL = "cell"
    """One cell alone. A critical finding of the reader leaves the cell without a value."""
    TABLE = "table"
    """Figures of one report, compared with each other or with a bound."""
    HISTORY = "history"
    """Figures compared with earlier reports, and with those of other units."""
    ACROSS = "across"
    """Current reports of several forms or units, compared with each other."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule broken at one cell.

    `sheet` and `cell` are None if the rule is about the whole file. `value` is the content of
    the cell as its sender sees it. `message`, `expected` and `fix` are Vietnamese; the mail prints
    them unchanged. `waived_by` says who decided that the finding does not count, and why
    (`program.pack.waiver`); it is "" for every other finding.
    """

    rule: str
    severity: Severity
    message: str
    fix: str
    expected: str = ""
    sheet: str | None = None
    cell: str | None = None
    value: str | None = None
    waived_by: str = ""


@dataclass(frozen=True, slots=True)
class ReaderFinding:
    """A problem that the reader found. The package expectations gives it severity and words.

    `rule` names an entry of `expectations/suites/reading.yaml`. `values` are for the placeholders
    of that entry; `case` names one of its `cases`, "" for none.
    """

    rule: str
    sheet: str | None = None
    cell: str | None = None
    value: str | None = None
    values: dict[str, str] = field(default_factory=dict)
    case: str = ""
