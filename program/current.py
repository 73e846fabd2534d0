"""What the warehouse hands over of the reports believed now, for rules across submissions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from program.stage import Stage
from program.submission import Fact, Submission


@dataclass(frozen=True, slots=True)
class CurrentReport:
    """A report believed now, by its submission's number, with the facts that are asked for.

    `facts` may be empty: the report holds figures, but none that a rule names.
    """

    number: int
    form: str
    unit: str
    period: str
    stage: Stage
    facts: Sequence[Fact]


def current_reports(submissions: Mapping[int, Submission]) -> Iterator[CurrentReport]:
    """Yield submissions as the warehouse hands them over once they are believed, with all facts.

    One without facts says nothing about anybody, and neither does one that is about nobody.
    """
    for number, submission in submissions.items():
        unit, period = submission.unit_code, submission.period
        if unit is not None and period is not None and submission.facts:
            form = submission.form_code or ""
            yield CurrentReport(number, form, unit, period.code, submission.stage, submission.facts)
