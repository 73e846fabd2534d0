"""What every cross-check is made of: its case, and the reports of a period that it compares."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from expectations.findings.format import format_value
from program.calendar.period import Period
from program.calendar.stage import Stage
from program.forms.form import Form
from program.records.current_report import CurrentReport
from program.submission import Fact


class Stated(NamedTuple):
    """A fact, and the report that states it."""

    report: CurrentReport
    fact: Fact


@dataclass(frozen=True, slots=True)
class Involved:
    """One submission that a case involves, with the cell and value that involve it.

    `must_correct`: its sender must correct the report. `values` fill placeholders of the sender's
    own finding.
    """

    submission_id: int
    sheet: str
    cell: str | None
    value: str
    must_correct: bool
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Description:
    """What a finding says of a case: values for its words, and who is involved.

    `figure` is the figure that is compared, after the number of the submission that states it.
    `parts` are the figures that it adds up: where one of them differs, it differs too.
    """

    values: Mapping[str, str]
    involved: tuple[Involved, ...]
    figure: tuple[int, str] | None = None
    parts: frozenset[tuple[int, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Case:
    """One comparison: the number that is checked (`units` or `excess`), and its description.

    Nearly all cases pass, and printing a number takes longer than comparing it. So only those that
    fail are described.
    """

    number: float
    describe: Callable[[], Description]


@dataclass(frozen=True, slots=True)
class PeriodStage:
    """A period and stage, and the reports of one form about them."""

    form: Form
    period: Period
    stage: Stage
    reports: Sequence[CurrentReport]

    @property
    def label(self) -> str:
        """The period and stage as an office writes them."""
        return self.form.label_of(self.period, self.stage)


def figures_in(report: CurrentReport) -> Iterator[Stated]:
    """Yield what a report states as a whole: no lines of lists."""
    return (Stated(report, fact) for fact in report.facts if fact.line == 0)


def involved_in(stated: Stated, measure: str, *, must_correct: bool) -> Involved:
    """Return the submission that states a figure, with its cell."""
    fact = stated.fact
    # A list's summary has a range of cells: a finding points to the first of them.
    cell = fact.cell.partition(":")[0]
    # Without lines, a summary has only the letter of its column. A form tool's field has no cell.
    is_cell = not cell or cell[-1].isdigit()
    return Involved(
        submission_id=stated.report.number,
        sheet=fact.sheet,
        cell=cell if is_cell else None,
        value=format_value(fact.value, measure),
        must_correct=must_correct,
    )


def are_exact(figures: Iterable[Stated]) -> bool:
    """Tell whether no figure has a word before it ("trên 1.200")."""
    return all(stated.fact.qualifier is None for stated in figures)


def sum_of(figures: Iterable[Stated]) -> float:
    """Return the figures added up."""
    return sum(stated.fact.value or 0.0 for stated in figures)
