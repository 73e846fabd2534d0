"""What a trace is asked about. A wrong word is answered with the codes and names it is near to."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from itertools import chain

from program.calendar.period import Period, periods_between
from program.errors import UsageError
from program.near_names import nearest
from program.pack.catalogue import Indicator
from program.pack.pack import Pack
from program.units.unit import Unit, UnitKind

_YEAR = re.compile("20[0-9]{2}")


def find_indicator(pack: Pack, code: str) -> Indicator:
    """Return the indicator `code`, which a form feeds.

    Raises:
        UsageError: There is none. The message has the indicators that may be meant.
    """
    found = pack.indicator(code)
    fed = {each.code: each.name for each in pack.indicators if each.form}
    if found is not None and found.form is not None:
        return found
    if found is not None:
        listed = ", ".join(fed)
        raise UsageError(
            f"indicator {code} has no form that feeds it yet; those that have one: {listed}"
        )
    near = nearest(code, fed)
    if near:
        raise UsageError(f"no indicator {code!r}; did you mean {_listed(near, fed)}?")
    raise UsageError(f"no indicator {code!r}; indicators that a form feeds: {', '.join(fed)}")


def find_period(text: str, indicator: Indicator, pack: Pack) -> Period:
    """Return the period with a code, or as an office writes it ("Quý IV/2024").

    Raises:
        UsageError: It is no period. The message has the periods that may be meant.
    """
    period = Period.read(text)
    if period is not None:
        return period
    near = _periods_of_year_in(text, indicator, pack)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    raise UsageError(
        f"--period: {text!r} is no period; write 2024, 2024-H1, 2024-Q4 or 2024-12{hint}"
    )


def _periods_of_year_in(text: str, indicator: Indicator, pack: Pack) -> list[str]:
    """Return the periods of the year that a text names, of the kinds in which a form is sent."""
    year = _YEAR.search(text)
    if year is None:
        return []
    forms = pack.versions_of(indicator.form)
    kinds = dict.fromkeys(kind for form in forms for kind in form.periods)
    first, last = date(int(year[0]), 1, 1), date(int(year[0]), 12, 31)
    periods = [periods_between(kind, first, last) for kind in kinds]
    return [period.code for period in chain.from_iterable(periods)]


def find_unit(text: str, indicator: Indicator, period: Period, pack: Pack) -> Unit:
    """Return the unit with a code or a name.

    A name is that of a unit that sends the indicator's form, or of the province. If no unit has it
    on the period's last day, it is that of a former unit, whose land still has sums.

    Raises:
        UsageError: No unit, or several. The message has the units that may be meant.
    """
    by_code = pack.unit_on(text, period.code)
    if by_code is not None:
        return by_code
    named = _named(text, indicator, period, pack)
    if len(named) == 1:
        return named[0]
    if named:
        names = {unit.code: unit.name for unit in named}
        raise UsageError(f"--unit: {text!r} may be {_listed(names, names)}; give the code")
    kinds = _kinds_with_figures(indicator, period.end, pack)
    possible = (unit for unit in pack.units if unit.kind in kinds)
    names = {unit.code: unit.name for unit in possible if unit.is_valid_on(period.end)}
    near = nearest(text, names)
    hint = f"did you mean {_listed(near, names)}?" if near else "units.csv of the pack has them all"
    raise UsageError(f"no unit {text!r} in {period.code}; {hint}")


def _named(text: str, indicator: Indicator, period: Period, pack: Pack) -> list[Unit]:
    last_days = {unit.valid_to for unit in pack.units if unit.valid_to is not None}
    earlier = sorted((day for day in last_days if day < period.end), reverse=True)
    for day in (period.end, *earlier):
        kinds = _kinds_with_figures(indicator, day, pack)
        found = pack.units.named(text, day, kinds=kinds)
        if found:
            return found
    return []


def _kinds_with_figures(indicator: Indicator, day: date, pack: Pack) -> frozenset[UnitKind]:
    """Return the kinds of units that send an indicator's form, and the province for its sums."""
    return pack.calendar.reporters(indicator.form or "", day) | {UnitKind.PROVINCE}


def _listed(codes: Iterable[str], names: Mapping[str, str]) -> str:
    return " or ".join(f"{code} ({names[code]})" for code in codes)
