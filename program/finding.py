"""A finding: one rule broken at one place, in words its sender can act on."""

from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """Great Expectations' own three words."""

    CRITICAL = "critical"
    """Blocks the load of its submission."""
    WARNING = "warning"
    """The submission loads; the figure is flagged and its sender asked."""
    INFO = "info"
    """Recorded, never mailed."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule broken at one place.

    `sheet` and `cell` are None where the rule is about the file as a whole; `value` is the cell's content as
    its sender sees it. `message`, `expected` and `fix` are Vietnamese and end in the mail unchanged. `overruled` says who took
    its severity from it, and why (`program.correction`); "" for every other.
    """

    rule: str
    severity: Severity
    message: str
    fix: str
    expected: str = ""
    sheet: str | None = None
    cell: str | None = None
    value: str | None = None
    overruled: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """What the reader met, before the expectations room gives it severity and words.

    `rule` names an entry of `expectations/suites/reading.yaml`; `values` fills that entry's placeholders.
    """

    rule: str
    sheet: str | None = None
    cell: str | None = None
    value: str | None = None
    values: dict[str, str] = field(default_factory=dict)
