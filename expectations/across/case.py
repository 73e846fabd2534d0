"""What every comparison across submissions is made of: the case that is judged, and the reports of a period that it is about."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from expectations.printing import show
from program.current import CurrentFact
from program.form import Form
from program.period import Period
from program.stage import Stage


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
class Case:
    """One comparison: the number that is judged (`units` or `excess`), its words, and who is involved.

    `figure` is the one compared and whose report says it; `parts` are those that it is made of: where one of them differs, so
    does their total.
    """

    number: float
    values: Mapping[str, str]
    involved: tuple[Involved, ...]
    figure: tuple[int, str] | None = None
    parts: frozenset[tuple[int, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Occasion:
    """A period and stage, and what is believed about them of one form, or of all."""

    form: Form
    period: Period
    stage: Stage
    facts: tuple[CurrentFact, ...]

    @property
    def label(self) -> str:
        """The period as an office writes it."""
        return self.form.label_of(self.period, self.stage)


def involved_in(fact: CurrentFact, measure: str, *, is_told: bool) -> Involved:
    """Return the submission that says `fact`, with its cell."""
    # What a list sums up stands in a range of cells: a finding points at the first of them.
    cell = fact.cell.partition(":")[0]
    value = show(fact.value, measure)
    return Involved(fact.submission_id, fact.sheet, cell if cell[-1:].isdigit() else None, value, is_told)


def are_exact(facts: Iterable[CurrentFact]) -> bool:
    """Tell whether no figure has a word before it ("trên 1.200")."""
    return all(fact.qualifier is None for fact in facts)


def sum_of(facts: Iterable[CurrentFact]) -> float:
    """Return the figures added up."""
    return sum(fact.value or 0.0 for fact in facts)
