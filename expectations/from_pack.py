"""What a rule may take from the pack by name, filled in when a suite is built: its catalogues, and its published capital.

In a rule's `kwargs`, `catalogue: projects` gives an expectation that catalogue's codes as `value_set`, and
`max_value: {pack: capital}` the largest sum that the province was ever said to get.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from program.pack import Pack

CAPITAL = "capital"
_FIGURE = "pack"


@dataclass(frozen=True, slots=True)
class Known:
    """A pack's catalogues by name, and its figures by name: None where the pack does not know one."""

    catalogues: Mapping[str, tuple[str, ...]]
    figures: Mapping[str, float | None]

    def filled(self, kwargs: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return `kwargs` with what they name of the pack; None where a figure is unknown, so that there is no rule."""
        filled = {key: self.figures.get(value[_FIGURE]) if _is_figure(value) else value for key, value in kwargs.items()}
        if any(value is None for key, value in filled.items() if _is_figure(kwargs[key])):
            return None
        if "catalogue" in kwargs:
            filled["value_set"] = list(self.catalogues[kwargs["catalogue"]])
        return filled

    def mistake(self, kwargs: Mapping[str, Any]) -> str | None:
        """Return what is wrong with the names that `kwargs` use; None where the pack has them all."""
        asked = [(kwargs["catalogue"], self.catalogues)] if "catalogue" in kwargs else []
        named = [*asked, *((value[_FIGURE], self.figures) for value in kwargs.values() if _is_figure(value))]
        return next((f"expected one of {', '.join(sorted(has))}, found {name}" for name, has in named if name not in has), None)


def _is_figure(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {_FIGURE}


def known_of(pack: Pack) -> Known:
    """Return what rules may name: projects, indicators, units, streams of capital, `<form>.<column>` for a vocabulary."""
    vocabularies = {
        f"{form.code}.{column.name}": tuple(column.vocabulary)
        for form in pack.forms
        for table in form.tables
        for column in table.columns
        if column.vocabulary
    }
    catalogues = {
        "projects": tuple(project.code for project in pack.projects),
        "indicators": tuple(indicator.code for indicator in pack.indicators),
        "units": tuple(dict.fromkeys(unit.code for unit in pack.units)),
        "streams": tuple(stream.code for stream in pack.capital),
    }
    return Known({**catalogues, **vocabularies}, {CAPITAL: _capital_of(pack)})


def _capital_of(pack: Pack) -> float | None:
    """Return the province's capital of all streams over several years, in đồng: the largest figure of those published."""
    amounts = [amount for stream in pack.capital if stream.parent is None for amount in stream.amounts]
    return max((a.vnd for a in amounts if a.scope == "province" and a.last_year > a.first_year), default=None)
