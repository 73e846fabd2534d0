"""Targets of single units: a plan per district or commune, in the pack's `targets.csv`."""

import csv
import io
from pathlib import Path
from typing import Literal

from pydantic import ValidationError, field_validator

from program.calendar.period import Period
from program.errors import ConfigurationError
from program.pack.catalogue import Tag
from program.pack.yaml_file import Model, read_text

FILE = "targets.csv"
_FIRST_LINE = 2
"""The line of the first row: the heading is line 1."""


class UnitTarget(Model):
    """A value that one unit is to reach in a period. Its fields are the columns of the file.

    `value` is in the unit in which the warehouse keeps the figure: money in đồng.
    """

    indicator: str
    unit: str
    period: str
    value: float
    comparison: Literal["at_least", "more_than", "at_most", "less_than"]
    tag: Tag
    source: str

    @field_validator("period")
    @classmethod
    def _is_a_period(cls, code: str) -> str:
        return Period.parse(code).code


def read_unit_targets(folder: Path) -> tuple[UnitTarget, ...]:
    """Return the rows of a pack's `targets.csv`, in order; none where the pack has no such file.

    Raises:
        ConfigurationError: Something is wrong. The message names file, line and column.
    """
    path = folder / FILE
    if not path.is_file():
        return ()
    table = csv.DictReader(io.StringIO(read_text(path)))
    columns = list(UnitTarget.model_fields)
    if table.fieldnames != columns:
        found = ", ".join(table.fieldnames or ())
        raise ConfigurationError(f"{path}:1: expected {', '.join(columns)}; found {found}")
    return tuple(_target(path, line, row) for line, row in enumerate(table, start=_FIRST_LINE))


def _target(path: Path, line: int, row: dict[str, str]) -> UnitTarget:
    try:
        return UnitTarget.model_validate_strings(row)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        column = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(
            f"{path}:{line}: {column}: {first['msg']}; found {first['input']}"
        ) from wrong
