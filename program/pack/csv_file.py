"""Reading a table of a pack: a CSV file whose columns are the fields of a model."""

import csv
import io
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from program.errors import ConfigurationError
from program.pack.yaml_file import Model, read_text

_FIRST_LINE = 2
"""The line of the first row: the heading is line 1."""

Row = TypeVar("Row", bound=Model)


def read_rows(path: Path, model: type[Row]) -> tuple[Row, ...]:
    """Return the rows of a file, in order; none where there is no such file.

    Raises:
        ConfigurationError: Something is wrong. The message names file, line and column.
    """
    if not path.is_file():
        return ()
    table = csv.DictReader(io.StringIO(read_text(path)))
    columns = list(model.model_fields)
    if table.fieldnames != columns:
        found = ", ".join(table.fieldnames or ())
        raise ConfigurationError(f"{path}:1: expected {', '.join(columns)}; found {found}")
    return tuple(_row(path, line, row, model) for line, row in enumerate(table, start=_FIRST_LINE))


def _row(path: Path, line: int, row: dict[str, str], model: type[Row]) -> Row:
    try:
        return model.model_validate_strings(row)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        column = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(
            f"{path}:{line}: {column}: {first['msg']}; found {first['input']}"
        ) from wrong
