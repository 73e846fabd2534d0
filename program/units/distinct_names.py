"""Names that tell units apart where the table has a name or a code twice.

On 1 July 2025 the code 24 passed from Bắc Giang to Bắc Ninh, whose own code 27 ended. A page that
shows both codes for years before and after must say which land it means.
"""

from collections import defaultdict
from dataclasses import replace

from program.units.register import UnitRegister
from program.units.unit import Unit
from program.vietnamese import format_date


def with_distinct_names(units: UnitRegister) -> UnitRegister:
    """Return the units with names for pages, in the same order.

    A name that two codes have gets the unit's first or last day. A code that meant a unit of
    another name before gets that name. All other names stay.
    """
    codes_by_name: dict[str, set[str]] = defaultdict(set)
    for unit in units:
        codes_by_name[unit.name].add(unit.code)
    shown = []
    for unit in units:
        is_shared = len(codes_by_name[unit.name]) > 1
        details = [_span(unit)] if is_shared else []
        details += [f"trước là {name}" for name in _earlier_names(unit, units)]
        suffix = f" ({'; '.join(details)})" if details else ""
        shown.append(replace(unit, name=unit.name + suffix))
    return UnitRegister(shown)


def _span(unit: Unit) -> str:
    if unit.valid_to is not None:
        return f"đến {format_date(unit.valid_to)}"
    return f"từ {format_date(unit.valid_from)}" if unit.valid_from else "hiện nay"


def _earlier_names(unit: Unit, units: UnitRegister) -> list[str]:
    """Return the other names that the unit's code had before it, each once."""
    first_day = unit.valid_from
    if first_day is None:
        return []
    names = []
    for other in units:
        is_earlier = other.valid_to is not None and other.valid_to < first_day
        if other.code == unit.code and is_earlier and other.name != unit.name:
            names.append(other.name)
    return list(dict.fromkeys(names))
