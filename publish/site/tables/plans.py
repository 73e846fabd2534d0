"""Plans beside their results, and narratives, as the site shows them.

Pure functions from the warehouse's rows to printable groups; words and HTML are in
`templates/site/plans.html.j2` and `templates/site/narratives.html.j2`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from program.calendar.period import Period
from program.calendar.stage import Stage
from program.forms.measure import to_printed
from program.pack.load import NARRATIVE
from program.pack.pack import Pack, Program
from program.records.plan_rows import NarrativeRow, PlanRow
from program.units.unit import Unit

_HEADLINES = 2
"""How many figures of a form the panel shows; the others are below it."""
_REPORTED = "reported"


@dataclass(frozen=True, slots=True)
class PlanLine:
    """A planned figure beside its result, as printed."""

    row: PlanRow
    label: str
    plan: float | None
    result: float | None


@dataclass(frozen=True, slots=True)
class PlanGroup:
    """The planned figures of one form, year and basis."""

    title: str
    year: int
    basis: str
    has_plan_form: bool
    lines: tuple[PlanLine, ...]

    @property
    def headlines(self) -> tuple[PlanLine, ...]:
        """The first figures of the whole; of a form without a whole, its first figures."""
        totals = [line for line in self.lines if line.row.is_total]
        return tuple((totals or self.lines)[:_HEADLINES])

    @property
    def has_plan(self) -> bool:
        """Tell whether any line has a planned figure."""
        return any(line.plan is not None for line in self.lines)

    @property
    def is_plan_known(self) -> bool:
        """Tell whether a plan came, be it without any of these figures."""
        return any(line.row.plans or line.row.status == "plan_unknown" for line in self.lines)

    @property
    def document(self) -> PlanRow | None:
        """A row with the number and date of the plan; None where no plan names them."""
        return next((line.row for line in self.lines if line.row.plan_number), None)

    @property
    def reported(self) -> int:
        """How many reports are in the result that most reports gave."""
        return max(line.row.reported for line in self.lines)

    @property
    def expected(self) -> int:
        """How many reports are due or came for it."""
        return max(line.row.expected for line in self.lines)


@dataclass(frozen=True, slots=True)
class PlanPanel:
    """What leaders see first (`groups`), and the other years (`others`)."""

    groups: tuple[PlanGroup, ...]
    others: tuple[PlanGroup, ...]


@dataclass(frozen=True, slots=True)
class NarrativeReport:
    """The narrative part of one report: the headings of the form with what the unit wrote."""

    unit: Unit | None
    unit_code: str
    parts: tuple[tuple[str, str], ...]
    is_synthetic: bool


@dataclass(frozen=True, slots=True)
class NarrativeGroup:
    """The narratives of one form and period."""

    form_code: str
    title: str
    period: str
    stage: Stage
    reports: tuple[NarrativeReport, ...]


def plan_panel(rows: Iterable[PlanRow], pack: Pack) -> PlanPanel:
    """Return the year to show of each form, and the other years.

    Forms with a plan of their own come first, else the pack's order of forms holds. The year is
    the latest that the unit reported itself or that enough reports are of, else the latest of all.
    """
    by_form: dict[str, list[PlanGroup]] = {form.code: [] for form in pack.forms}
    keys = groupby(rows, key=lambda row: (row.form_code, row.year, row.basis))
    for (form_code, _, _), of_group in keys:
        by_form.setdefault(form_code, []).append(_group(list(of_group), pack))
    groups: list[PlanGroup] = []
    others: list[PlanGroup] = []
    for of_form in by_form.values():
        shown = _year_to_show(of_form, pack.program)
        groups += [group for group in of_form if group.year == shown]
        others += [group for group in of_form if group.year != shown]
    groups.sort(key=lambda group: not group.has_plan_form)
    others.sort(key=lambda group: not group.has_plan_form)
    return PlanPanel(tuple(groups), tuple(others))


def _group(rows: Sequence[PlanRow], pack: Pack) -> PlanGroup:
    first = rows[0]
    figures = {row.figure for row in rows}
    lines: list[PlanLine] = []
    for row in rows:
        plan = to_printed(row.plan, row.measure) if row.plan is not None else None
        result = to_printed(row.result, row.measure) if row.result is not None else None
        lines.append(PlanLine(row, plan_label(row, len(figures)), plan, result))
    title = pack.short_title_of(first.form_code) or first.form_code
    has_plan_form = first.plan_form_code != first.form_code
    return PlanGroup(title, first.year, first.basis, has_plan_form, tuple(lines))


def plan_label(row: PlanRow, figures: int) -> str:
    """Return what a planned figure counts; `figures` is how many kinds its group has."""
    if row.is_units:
        return f"Số lớp có người của {row.item_name or row.item}"
    if row.is_total or not row.item_name:
        return row.figure_name
    if figures == 1:
        return row.item_name
    return f"{row.item_name}: {row.figure_name.lower()}"


def _year_to_show(groups: Sequence[PlanGroup], program: Program) -> int | None:
    settled: list[int] = []
    for group in groups:
        is_own = group.basis == _REPORTED and group.reported > 0
        is_enough = program.is_enough(group.reported, group.expected)
        if is_own or is_enough:
            settled.append(group.year)
    every = [group.year for group in groups]
    return max(settled or every, default=None)


def narrative_groups(rows: Iterable[NarrativeRow], pack: Pack) -> list[NarrativeGroup]:
    """Return what units wrote, a group for each form and period, in the order of `rows`."""
    groups: list[NarrativeGroup] = []
    for (form_code, period, stage), of_group in groupby(rows, key=_report_of):
        headings = narrative_headings(form_code, period, pack)
        reports: list[NarrativeReport] = []
        for unit_code, of_unit in groupby(of_group, key=lambda row: row.unit_code):
            reports.append(_report(unit_code, list(of_unit), headings, pack))
        title = pack.short_title_of(form_code) or form_code
        groups.append(NarrativeGroup(form_code, title, period, Stage(stage), tuple(reports)))
    return groups


def _report_of(row: NarrativeRow) -> tuple[str, str, str]:
    return row.form_code, row.period, row.stage


def _report(
    unit_code: str, rows: Sequence[NarrativeRow], headings: Mapping[str, str], pack: Pack
) -> NarrativeReport:
    texts = {row.part: row.text for row in rows}
    parts = [(label, texts[key]) for key, label in headings.items() if key in texts]
    # A heading that the pack no longer has keeps its text.
    parts += [(key, text) for key, text in texts.items() if key not in headings]
    unit = pack.unit_on(unit_code, rows[0].period)
    return NarrativeReport(unit, unit_code, tuple(parts), any(row.is_synthetic for row in rows))


def narrative_headings(form_code: str, period: str, pack: Pack) -> dict[str, str]:
    """Return the labels of a form's narrative part by their keys, in the form's order."""
    form = pack.form(form_code, Period.parse(period))
    if form is None:
        return {}
    for table in form.tables:
        if [column.name for column in table.columns] == [NARRATIVE]:
            return {line.key: line.label for line in table.lines}
    return {}
