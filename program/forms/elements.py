"""The figures of a form: their labels, and what they mean over time.

A figure is an element of a matrix, a summary of a list, or a numeric column of a list, line by
line.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from program.forms.form import Form
from program.forms.table import Column, Line, ListSummary, Table


@dataclass(frozen=True, slots=True)
class FormElement:
    """A figure. `name` is the name of its facts.

    Attributes:
        name: The element of its facts.
        label: What a message calls it.
        measure: Its unit of measure; "" if it has none.
        cumulative: It adds up since January (`year`) or since the program began (`always`); None:
            it is of its period alone.
        opens: The figure of the same report whose closing value of the last period is the opening
            value of this one.
        per: The figure of the same report to which this one is proportional.
        up_to: The figure of the same line that this cumulative one reaches at most.
        parts: The figures of the same report whose sum is this one.
        is_typed: Somebody types it in: it is neither a declared total nor a summary.
        is_line: It is a column of a list, with a value on each line.
        full: The largest value that a cumulative figure can reach: 100 for a progress in per cent;
            None without such an end.
        is_summary: It is computed from the lines of a list.
        line: The key of its line in a matrix; "" elsewhere.
    """

    name: str
    label: str
    measure: str
    cumulative: Literal["year", "always"] | None = None
    opens: str | None = None
    per: str | None = None
    up_to: str | None = None
    parts: tuple[str, ...] = ()
    is_typed: bool = True
    is_line: bool = False
    is_summary: bool = False
    full: float | None = None
    line: str = ""


def form_elements(form: Form) -> dict[str, FormElement]:
    """Return every figure of `form` by its name; the columns of its lists too."""
    figures: dict[str, FormElement] = {}
    for table in form.tables:
        for figure in _of_table(table):
            figures[figure.name] = figure
    return figures


def parts_within(figures: Mapping[str, FormElement], name: str) -> Iterator[str]:
    """Yield the parts of a declared total, and their parts in turn; nothing for other figures."""
    if name not in figures:
        return
    for part in figures[name].parts:
        yield part
        yield from parts_within(figures, part)


def _of_table(table: Table) -> Iterator[FormElement]:
    for name, (column, line) in table.elements.items():
        if column.type.is_numeric:
            yield _of_element(name, column, line)
    # The columns of a matrix are figures only together with a line.
    if table.kind == "list":
        for column in table.columns:
            if column.type.is_numeric:
                yield _of_column(column)
    for name, summary in table.summaries.items():
        yield _of_summary(name, summary, table.column(summary.column))


def _of_element(name: str, column: Column, line: Line) -> FormElement:
    # Where both the line and the column are totals, the line goes first, as in `parts_of`.
    if line.parts:
        parts = tuple(f"{column.name}_{key}" for key in line.parts)
    else:
        parts = tuple(f"{part}_{line.key}" for part in column.parts)
    is_typed = not parts and not line.total
    return FormElement(
        name,
        f"{column.label}, {line.label}",
        column.measure,
        cumulative=column.cumulative,
        opens=_on_line(column.opens, line),
        per=_on_line(column.per, line),
        up_to=_on_line(column.up_to, line),
        parts=parts,
        is_typed=is_typed,
        full=_full_of(column),
        line=line.key,
    )


def _on_line(column: str | None, line: Line) -> str | None:
    """Return the element of a column on a line; None without a column."""
    if not column:
        return None
    return f"{column}_{line.key}"


def _full_of(column: Column) -> float | None:
    """Return the largest value that a cumulative column can reach; None without such an end."""
    # In any other column the maximum is a limit of each figure, which no sum approaches.
    if not column.cumulative:
        return None
    return column.maximum


def _of_column(column: Column) -> FormElement:
    is_typed = not column.parts
    return FormElement(
        column.name,
        column.label,
        column.measure,
        cumulative=column.cumulative,
        opens=column.opens,
        per=column.per,
        up_to=column.up_to,
        parts=column.parts,
        is_typed=is_typed,
        is_line=True,
        full=_full_of(column),
    )


def _of_summary(name: str, summary: ListSummary, column: Column) -> FormElement:
    words = "Số dòng có" if summary.count else "Cộng cột"
    # A count of lines has no unit of measure, whatever is in the column.
    measure = column.measure if summary.sum else ""
    label = f"{words} {column.label}"
    return FormElement(name, label, measure, is_typed=False, is_summary=True)
