"""How far training has come: the answer of the first page and of the leaders' brief."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from program.pack.pack import Pack
from program.records.headline import headline
from publish.site.tables.plans import PlanGroup, PlanPanel
from warehouse.queries.report_facts import TrainingOfPeriod

_TRAINING = "training"


@dataclass(frozen=True, slots=True)
class TrainingAnswer:
    """Two periods that answer two questions, always shown together.

    `latest` is the headline, as of money and targets: how much the last period brought. `of_year`
    is the year beside its plan: how far the plan is fulfilled. It is None where it would only
    repeat `latest`.
    """

    latest: TrainingOfPeriod | None
    of_year: PlanGroup | None


def training_answer(
    rows: Iterable[TrainingOfPeriod], plans: PlanPanel, pack: Pack, day: date
) -> TrainingAnswer:
    """Return the answer from a province's training by period and its panel of plans."""
    latest = headline(rows, pack.program, day)
    of_year = _of_year(plans)
    if latest is None or of_year is None or of_year.has_plan:
        return TrainingAnswer(latest, of_year)
    is_same = (latest.period, latest.basis) == (str(of_year.year), of_year.basis)
    return TrainingAnswer(latest, None if is_same else of_year)


def _of_year(plans: PlanPanel) -> PlanGroup | None:
    """Return the plan and result of training: of what the unit reported itself before a sum."""
    groups = [group for group in plans.groups if group.lines[0].row.form_code == _TRAINING]
    groups.sort(key=lambda group: (group.basis != "reported", -group.reported))
    return groups[0] if groups else None
