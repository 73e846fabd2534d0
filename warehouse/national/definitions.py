"""What a pack says an indicator or a planned figure is: only like definitions are added."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from program.forms.elements import FormElement, form_elements
from program.forms.form import Form
from program.forms.plan_pairs import PlanPair, plan_pairs
from program.pack.catalogue import Indicator
from program.pack.pack import Pack
from program.pack.yaml_file import Model

_LABELS = {
    "kind": "kind",
    "unit": "unit",
    "direction": "direction",
    "frequency": "frequency",
    "formula": "formula",
    "over_time": "over time",
    "form_versions": "versions of the form",
    "elements": "elements",
}
"""The parts of a definition, and what a message calls them."""


class IndicatorDefinition(Model):
    """What an indicator's figure is made of.

    `form_versions` says from when to when each version of its form holds, `elements` what each
    element of the formula is in a version: its measure, what it means over time, and its parts.
    """

    kind: str
    unit: str
    direction: str
    frequency: str
    formula: str
    over_time: str
    form_versions: Mapping[str, str]
    elements: Mapping[str, str]


class Difference(NamedTuple):
    """A part of a definition in which a province differs from the country; "" for nothing."""

    part: str
    national: str
    province: str


@dataclass(frozen=True, slots=True)
class _Version:
    """A version of a form with its elements: finding them takes time, and each is asked often."""

    form: Form
    elements: Mapping[str, FormElement]


def _versions_of(pack: Pack) -> Mapping[str, Sequence[_Version]]:
    """Return the versions of each form by its code, the oldest first."""
    versions = defaultdict(list)
    for form in sorted(pack.forms, key=lambda form: form.valid_from):
        versions[form.code].append(_Version(form, form_elements(form)))
    return versions


def definitions_of(pack: Pack) -> dict[str, IndicatorDefinition]:
    """Return the definition of each indicator that a form feeds, by the indicator's code."""
    versions = _versions_of(pack)
    definitions = {}
    for indicator in pack.indicators:
        if indicator.form is not None:
            of_form = versions[indicator.form]
            definitions[indicator.code] = _definition(indicator, of_form, pack)
    return definitions


def plan_definitions_of(pack: Pack) -> dict[str, str]:
    """Return what each planned figure and its result are, by `form/table/item/figure`.

    Figures that count how often a list names a unit are left out: they are no sum of the country.
    """
    versions = _versions_of(pack)
    definitions = {}
    for pair in plan_pairs(pack.forms):
        if not pair.is_units:
            key = "/".join((pair.result_form, pair.table, pair.item, pair.figure))
            definitions[key] = _described_pair(pair, versions)
    return definitions


def _described_pair(pair: PlanPair, versions: Mapping[str, Sequence[_Version]]) -> str:
    plan = _in_versions(pair.plan_element, versions[pair.plan_form])
    result = _in_versions(pair.result_element, versions[pair.result_form])
    about = f"{pair.measure}, {pair.over_time.value}"
    return f"{about}; plan: {pair.plan_form} {plan}; result: {pair.result_form} {result}"


def _in_versions(element: str, versions: Sequence[_Version]) -> str:
    """Return what an element is in each version of its form."""
    described = [f"{each.form.version} {_described(each, element)}" for each in versions]
    return f"{element} ({'; '.join(described)})"


def differences(
    national: IndicatorDefinition, province: IndicatorDefinition
) -> Iterator[Difference]:
    """Yield each part of a province's definition that is not as in the country's."""
    for name, label in _LABELS.items():
        ours, theirs = getattr(national, name), getattr(province, name)
        if isinstance(ours, Mapping):
            yield from _differing_entries(label, ours, theirs)
        elif ours != theirs:
            yield Difference(label, ours, theirs)


def _differing_entries(
    label: str, national: Mapping[str, str], province: Mapping[str, str]
) -> Iterator[Difference]:
    for key in sorted({*national, *province}):
        ours, theirs = national.get(key, ""), province.get(key, "")
        if ours != theirs:
            yield Difference(f"{label}: {key}", ours, theirs)


def _definition(
    indicator: Indicator, versions: Sequence[_Version], pack: Pack
) -> IndicatorDefinition:
    used = (indicator.numerator, indicator.denominator, indicator.weight)
    elements = [element for element in used if element is not None]
    over_time = [pack.over_time_of(indicator.form, element).value for element in elements]
    described = {}
    for each in versions:
        for element in elements:
            described[f"{each.form.version} {element}"] = _described(each, element)
    return IndicatorDefinition(
        kind=indicator.kind.value,
        unit=indicator.unit,
        direction=indicator.direction.value,
        frequency=indicator.frequency.value if indicator.frequency else "",
        formula=_formula(indicator),
        over_time=", ".join(over_time),
        form_versions={each.form.version: _validity(each.form) for each in versions},
        elements=described,
    )


def _formula(indicator: Indicator) -> str:
    formula = f"{indicator.form}: {indicator.numerator}"
    if indicator.denominator is not None:
        formula += f" / {indicator.denominator}"
    if indicator.weight is not None:
        formula += f", by {indicator.weight}"
    return formula


def _validity(form: Form) -> str:
    last = form.valid_to.isoformat() if form.valid_to else ""
    return f"{form.valid_from.isoformat()}/{last}"


def _described(version: _Version, element: str) -> str:
    """Return what an element is in a version of a form; "" where the version does not have it."""
    form = version.form
    summary = next((t.summaries[element] for t in form.tables if element in t.summaries), None)
    figure = version.elements.get(element)
    if figure is None:
        # A word, yes or no, is no figure; it has no measure and no parts.
        return "word" if element in form.figures else ""
    words = [figure.measure, form.over_time_of(element).value]
    if figure.parts:
        words.append(f"= {' + '.join(figure.parts)}")
    if summary is not None:
        how = "count" if summary.count else "sum"
        chosen = [f"{name}={'|'.join(values)}" for name, values in sorted(summary.chosen.items())]
        words.append(" ".join([how, summary.column, *chosen]))
    return ", ".join(words)
