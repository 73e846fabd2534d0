"""What every comparison across submissions is made of: the case that is judged, and the reports of a period that it is about."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from expectations.printing import show
from program.current import CurrentReport
from program.form import Form
from program.period import Period
from program.stage import Stage
from program.submission import Fact


class Stated(NamedTuple):
    """A fact, and the report that states it."""

    report: CurrentReport
    fact: Fact


@dataclass(frozen=True, slots=True)
class Involved:
    """One submission that a case involves, and the cell of it that says so. `is_told`: its sender is asked."""

    submission_id: int
    sheet: str
    cell: str | None
    value: str
    is_told: bool
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Description:
    """What a finding says of a case: its words, and who is involved.

    `figure` is the one compared and whose report says it; `parts` are those that it is made of: where one of them differs, so
    does their total.
    """

    values: Mapping[str, str]
    involved: tuple[Involved, ...]
    figure: tuple[int, str] | None = None
    parts: frozenset[tuple[int, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Case:
    """One comparison: the number that is judged (`units` or `excess`), and what to say if it fails.

    Nearly all cases pass, and to print a number takes longer than to compare it: so only those that
    fail are described.
    """

    number: float
    describe: Callable[[], Description]


@dataclass(frozen=True, slots=True)
class Occasion:
    """A period and stage, and the reports of one form about them."""

    form: Form
    period: Period
    stage: Stage
    reports: Sequence[CurrentReport]

    @property
    def label(self) -> str:
        """The period as an office writes it."""
        return self.form.label_of(self.period, self.stage)


def figures_in(report: CurrentReport) -> Iterator[Stated]:
    """Yield what a report states as a whole, the lines of its lists left out."""
    return (Stated(report, fact) for fact in report.facts if fact.line == 0)


def involved_in(stated: Stated, measure: str, *, is_told: bool) -> Involved:
    """Return the submission that states a figure, with its cell."""
    fact = stated.fact
    # What a list sums up stands in a range of cells: a finding points at the first of them.
    cell = fact.cell.partition(":")[0]
    is_cell = cell[-1:].isdigit()
    return Involved(
        submission_id=stated.report.number,
        sheet=fact.sheet,
        cell=cell if is_cell else None,
        value=show(fact.value, measure),
        is_told=is_told,
    )


def are_exact(figures: Iterable[Stated]) -> bool:
    """Tell whether no figure has a word before it ("trên 1.200")."""
    return all(stated.fact.qualifier is None for stated in figures)


def sum_of(figures: Iterable[Stated]) -> float:
    """Return the figures added up."""
    return sum(stated.fact.value or 0.0 for stated in figures)
