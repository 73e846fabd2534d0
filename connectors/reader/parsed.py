"""What one cell gives: its value, and what was met while it was read."""

from dataclasses import dataclass
from datetime import date

from program.qualifier import Qualifier

Value = float | str | date | None

REFUSED_FIGURES = frozenset({"CELL-11", "CELL-12", "CELL-23", "CELL-27", "CELL-31", "CELL-35"})
"""Rules that refuse what is a figure or a day all the same: a line that holds one is a line, not a note."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A value in its kept unit, None where the cell is empty or unusable; `rule` says what was met on the way.

    `qualifier` is the word before a figure: "trên 1.200" is the value 1200 and OVER. `meant` is what a doubtful cell
    probably means, as it would be written: never taken, only told to its sender.
    """

    value: Value
    rule: str | None = None
    qualifier: Qualifier | None = None
    meant: str = ""
