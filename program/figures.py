"""What a form's figures are: their words, and what they mean over time.

A figure is a matrix element, a list's summary or, line by line, a numeric column of a list.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from program.form import Form
from program.table import Column, Line, Table


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure by the name that its facts bear. `parts`, `opens` and `per` are names of figures of the same report.

    `line` is the matrix line that it stands on. `is_typed`: somebody types it in, so that it is neither a declared total nor a
    summary. `full` is the largest value that a cumulative figure can reach (a progress of 100); None where there is no such end.
    """

    name: str
    label: str
    measure: str
    cumulative: Literal["year", "always"] | None = None
    opens: str | None = None
    per: str | None = None
    parts: tuple[str, ...] = ()
    is_typed: bool = True
    is_line: bool = False
    full: float | None = None
    line: str = ""


def figures_of(form: Form) -> dict[str, Figure]:
    """Return every figure of `form` by its name, those of its lists' lines included."""
    return {figure.name: figure for table in form.tables for figure in _of_table(table)}


def parts_within(figures: Mapping[str, Figure], name: str) -> Iterator[str]:
    """Yield the figures that a declared total is made of, and theirs in turn; none of a figure that is no total."""
    for part in figures[name].parts if name in figures else ():
        yield part
        yield from parts_within(figures, part)


def _of_table(table: Table) -> Iterator[Figure]:
    for name, (column, line) in table.elements.items():
        if column.type.is_numeric:
            yield _element(name, column, line)
    if table.kind == "list":
        for column in table.columns:
            if column.type.is_numeric:
                yield _line_figure(column)
    for name, summary in table.summaries.items():
        label = f"{'Số dòng có' if summary.count else 'Cộng cột'} {table.column(summary.column).label}"
        measure = table.column(summary.column).measure if summary.sum else ""
        yield Figure(name, label, measure, is_typed=False)


def _element(name: str, column: Column, line: Line) -> Figure:
    parts = tuple(f"{column.name}_{key}" for key in line.parts) or tuple(f"{part}_{line.key}" for part in column.parts)
    return Figure(
        name,
        f"{column.label}, {line.label}",
        column.measure,
        cumulative=column.cumulative,
        opens=f"{column.opens}_{line.key}" if column.opens else None,
        per=f"{column.per}_{line.key}" if column.per else None,
        parts=parts,
        is_typed=not parts and not line.total,
        full=column.maximum if column.cumulative else None,
        line=line.key,
    )


def _line_figure(column: Column) -> Figure:
    return Figure(
        column.name,
        column.label,
        column.measure,
        cumulative=column.cumulative,
        opens=column.opens,
        per=column.per,
        parts=column.parts,
        is_typed=not column.parts,
        is_line=True,
        full=column.maximum if column.cumulative else None,
    )
