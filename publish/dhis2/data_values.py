"""From figures of the warehouse to data values of DHIS2, by the mapping of the pack."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from program.calendar.period import Period
from program.calendar.stage import Stage
from program.pack.pack import Pack
from program.tools.dhis2 import DataElement, Dhis2, period_in_dhis2
from warehouse.queries.indicator_figures import IndicatorFigure

_DECIMALS = 6


class WhyNotSent(StrEnum):
    """Why a figure is not sent."""

    DOUBTFUL = "in doubt"
    SYNTHETIC = "synthetic"
    ESTIMATE = "an estimate"
    NO_ORG_UNIT = "of a unit without an org unit"


@dataclass(frozen=True, slots=True)
class DataValue:
    """One value for DHIS2; `about` says in our words which figure it is."""

    data_element: str
    period: str
    org_unit: str
    value: str
    about: str
    category_option_combo: str | None = None
    attribute_option_combo: str | None = None

    @property
    def key(self) -> str:
        """What identifies the cell of DHIS2 that it is for."""
        combos = (self.category_option_combo or "", self.attribute_option_combo or "")
        return " ".join((self.data_element, self.period, self.org_unit, *combos)).rstrip()

    def as_json(self) -> dict[str, str]:
        """Return it as the Web API takes it."""
        members = {
            "dataElement": self.data_element,
            "period": self.period,
            "orgUnit": self.org_unit,
            "value": self.value,
        }
        if self.category_option_combo:
            members["categoryOptionCombo"] = self.category_option_combo
        if self.attribute_option_combo:
            members["attributeOptionCombo"] = self.attribute_option_combo
        return members


@dataclass(slots=True)
class Selection:
    """The values to send, and how many figures are left out for which reason."""

    values: list[DataValue] = field(default_factory=list)
    left_out: Counter[WhyNotSent] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which figures are sent.

    `period` None: every period. Doubtful and synthetic figures only where somebody asks for them.
    """

    period: Period | None = None
    with_doubtful: bool = False
    with_synthetic: bool = False


def select_values(
    figures: Iterable[IndicatorFigure], mapping: Dhis2, pack: Pack, choice: Choice
) -> Selection:
    """Return the values for DHIS2 in the order of the figures. The same figures give the same."""
    selection = Selection()
    for figure in figures:
        period = Period.parse(figure.period)
        if choice.period not in (None, period):
            continue
        elements = list(_elements_of(figure, period, mapping))
        if not elements:
            continue
        reason = _why_left_out(figure, mapping, choice)
        if reason is not None:
            selection.left_out[reason] += 1
            continue
        org_unit = mapping.org_units[figure.unit]
        for element in elements:
            number = _number(figure, element, pack)
            # A share of nothing has no value.
            if number is not None:
                value = _data_value(figure, element, period, org_unit, number)
                selection.values.append(value)
    return selection


def _elements_of(figure: IndicatorFigure, period: Period, mapping: Dhis2) -> Iterator[DataElement]:
    for element in mapping.data_elements:
        if element.indicator == figure.indicator and element.period is period.kind:
            yield element


def _why_left_out(figure: IndicatorFigure, mapping: Dhis2, choice: Choice) -> WhyNotSent | None:
    if figure.unit not in mapping.org_units:
        return WhyNotSent.NO_ORG_UNIT
    if figure.is_synthetic and not choice.with_synthetic:
        return WhyNotSent.SYNTHETIC
    if figure.stage is Stage.ESTIMATE:
        return WhyNotSent.ESTIMATE
    if figure.is_doubtful and not choice.with_doubtful:
        return WhyNotSent.DOUBTFUL
    return None


def _number(figure: IndicatorFigure, element: DataElement, pack: Pack) -> float | None:
    match element.value:
        case "numerator":
            return figure.numerator
        case "denominator":
            return figure.denominator
        case "actual":
            indicator = pack.indicator(figure.indicator)
            if figure.actual is None or indicator is None:
                return None
            return indicator.printed(figure.actual)


def _data_value(
    figure: IndicatorFigure, element: DataElement, period: Period, org_unit: str, number: float
) -> DataValue:
    return DataValue(
        data_element=element.id,
        period=period_in_dhis2(period),
        org_unit=org_unit,
        value=_written(number * element.factor),
        about=f"{figure.indicator} of unit {figure.unit}, {figure.period}",
        category_option_combo=element.category_option_combo,
        attribute_option_combo=element.attribute_option_combo,
    )


def _written(number: float) -> str:
    """Return a number with a point, without an exponent and without zeros at its end."""
    text = f"{number:.{_DECIMALS}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
