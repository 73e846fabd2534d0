"""Where the values of a filled template stand, for those that read by position; and their types.

Only untouched templates can be read so: a moved column would be taken for another.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from benchmarks.quarter import FORMS, PERIOD
from program.forms.form import Form
from program.forms.measure import factor_of
from program.forms.table import Column, ColumnType, ListSummary, Table
from program.pack.yaml_file import load_model
from publish.template.grid import grid_of

KEYS = ["file", "row", "line"]
"""Columns of each frame beside the form's own: the file, the sheet's row, a matrix's line or ""."""


@dataclass(frozen=True, slots=True)
class Region:
    """A table of a form on its sheet, from row `top` (counted from 0) and the second column on."""

    form: str
    table: Table
    top: int

    @property
    def name(self) -> str:
        """A name that no other region has."""
        return f"{self.form}.{self.table.name}"

    @property
    def columns(self) -> list[str]:
        """The form's own columns, from left to right."""
        return [column.name for column in self.table.columns]

    @property
    def lines(self) -> list[str]:
        """The keys of a matrix's lines, from top to bottom; none of a list."""
        return [line.key for line in self.table.lines]


def regions_of(pack: Path) -> dict[str, list[Region]]:
    """Return the regions of each form of the quarter; of the pack nothing else is read."""
    paths = sorted(path for path in pack.glob("forms/*/*.yaml") if path.parent.name in FORMS)
    forms = [load_model(path, Form) for path in paths]
    return {form.code: _regions(form) for form in forms if form.covers(PERIOD)}


def _regions(form: Form) -> list[Region]:
    return [Region(form.code, table, grid_of(table, 0).top) for table in form.tables]


def files_below(folder: Path, count: int | None) -> list[Path]:
    """Return the workbooks below a folder as they came; the first `count` of them."""
    files = sorted(folder.rglob("*.xlsx"), key=lambda path: (path.stat().st_mtime, path.name))
    return files[:count]


def form_of(sheets: Sequence[str], regions: dict[str, list[Region]]) -> list[Region]:
    """Return the regions of the form whose sheets a workbook has."""
    for of_form in regions.values():
        if {region.table.sheet for region in of_form} <= set(sheets):
            return of_form
    raise LookupError(f"no form has the sheets {', '.join(sheets)}")


def typed(frame: pd.DataFrame, region: Region) -> pd.DataFrame:
    """Return a frame of cells as values: money in đồng, codes for words; without blank lines."""
    columns = region.table.columns
    own = frame.assign(**{column.name: _typed(frame[column.name], column) for column in columns})
    return own.dropna(how="all", subset=region.columns)


def _typed(cells: pd.Series, column: Column) -> pd.Series:
    if column.type.is_numeric:
        # To the hundredth of a đồng: 0.1 × 1,000,000 is not exact in binary.
        return (_numbers(cells) * factor_of(column.measure)).round(2)
    if column.type is ColumnType.DATE:
        return pd.to_datetime(cells.where(cells != "", None), errors="coerce")
    words = cells.astype("str").str.strip().replace({"": None, "nan": None, "None": None})
    labels = {label.label: key for key, label in column.vocabulary.items()}
    return words.replace(labels) if labels else words


def _numbers(cells: pd.Series) -> pd.Series:
    """Return numbers; those typed as text have a point for thousands and a comma for decimals."""
    return pd.to_numeric(cells.map(_number), errors="coerce")


def _number(cell: object) -> object:
    return cell.replace(".", "").replace(",", ".") if isinstance(cell, str) else cell


def facts_of(frame: pd.DataFrame, region: Region) -> pd.DataFrame:
    """Return a row a filled cell and a summary: file, element, line, value or text, sheet, cell."""
    long = frame.melt(id_vars=KEYS, value_vars=region.columns, var_name="column")
    long = long.dropna(subset="value")
    is_number = long["column"].isin([c.name for c in region.table.columns if c.type.is_numeric])
    letters = {name: chr(ord("B") + at) for at, name in enumerate(region.columns)}
    is_list = not region.lines
    cells = pd.DataFrame(
        {
            "file": long["file"],
            "element": long["column"] if is_list else long["column"] + "_" + long["line"],
            "line": long["row"] if is_list else 0,
            "value": pd.to_numeric(long["value"].where(is_number, None)),
            "text": long["value"].where(~is_number, None).astype("object"),
            "cell": long["column"].map(letters) + long["row"].astype("str"),
        }
    )
    stored = {
        name: summary for name, summary in region.table.summaries.items() if not summary.checks_only
    }
    summaries = (_summary(frame, name, summary) for name, summary in stored.items())
    return pd.concat([cells, *summaries], ignore_index=True).assign(sheet=region.table.sheet)


def _summary(frame: pd.DataFrame, name: str, summary: ListSummary) -> pd.DataFrame:
    """Return a list's count or sum in each file."""
    values = frame[summary.column]
    for column, words in summary.chosen.items():
        values = values.where(frame[column].isin(words))
    by_file = values.groupby(frame["file"])
    result = by_file.count() if summary.count else by_file.sum()
    # Where a line does not say of which kind it is, nobody knows how many of a kind there are.
    is_unsaid = frame[list(summary.chosen)].isna().any(axis="columns")
    result = result[~is_unsaid.groupby(frame["file"]).any()]
    values = result.to_numpy("float64")
    columns = {"file": result.index, "element": name, "line": 0, "value": values}
    return pd.DataFrame(columns).assign(text=None, cell=summary.column)
