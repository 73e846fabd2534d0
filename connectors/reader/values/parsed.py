"""The result of parsing one cell: its value, and the rule that it breaks."""

from dataclasses import dataclass
from datetime import date

from program.forms.qualifier import Qualifier

Value = float | str | date | None

REFUSED_FIGURES = frozenset({"CELL-11", "CELL-12", "CELL-23", "CELL-27", "CELL-31", "CELL-35"})
"""Rules that refuse a cell which holds a figure or a day all the same.

A line with such a cell is a line of data, not a note.
"""


@dataclass(frozen=True, slots=True)
class Parsed:
    """The value of a cell in its kept unit; None if the cell is empty or unusable.

    `rule` is the id of the rule that the cell breaks, if any. `qualifier` is the word before a
    figure: "trên 1.200" has the value 1200 and the qualifier OVER. `meant` is the probable meaning
    of a doubtful cell, as a sender would write it: it is only suggested, never taken as the value.
    """

    value: Value
    rule: str | None = None
    qualifier: Qualifier | None = None
    meant: str = ""
