"""What the program is judged by: projects, indicators and targets, each with its cited source.

`source` and `tag` follow the pack's fact sheet: C confirmed, C- partly, D derived, B background, U unknown.
"""

from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from program.configuration import Model
from program.period import Period


class Project(Model):
    """A project or, with a `parent`, a sub-project of the program."""

    code: str
    name: str
    name_en: str
    parent: str | None = None
    tag: Literal["C", "C-", "D", "B", "U"]
    source: str


class Direction(StrEnum):
    """Which way an indicator should go."""

    UP = "up"
    """More is better."""
    DOWN = "down"


class IndicatorKind(StrEnum):
    """How an indicator's figure comes about."""

    COUNT = "count"
    MONEY = "money"
    SHARE = "share"
    """100 × numerator ÷ denominator, in per cent; shares are never averaged."""


class Target(Model):
    """A value to reach. `period` None: whatever the period. `synthetic`: invented for a sample."""

    scope: Literal["national", "province"]
    period: str | None
    value: float
    comparison: Literal["at_least", "more_than", "at_most", "less_than"]
    tag: Literal["C", "C-", "D", "B"]
    source: str = Field(min_length=1)

    @field_validator("period")
    @classmethod
    def _is_a_period(cls, code: str | None) -> str | None:
        return code if code is None else Period.parse(code).code


class Indicator(Model):
    """One figure the program is judged by. `form` None: no form feeds it yet.

    `numerator` and `denominator` name data elements of `form`; `unit` is what the figure is printed in.
    """

    code: str
    name: str
    unit: str
    direction: Direction
    kind: IndicatorKind
    project: str | None
    source: str
    form: str | None = None
    numerator: str | None = None
    denominator: str | None = None
    targets: tuple[Target, ...] = ()

    @model_validator(mode="after")
    def _formula_fits_the_kind(self) -> Self:
        if (self.form is None) != (self.numerator is None):
            raise ValueError(f"{self.code}: form and numerator go together")
        if self.form and (self.kind is IndicatorKind.SHARE) != (self.denominator is not None):
            raise ValueError(f"{self.code}: a share, and only a share, has a denominator")
        return self
