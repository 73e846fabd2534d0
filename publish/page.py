"""What the page shows, put in order: pure functions from the warehouse's answers to what the template prints."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from program.answers import NightRow, ProgressRow, ReportingRow
from program.catalogue import Indicator, Target
from program.pack import Pack
from program.period import Period, PeriodKind
from program.units import Unit

T = TypeVar("T")

_COLUMNS = 8
"""Periods shown side by side, the latest ones; a phone scrolls the table, not the page."""

_KIND_WORDS = {
    PeriodKind.YEAR: "theo năm",
    PeriodKind.HALF: "theo 6 tháng",
    PeriodKind.QUARTER: "theo quý",
    PeriodKind.MONTH: "theo tháng",
}


@dataclass(frozen=True, slots=True)
class ReportingTable:
    """Who has reported one form: a line per unit, a column per period, None where nothing is owed."""

    title: str
    periods: tuple[str, ...]
    lines: tuple[tuple[Unit, tuple[ReportingRow | None, ...]], ...]


@dataclass(frozen=True, slots=True)
class IndicatorTable:
    """An indicator's figures: a line per unit, a column per period; `target` None where unknown."""

    indicator: Indicator
    target: Target | None
    periods: tuple[str, ...]
    lines: tuple[tuple[Unit, tuple[ProgressRow | None, ...]], ...]


def reporting_tables(rows: Sequence[ReportingRow], pack: Pack) -> list[ReportingTable]:
    """Return a table per form and kind of period: the province's years apart from the districts' quarters."""
    tables = []
    for form_code, kind in sorted({(r.form_code, Period.parse(r.period).kind) for r in rows}):
        chosen = {(r.unit_code, r.period): r for r in rows if r.form_code == form_code and Period.parse(r.period).kind is kind}
        form = next((f for f in pack.forms if f.code == form_code), None)
        periods, lines = _grid(chosen, pack)
        tables.append(ReportingTable(f"{form.title if form else form_code} – {_KIND_WORDS[kind]}", periods, lines))
    return tables


def indicator_tables(rows: Sequence[ProgressRow], pack: Pack) -> list[IndicatorTable]:
    """Return a table per indicator in the pack's order, those without a figure last and empty."""
    tables = []
    for indicator in pack.indicators:
        chosen = {(r.unit_code, r.period): r for r in rows if r.indicator_code == indicator.code}
        periods, lines = _grid(chosen, pack)
        target = next(iter(sorted(indicator.targets, key=lambda t: t.scope != "province")), None)
        tables.append(IndicatorTable(indicator, target, periods, lines))
    return sorted(tables, key=lambda t: not t.lines)


def counts(rows: Iterable[ReportingRow]) -> dict[str, int]:
    """Return how many reports are owed, and of these accepted, to be fixed, and missing."""
    owed = [r for r in rows if r.due_date is not None]
    by_state = Counter("missing" if r.verdict is None else "accepted" if r.verdict.loads else "to_fix" for r in owed)
    return {"owed": len(owed), **{name: by_state[name] for name in ("accepted", "to_fix", "missing")}}


def verdict_counts(rows: Iterable[NightRow]) -> dict[str, int]:
    """Return how many submissions of a night got each verdict."""
    return dict(Counter(row.verdict.value for row in rows))


def _grid(
    chosen: Mapping[tuple[str, str], T], pack: Pack
) -> tuple[tuple[str, ...], tuple[tuple[Unit, tuple[T | None, ...]], ...]]:
    """Return the latest periods of rows keyed by (unit, period), and a line per unit with its row of each period."""
    periods = _latest(period for _, period in chosen)
    units = _units((unit for unit, _ in chosen), pack)
    return periods, tuple((unit, tuple(chosen.get((unit.code, period)) for period in periods)) for unit in units)


def _latest(periods: Iterable[str]) -> tuple[str, ...]:
    # Of two periods that end on one day the longer comes after: the year after its last quarter.
    ordered = sorted({Period.parse(p) for p in periods}, key=lambda p: (p.end, -p.start.toordinal()))
    return tuple(p.code for p in ordered[-_COLUMNS:])


def _units(codes: Iterable[str], pack: Pack) -> list[Unit]:
    found = [pack.units.latest(code) for code in sorted(set(codes))]
    return [unit for unit in found if unit is not None]
