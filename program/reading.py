"""What a reader hands over: a delivery's tables as frames with declared columns, and where each cell stands."""

from dataclasses import dataclass, field

import pandas as pd

from program.delivery import Delivery
from program.finding import Problem
from program.form import Form
from program.period import Period


@dataclass(frozen=True, slots=True)
class TableReading:
    """One table as read.

    `frame` has one row per line and the columns `sheet` (str), `row` (int, the sheet's own number), `line` (the
    line's key in a matrix, "" in a list) and one per data element, NaN/None where empty: float64 in the kept
    unit, text, or datetime64. `letters` gives the column letter of each data element that was found.
    """

    frame: pd.DataFrame
    letters: dict[str, str]

    def cell(self, element: str, row: int) -> str | None:
        """Return the address of a data element on a sheet row, or None where the column is missing."""
        letter = self.letters.get(element)
        return f"{letter}{row}" if letter else None


@dataclass(frozen=True, slots=True)
class Reading:
    """One delivery as read. Without a `form` there are no tables, and `problems` say why.

    `places` gives sheet and cell of the identity ("unit", "period") where found.
    """

    delivery: Delivery
    form: Form | None = None
    unit_code: str | None = None
    period: Period | None = None
    tables: dict[str, TableReading] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
