"""The program's projects, capital sources, indicators and targets.

Each has its cited source. `tag` says how sure a fact is (docs/sources.md). An unknown fact is
written `unknown`; a missing key is an error. So nobody can forget to say that a fact is unknown.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from program.calendar.period import PeriodCode, PeriodKind
from program.forms.measure import MONEY_MEASURES, to_printed
from program.forms.qualifier import Qualifier
from program.pack.yaml_file import Model
from program.units.unit import UnitKind

NATIONAL = "national"
"""The scope of what the country set or published, beside that of a province."""
Comparison = Literal["at_least", "more_than", "at_most", "less_than"]
_PROJECT_CODE = re.compile(r"DA(\d+)(?:-TDA(\d+))?")
_SOURCE_NUMBERS = re.compile(r" \(S\d+(?:, S\d+)*\)")

COMPARISON_WORDS: Mapping[str, str] = {
    "at_least": "ít nhất",
    "more_than": "trên",
    "at_most": "không quá",
    "less_than": "dưới",
}
"""The word before a target's value in a Vietnamese text."""


class Tag(StrEnum):
    """How sure a fact is."""

    CONFIRMED = "C"
    """Somebody saw the statement in the source that is named."""
    PARTLY = "C-"
    """Seen in part, in translation or of a similar case; the source says which."""
    DERIVED = "D"
    """Computed or concluded from confirmed facts."""
    BACKGROUND = "B"
    """Seen in no source. Verify it before official use."""
    UNKNOWN = "U"
    """Somebody looked for it and did not find it."""

    @property
    def is_verified(self) -> bool:
        """Tell whether a page may show the fact without a warning."""
        return self in (Tag.CONFIRMED, Tag.DERIVED)


def _unknown_is_nothing(value: Any) -> Any:
    """Return None for the word `unknown`, the one way to write an unknown fact in YAML."""
    return None if value == "unknown" else value


def _unknown_is_empty(value: Any) -> Any:
    """Return an empty tuple for the word `unknown`."""
    return () if value == "unknown" else value


class Project(Model):
    """A project or, with a `parent`, a sub-project of the program."""

    code: str
    name: str
    parent: str | None = None
    tag: Tag
    source: str = Field(min_length=1)

    @property
    def number(self) -> str:
        """The code in words: "Dự án 4", "Tiểu dự án 2, Dự án 4". Another code is as it is."""
        found = _PROJECT_CODE.fullmatch(self.code)
        if found is None:
            return self.code
        project, part = found.groups()
        return f"Tiểu dự án {part}, Dự án {project}" if part else f"Dự án {project}"

    @property
    def title(self) -> str:
        """The number in words and the name."""
        return f"{self.number}. {self.name}"


class Amount(Model):
    """Money planned for the years from `first_year` to `last_year`, in whole đồng.

    Sources may publish different figures for the same money: each of them is an entry of its own.
    `qualifier` is the word before the figure ("gần 769 tỷ"). With one, `vnd` is a bound or an
    estimate.
    """

    scope: Literal["national", "province"]
    first_year: int
    last_year: int
    vnd: float = Field(ge=0)
    qualifier: Qualifier | None = None
    tag: Tag
    source: str = Field(min_length=1)

    @model_validator(mode="after")
    def _check_years(self) -> Self:
        if self.last_year < self.first_year:
            raise ValueError(f"last_year {self.last_year} is before first_year {self.first_year}")
        return self


class CapitalSource(Model):
    """A source of capital (nguồn vốn) or, with a `parent`, a part of one.

    `amounts` is empty if they are unknown.
    """

    code: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name: str
    parent: str | None = None
    tag: Tag
    source: str = Field(min_length=1)
    amounts: Annotated[tuple[Amount, ...], BeforeValidator(_unknown_is_empty)]

    def of_nation(self) -> "CapitalSource":
        """Return the source with the national amounts only."""
        national = tuple(each for each in self.amounts if each.scope == NATIONAL)
        return self.model_copy(update={"amounts": national})


class Direction(StrEnum):
    """The direction in which an indicator should move."""

    UP = "up"
    """More is better."""
    DOWN = "down"


class IndicatorKind(StrEnum):
    """How an indicator's figure is computed."""

    COUNT = "count"
    MONEY = "money"
    SHARE = "share"
    """100 × numerator ÷ denominator, in per cent. Shares are never averaged."""
    RATIO = "ratio"
    """numerator ÷ denominator: "twice the income of 2020"."""
    YES_NO = "yes_no"
    """1 where the word of the numerator is `yes`, 0 where it is `no`."""

    @property
    def has_denominator(self) -> bool:
        """Tell whether the figure is a quotient."""
        return self in (IndicatorKind.SHARE, IndicatorKind.RATIO)


