"""What the program is judged by: projects, capital sources, indicators and targets, each with its cited source.

`tag` says how sure a fact is, in the words of the pack's fact sheet (docs/sources.md). What is not known is written
`unknown`, never left out: a key that is missing is an error, so that nobody can forget to say it.
"""

from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from program.configuration import Model
from program.measure import MONEY_MEASURES, to_printed
from program.period import Period, PeriodKind
from program.qualifier import Qualifier


class Tag(StrEnum):
    """How sure a fact is."""

    CONFIRMED = "C"
    """The statement was seen in the source named."""
    PARTLY = "C-"
    """Seen in part, translated, or of a like case; the source says how."""
    DERIVED = "D"
    """Derived by arithmetic or by joining confirmed facts."""
    BACKGROUND = "B"
    """Not seen in any source: to be verified before official use."""
    UNKNOWN = "U"
    """Looked for and not found."""

    @property
    def is_verified(self) -> bool:
        """Tell whether a page may show the fact without a word of warning."""
        return self in (Tag.CONFIRMED, Tag.DERIVED)


def _unknown_is_nothing(value: Any) -> Any:
    """Return None for the word `unknown`: the one way to say in YAML that a fact is not known."""
    return None if value == "unknown" else value


def _unknown_is_empty(value: Any) -> Any:
    return () if value == "unknown" else value


class Project(Model):
    """A project or, with a `parent`, a sub-project of the program."""

    code: str
    name: str
    name_en: str
    parent: str | None = None
    tag: Tag
    source: str = Field(min_length=1)


class Amount(Model):
    """Money planned over a span of years, in whole đồng. A published figure may be one of several: each is its own entry.

    `qualifier` is the word that stood before the figure ("gần 769 tỷ"): with one, `vnd` is a bound or an estimate.
    """

    scope: Literal["national", "province"]
    first_year: int
    last_year: int
    vnd: float = Field(ge=0)
    qualifier: Qualifier | None = None
    tag: Tag
    source: str = Field(min_length=1)

    @model_validator(mode="after")
    def _years_run_forward(self) -> Self:
        if self.last_year < self.first_year:
            raise ValueError(f"last_year {self.last_year} is before first_year {self.first_year}")
        return self


class CapitalSource(Model):
    """A stream of capital (nguồn vốn); with a `parent`, a part of one. `amounts` empty: unknown."""

    code: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name: str
    name_en: str
    parent: str | None = None
    tag: Tag
    source: str = Field(min_length=1)
    amounts: Annotated[tuple[Amount, ...], BeforeValidator(_unknown_is_empty)]


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
    RATIO = "ratio"
    """numerator ÷ denominator: "twice the income of 2020"."""
    YES_NO = "yes_no"
    """1 where the numerator's word is `yes`, 0 where it is `no`."""

    @property
    def has_denominator(self) -> bool:
        """Tell whether the figure is a quotient."""
        return self in (IndicatorKind.SHARE, IndicatorKind.RATIO)


class Target(Model):
    """A value to reach. `period` None: whatever the period."""

    scope: Literal["national", "province"]
    period: str | None
    value: float
    comparison: Literal["at_least", "more_than", "at_most", "less_than"]
    tag: Tag
    source: str = Field(min_length=1)

    @field_validator("period")
    @classmethod
    def _is_a_period(cls, code: str | None) -> str | None:
        return code if code is None else Period.parse(code).code


class Baseline(Model):
    """Where the indicator stood when the program began, or in the first period after it that a source gives."""

    scope: Literal["national", "province"]
    period: str
    value: float
    tag: Tag
    source: str = Field(min_length=1)

    @field_validator("period")
    @classmethod
    def _is_a_period(cls, code: str) -> str:
        return Period.parse(code).code


class Indicator(Model):
    """One figure the program is judged by. `form` None: no form feeds it yet, and `note` says why.

    `numerator` and `denominator` name data elements of `form`; `unit` is what the figure is printed in; `frequency` is
    how often it is asked for. `targets` empty and `baseline` or `frequency` None: unknown.
    """

    code: str
    name: str
    unit: str
    direction: Direction
    kind: IndicatorKind
    frequency: Annotated[PeriodKind | None, BeforeValidator(_unknown_is_nothing)]
    project: str | None
    tag: Tag
    source: str = Field(min_length=1)
    form: str | None = None
    numerator: str | None = None
    denominator: str | None = None
    baseline: Annotated[Baseline | None, BeforeValidator(_unknown_is_nothing)]
    targets: Annotated[tuple[Target, ...], BeforeValidator(_unknown_is_empty)]
    note: str = ""

    @model_validator(mode="after")
    def _formula_fits_the_kind(self) -> Self:
        if (self.form is None) != (self.numerator is None):
            raise ValueError(f"{self.code}: form and numerator go together")
        if self.kind is IndicatorKind.MONEY and self.unit not in MONEY_MEASURES:
            raise ValueError(f"{self.code}: money is printed in one of {', '.join(MONEY_MEASURES)}; found {self.unit!r}")
        if self.form and self.kind.has_denominator != (self.denominator is not None):
            raise ValueError(f"{self.code}: a share or ratio, and nothing else, has a denominator")
        return self

    def printed(self, value: float) -> float:
        """Return a figure as it is printed: money, which is kept in đồng, in the indicator's unit."""
        return to_printed(value, self.unit) if self.kind is IndicatorKind.MONEY else value
