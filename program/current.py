"""What the warehouse hands over of the facts believed now, for rules across submissions."""

from typing import NamedTuple

from program.stage import Stage
from program.submission import Submission


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


def facts_as_believed(number: int, submission: Submission) -> list[CurrentFact]:
    """Return a submission's facts as the warehouse hands them over once it is believed; none where it is about nobody."""
    if submission.unit_code is None or submission.period is None:
        return []
    about = (number, submission.form_code or "", submission.unit_code, submission.period.code, submission.stage)
    return [
        CurrentFact(*about, f.element, f.line, f.value, f.text, f.sheet, f.cell, f.qualifier and f.qualifier.value)
        for f in submission.facts
    ]
