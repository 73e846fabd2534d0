"""What the warehouse hands over of the facts believed now, for rules across submissions."""

from typing import NamedTuple

from program.stage import Stage


class CurrentFact(NamedTuple):
    """One fact believed now, and whose it is. `line` is 0 for a figure of the report, the sheet's row for a line of a list.

    One of `value` (in the kept unit) and `text` is None. `qualifier`: the word before the figure, if any.
    """

    submission_id: int
    form: str
    unit: str
    period: str
    stage: Stage
    element: str
    line: int
    value: float | None
    text: str | None
    sheet: str
    cell: str
    qualifier: str | None
