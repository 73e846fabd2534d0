"""What a rule may take from the pack by name: its catalogues, and its published capital.

In a rule's `kwargs`, `catalogue: projects` gives an expectation that catalogue's codes as
`value_set`, and `max_value: {pack: capital}` the largest sum that was published for the province.
Both are filled in when a suite is built.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from program.pack.pack import Pack

CAPITAL = "capital"
_FIGURE = "pack"


@dataclass(frozen=True, slots=True)
class Known:
    """A pack's catalogues by name, and its figures by name.

    A figure is None if the pack does not know it.
    """

    catalogues: Mapping[str, tuple[str, ...]]
    figures: Mapping[str, float | None]

    def filled(self, kwargs: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return `kwargs` with what they name of the pack.

        None if a figure is unknown: the rule cannot be run.
        """
        filled = dict(kwargs)
        for key, value in kwargs.items():
            if not _is_figure(value):
                continue
            figure = self.figures.get(value[_FIGURE])
            if figure is None:
                return None
            filled[key] = figure
        if "catalogue" in kwargs:
            codes = self.catalogues[kwargs["catalogue"]]
            filled["value_set"] = list(codes)
        return filled

    def mistake(self, kwargs: Mapping[str, Any]) -> str | None:
        """Return what is wrong with the names in `kwargs`; None if the pack has them all."""
        for name, known in self._names_in(kwargs):
            if name not in known:
                listed = ", ".join(sorted(known))
                return f"expected one of {listed}, found {name}"
        return None

    def _names_in(self, kwargs: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, object]]]:
        """Yield each name of the pack in `kwargs`, with what it is looked up in."""
        if "catalogue" in kwargs:
            yield kwargs["catalogue"], self.catalogues
        for value in kwargs.values():
            if _is_figure(value):
                yield value[_FIGURE], self.figures


def _is_figure(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {_FIGURE}


def known_of(pack: Pack) -> Known:
    """Return what rules may name of `pack`.

    Its projects, indicators, units, streams of capital, and `<form>.<column>` for a vocabulary.
    """
    # A code of a unit may stand for several units, one after the other.
    unit_codes = dict.fromkeys(unit.code for unit in pack.units)
    catalogues = {
        "projects": tuple(project.code for project in pack.projects),
        "indicators": tuple(indicator.code for indicator in pack.indicators),
        "units": tuple(unit_codes),
        "streams": tuple(stream.code for stream in pack.capital),
    }
    for form in pack.forms:
        for table in form.tables:
            for column in table.columns:
                if column.vocabulary:
                    # Of several versions of a form, the last one's vocabulary counts.
                    name = f"{form.code}.{column.name}"
                    catalogues[name] = tuple(column.vocabulary)
    figures = {CAPITAL: _capital_of(pack)}
    return Known(catalogues, figures)


def _capital_of(pack: Pack) -> float | None:
    """Return the province's capital of all streams over several years, in đồng.

    The largest figure of those published; None if none is.
    """
    largest: float | None = None
    for stream in pack.capital:
        # A stream with a parent is part of another.
        if stream.parent is not None:
            continue
        for amount in stream.amounts:
            is_over_years = amount.last_year > amount.first_year
            if amount.scope != "province" or not is_over_years:
                continue
            if largest is None or amount.vnd > largest:
                largest = amount.vnd
    return largest
