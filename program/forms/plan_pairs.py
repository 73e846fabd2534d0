"""What was planned beside what was done: the figures of forms that belong together.

A form says it by `plans` of a column or summary, and by `plan_of` where the plan is a form of its
own.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from program.forms.elements import form_elements
from program.forms.form import Form
from program.forms.table import Column, ColumnType, OverTime, Table


@dataclass(frozen=True, slots=True)
class PlanPair:
    """A planned figure and the result that it plans.

    Attributes:
        plan_form: The code of the form with the plan.
        plan_element: The planned figure's element.
        result_form: The code of the form with the result; `plan_form` where one form has both.
        result_element: The result's element.
        table: The result's table.
        item: The key of the line, by which a table divides its figures; "" outside a matrix.
        figure: The result's column or summary.
        item_name: What the line is called; "" outside a matrix.
        figure_name: What the figure is called.
        measure: Its unit of measure; "" if it has none. Money is kept in đồng.
        over_time: What the result means over time.
        is_total: It is the whole, which other figures of its table divide.
        is_units: Both elements are columns of lists that name units.
    """

    plan_form: str
    plan_element: str
    result_form: str
    result_element: str
    table: str
    item: str
    figure: str
    item_name: str
    figure_name: str
    measure: str
    over_time: OverTime
    is_total: bool = False
    is_units: bool = False


def plan_pairs(forms: Sequence[Form]) -> list[PlanPair]:
    """Return each planned figure with its result, once for all versions of their forms.

    Where versions differ, the newest version of the plan and of the results counts.
    """
    newest_first = sorted(forms, key=lambda form: form.valid_from, reverse=True)
    pairs: dict[tuple[str, str, str], PlanPair] = {}
    for plan in newest_first:
        for results in _results_of(plan, newest_first):
            for pair in _pairs_between(plan, results):
                key = (pair.plan_form, pair.plan_element, pair.result_element)
                pairs.setdefault(key, pair)
    return list(pairs.values())


def planned_names(form: Form) -> Iterator[tuple[str, str]]:
    """Yield each column and summary of a form that plans something, with what it plans."""
    for table in form.tables:
        for column in table.columns:
            if column.plans is not None:
                yield column.name, column.plans
        for name, summary in table.summaries.items():
            if summary.plans is not None:
                yield name, summary.plans


def can_be_planned(form: Form) -> set[str]:
    """Return what `plans` may name in a form: columns with figures or units, and summaries."""
    names: set[str] = set()
    for table in form.tables:
        for column in table.columns:
            has_lines = table.kind == "matrix" and column.type.is_numeric
            if has_lines or column.type is ColumnType.UNITS:
                names.add(column.name)
        names.update(table.summaries)
    return names


def _results_of(plan: Form, forms: Iterable[Form]) -> Iterator[Form]:
    """Yield the versions of the form with the results of `plan`, the newest first."""
    if plan.plan_of is None:
        yield plan
        return
    yield from (form for form in forms if form.code == plan.plan_of)


def _pairs_between(plan: Form, results: Form) -> Iterator[PlanPair]:
    for table in plan.tables:
        for column in table.columns:
            if column.plans is None:
                continue
            found = _table_with(column.plans, results)
            if found is None:
                continue
            if column.type is ColumnType.UNITS:
                yield _units_pair(plan, column, results, found)
            else:
                yield from _matrix_pairs(plan, table, column, results, found)
    yield from _summary_pairs(plan, results)


def _table_with(column: str, form: Form) -> Table | None:
    for table in form.tables:
        if any(own.name == column for own in table.columns):
            return table
    return None


def _matrix_pairs(
    plan: Form, table: Table, column: Column, results: Form, found: Table
) -> Iterator[PlanPair]:
    """Yield a pair for each line that both tables have."""
    result = found.column(column.plans or "")
    lines = {line.key: line for line in found.lines}
    for line in table.lines:
        if line.key not in lines:
            continue
        element = f"{result.name}_{line.key}"
        yield PlanPair(
            plan_form=plan.code,
            plan_element=f"{column.name}_{line.key}",
            result_form=results.code,
            result_element=element,
            table=found.name,
            item=line.key,
            figure=result.name,
            item_name=lines[line.key].label,
            figure_name=result.label,
            measure=result.measure,
            over_time=results.over_time_of(element),
            is_total=lines[line.key].total,
        )


def _units_pair(plan: Form, column: Column, results: Form, found: Table) -> PlanPair:
    result = found.column(column.plans or "")
    return PlanPair(
        plan_form=plan.code,
        plan_element=column.name,
        result_form=results.code,
        result_element=result.name,
        table=found.name,
        item="",
        figure=result.name,
        item_name="",
        figure_name=result.label,
        measure="",
        over_time=OverTime.FLOW,
        is_units=True,
    )


def _summary_pairs(plan: Form, results: Form) -> Iterator[PlanPair]:
    names = form_elements(results)
    for table in plan.tables:
        for name, summary in table.summaries.items():
            planned = summary.plans
            found = _table_with_summary(planned, results) if planned else None
            if planned is None or found is None:
                continue
            yield PlanPair(
                plan_form=plan.code,
                plan_element=name,
                result_form=results.code,
                result_element=planned,
                table=found.name,
                item="",
                figure=planned,
                item_name="",
                figure_name=found.summaries[planned].label or names[planned].label,
                measure=names[planned].measure,
                over_time=results.over_time_of(planned),
                is_total=not summary.where,
            )


def _table_with_summary(name: str, form: Form) -> Table | None:
    return next((table for table in form.tables if name in table.summaries), None)
