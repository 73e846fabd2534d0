"""How the answers of a form tool (KoboToolbox, ODK Central) map to a form of the pack.

A file `tool_forms/<name>.yaml` of the pack is the mapping of one form of a tool. A field is named
by its path without the root: `ky/nam` is the question `nam` of the group `ky`.
"""

import re
from collections.abc import Iterator
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from program.pack.yaml_file import Model

FOLDER = "tool_forms"
LINE = "{line}"
"""Stands in a column's path for the word of each line."""

_NAME = r"[^\s/{}\[\]]+"
_PATH = re.compile(rf"{_NAME}(?:/{_NAME})*")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def _with_field(value: object) -> object:
    """Return a bare path as the model's keys."""
    return {"field": value} if isinstance(value, str) else value


class _Answer(Model):
    """The answer to a question. `values` gives our word for a choice of the tool."""

    field: str
    values: dict[str, str] = Field({})

    @field_validator("field")
    @classmethod
    def _check_field(cls, path: str) -> str:
        if not _PATH.fullmatch(path.replace(LINE, "line")):
            raise ValueError(
                "expected the path of a question, such as ky/nam, without a slash at its beginning"
            )
        return path


Answer = Annotated[_Answer, BeforeValidator(_with_field)]
"""The answer to a question, in YAML as its path or as `{field: …, values: …}`."""


class ToolTable(Model):
    """Where the figures of one table are.

    `repeat` is the path of a repeat: each of its entries is a line, and the paths of `columns` are
    relative to it. A matrix then has the key of its line at `line`. Without `repeat`, `lines` gives
    a word for each line of a matrix, which the paths of `columns` hold as `{line}`:
    `tong_hop/{line}/so_lop`.
    """

    repeat: str | None = Field(None, pattern=rf"^{_PATH.pattern}$")
    line: Answer | None = None
    lines: dict[str, str] = Field({})
    columns: dict[str, Answer] = Field(min_length=1)

    @model_validator(mode="after")
    def _check_lines(self) -> Self:
        if (self.repeat is None) != bool(self.lines):
            raise ValueError("expected either repeat or lines")
        if self.line is not None and self.repeat is None:
            raise ValueError("line goes with repeat: it says which line an entry is")
        for name, answer in self.columns.items():
            if (LINE in answer.field) != bool(self.lines):
                raise ValueError(
                    f"{name}: {answer.field}: with lines, each path has {LINE}; with repeat, none"
                )
        return self

    def fields(self) -> Iterator[tuple[str | None, str]]:
        """Yield the column, None for that of the line, and full path of each field."""
        if self.repeat is None:
            for name, answer in self.columns.items():
                for word in self.lines.values():
                    yield name, answer.field.replace(LINE, word)
            return
        if self.line is not None:
            yield None, f"{self.repeat}/{self.line.field}"
        for name, answer in self.columns.items():
            yield name, f"{self.repeat}/{answer.field}"


class ToolForm(Model):
    """The mapping of one form of a tool to the form `form` of the pack.

    `period` is a text with paths in braces, such as "{ky/nam}-Q{ky/quy}". What it gives is read as
    a period in a workbook. `ignore` are paths of questions, groups and repeats whose answers no
    report needs.
    """

    form: str
    unit: Answer
    period: str
    stage: Answer | None = None
    tables: dict[str, ToolTable] = Field(min_length=1)
    ignore: tuple[str, ...] = ()

    @field_validator("period")
    @classmethod
    def _check_period(cls, text: str) -> str:
        paths = _PLACEHOLDER.findall(text)
        if not paths or not all(map(_PATH.fullmatch, paths)):
            raise ValueError("expected paths in braces, such as {ky_bao_cao} or {nam}-Q{quy}")
        return text

    @property
    def period_fields(self) -> tuple[str, ...]:
        """The paths of the fields that name the period."""
        return tuple(_PLACEHOLDER.findall(self.period))

    def period_of(self, answers: dict[str, str]) -> str:
        """Return the period's text with the answers in their places; "" for one not given."""
        return _PLACEHOLDER.sub(lambda found: answers.get(found[1], ""), self.period)

    def fields(self) -> Iterator[str]:
        """Yield the full path of each field of the mapping."""
        yield self.unit.field
        yield from self.period_fields
        if self.stage is not None:
            yield self.stage.field
        for table in self.tables.values():
            for _, path in table.fields():
                yield path

    def is_ignored(self, path: str) -> bool:
        """Tell whether a field, or a group that it is in, is one that no report needs."""
        return any(path == name or path.startswith(f"{name}/") for name in self.ignore)
