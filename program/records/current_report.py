"""Current reports, as the warehouse gives them to rules across submissions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from program.calendar.stage import Stage
from program.submission import Fact, Submission


@dataclass(frozen=True, slots=True)
class CurrentReport:
    """A current report, by the number of its submission, with the facts that rules need.

    `facts` may be empty: the report has figures, but none that a rule names.
    """

    number: int
    form: str
    unit: str
    period: str
    stage: Stage
    facts: Sequence[Fact]


def current_reports(submissions: Mapping[int, Submission]) -> Iterator[CurrentReport]:
    """Yield submissions as the warehouse returns them once they are current, with all facts.

    A submission without facts, unit or period is left out.
    """
    for number, submission in submissions.items():
        unit = submission.unit_code
        period = submission.period
        if unit is None or period is None or not submission.facts:
            continue
        yield CurrentReport(
            number,
            submission.form_code or "",
            unit,
            period.code,
            submission.stage,
            submission.facts,
        )