class Target(Model):
    """A value to reach. `period` None: it holds for every period.

    `scope` says who set it, `level` for which units. Without a level, a share or ratio applies to
    every unit. An amount (count, money) applies to the whole that its scope names: the province's
    is no district's, and the nation's is no province's. Amounts of single units are in
    `targets.csv` (`UnitTarget`).
    """

    scope: Literal["national", "province"]
    level: UnitKind | None = None
    period: PeriodCode | None
    value: float
    comparison: Comparison
    tag: Tag
    source: str = Field(min_length=1)

    @property
    def printed_source(self) -> str:
        """The source as a page names it: without its numbers in docs/sources.md, "(S1, S9)"."""
        return _SOURCE_NUMBERS.sub("", self.source)


class UnitTarget(Model):
    """A value that one unit is to reach in a period: a line of `targets.csv`, with its columns.

    `value` is in the unit in which the warehouse keeps the figure: money in đồng.
    """

    indicator: str
    unit: str
    period: PeriodCode
    value: float
    comparison: Comparison
    tag: Tag
    source: str


class Baseline(Model):
    """The indicator's value when the program began.

    Where no source gives it, this is the value of the first later period that a source gives.
    """

    scope: Literal["national", "province"]
    period: PeriodCode
    value: float
    tag: Tag
    source: str = Field(min_length=1)


class Indicator(Model):
    """One figure by which the program is measured.

    `form` None: no form feeds it yet, and `note` says why. `numerator` and `denominator` name data
    elements of `form`. `unit` is the unit in which the figure is printed. `frequency` says how
    often it must be reported. `weight` names the element by which figures of units are weighted
    where they are put together: income per head by the people. Without one, a ratio of several
    units is unknown. `targets` is empty, `baseline` and `frequency` are None if
    unknown.
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
    weight: str | None = None
    baseline: Annotated[Baseline | None, BeforeValidator(_unknown_is_nothing)]
    targets: Annotated[tuple[Target, ...], BeforeValidator(_unknown_is_empty)]
    note: str = ""

    @model_validator(mode="after")
    def _check_formula(self) -> Self:
        if (self.form is None) != (self.numerator is None):
            raise ValueError(f"{self.code}: form and numerator go together")
        needs_denominator = self.kind.has_denominator
        has_denominator = self.denominator is not None
        # An indicator that waits for its form has no formula yet.
        if self.form and needs_denominator != has_denominator:
            raise ValueError(f"{self.code}: a share or ratio, and nothing else, has a denominator")
        if self.weight is not None and self.kind is not IndicatorKind.RATIO:
            raise ValueError(f"{self.code}: a ratio, and nothing else, has a weight")
        return self

    @model_validator(mode="after")
    def _check_unit(self) -> Self:
        if self.kind is IndicatorKind.MONEY and self.unit not in MONEY_MEASURES:
            known = ", ".join(MONEY_MEASURES)
            raise ValueError(
                f"{self.code}: money is printed in one of {known}; found {self.unit!r}"
            )
        return self

    def of_nation(self) -> "Indicator | None":
        """Return the indicator with what the country set; None for one of the province alone.

        That is one that no form feeds and for which only the province has a target.
        """
        national = tuple(each for each in self.targets if each.scope == NATIONAL)
        if self.form is None and self.targets and not national:
            return None
        is_own = self.baseline is not None and self.baseline.scope != NATIONAL
        baseline = None if is_own else self.baseline
        return self.model_copy(update={"targets": national, "baseline": baseline})

    @property
    def is_addable(self) -> bool:
        """Tell whether units can be put together: amounts and shares, and weighted ratios."""
        if self.kind is IndicatorKind.RATIO:
            return self.weight is not None
        return self.kind is not IndicatorKind.YES_NO

    @property
    def is_amount(self) -> bool:
        """Tell whether its figure grows with the size of a unit."""
        return self.kind in (IndicatorKind.COUNT, IndicatorKind.MONEY)

    @property
    def decimals(self) -> int:
        """How many digits after the comma a page prints at most.

        Of a ratio two: 1,96 times the income of 2020 printed as "2" would be the target.
        """
        return 2 if self.kind is IndicatorKind.RATIO else 1

    def printed(self, value: float) -> float:
        """Return a figure in the indicator's `unit`. Money is kept in đồng, all else as printed."""
        if self.kind is IndicatorKind.MONEY:
            return to_printed(value, self.unit)
        return value
