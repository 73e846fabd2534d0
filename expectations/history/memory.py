"""All that one form's reports may be compared with: what the warehouse believes, and what came earlier in the same batch.

A report sees what had been taken in before it came, and nothing else: so the findings of a night do not depend on how many
deliveries make a batch. Reports that the other rules keep out are no past of anybody.
"""

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pandas as pd

from expectations.history.values import (
    figures_of_facts,
    figures_of_frames,
    figures_of_lines,
    lines_of_facts,
    lines_of_frame,
)
from program.form import Form
from program.history import Past
from program.pack import Pack
from program.period import Period
from program.reading import Reading
from program.stage import Stage
from program.table import Table
from program.units import UnitKind

_NEVER = 1 << 60


@dataclass(frozen=True, slots=True)
class Report:
    """A report of the form. `number` is its delivery's, None for one from the warehouse.

    Where it `loads`, it is past for those that came after `position` and not after `until`, when a new version replaced it.
    """

    number: int | None
    unit: str
    kind: UnitKind | None
    period: Period
    stage: Stage
    received_at: datetime
    position: int
    until: int
    loads: bool

    @property
    def key(self) -> tuple[str, Period, Stage]:
        """What its versions have in common."""
        return self.unit, self.period, self.stage


@dataclass(frozen=True, slots=True)
class Frames:
    """The frames of one form version's batch, and the numbers of its submissions that no rule keeps out."""

    form: Form
    frames: Mapping[str, pd.DataFrame]
    loads: Collection[int]


@dataclass(frozen=True, slots=True)
class Memory:
    """Reports of one form, and their values: `report` is the report's place in `reports`.

    `values` has a row a figure, `key` and `row` of a list's line ("" and 0 elsewhere). `lines` has, for each list with a
    key, its lines with the columns of the table's frame and `report` and `key`, folded. `marks` gives each key as it is written.
    """

    reports: tuple[Report, ...]
    values: pd.DataFrame
    lines: Mapping[str, pd.DataFrame]
    marks: Mapping[str, str]

    @property
    def asking(self) -> Iterator[tuple[int, Report]]:
        """The reports of this batch, in the order in which they came, with their places."""
        return (
            (place, report)
            for place, report in enumerate(self.reports)
            if report.number is not None
        )


def remember(
    code: str, batches: Sequence[Frames], readings: Sequence[Reading], past: Past, pack: Pack
) -> Memory:
    """Return the memory of form `code`: what of it is in `past`, and the `readings`, in the order in which they came.

    `batches` are their frames, by form version; the numbers in `loads` are those of readings that no other rule keeps out.
    """
    of_form = past.reports[past.reports["form"] == code]
    periods = {str(code): Period.parse(code) for code in of_form["period"].unique()}
    earlier = [_earlier(row, periods[row["period"]], pack) for row in of_form.to_dict("records")]
    loads = {number for batch in batches for number in batch.loads}
    now = [_now(position, reading, pack, loads) for position, reading in enumerate(readings)]
    places = {
        report.number: len(earlier) + n for n, report in enumerate(now) if report.number is not None
    }
    numbers = {int(report): place for place, report in enumerate(of_form["report"])}
    facts = past.facts[past.facts["report"].isin(numbers)]
    facts = facts.assign(report=facts["report"].map(numbers).astype("int64"))
    lists = {t.name: t for batch in batches for t in batch.form.tables if t.kind == "list"}
    lines = {name: _lines(table, facts, batches, places) for name, table in lists.items()}
    values = [
        figures_of_facts(facts),
        *(
            frame
            for batch in batches
            for frame in figures_of_frames(batch.form, batch.frames, places)
        ),
        *(frame for name, table in lists.items() for frame in figures_of_lines(table, lines[name])),
    ]
    keyed = {name: frame for name, frame in lines.items() if lists[name].key}
    marks = {
        str(k): str(text)
        for name, frame in keyed.items()
        for k, text in zip(frame["key"], frame[lists[name].key], strict=True)
    }
    return Memory(tuple(_with_ends([*earlier, *now])), joined(values), keyed, marks)


def _lines(
    table: Table, facts: pd.DataFrame, batches: Sequence[Frames], places: Mapping[int, int]
) -> pd.DataFrame:
    here = [
        lines_of_frame(table, b.frames[table.name], places)
        for b in batches
        if table.name in b.frames
    ]
    return joined([lines_of_facts(table, facts), *here])


def joined(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the lines of all frames, one frame after the other; the first where none has any."""
    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else frames[0]


def _earlier(row: Mapping[Hashable, Any], period: Period, pack: Pack) -> Report:
    unit = str(row["unit"])
    stage = Stage(row["stage"])
    return Report(
        None,
        unit,
        _kind(unit, period, pack),
        period,
        stage,
        row["received_at"],
        -1,
        _NEVER,
        loads=True,
    )


def _now(position: int, reading: Reading, pack: Pack, loads: Collection[int]) -> Report:
    if reading.unit_code is None or reading.period is None:
        raise ValueError(f"reading {reading.number} is about nobody")
    number, kind = reading.number, _kind(reading.unit_code, reading.period, pack)
    received = reading.delivery.received_at
    loaded = number in loads
    return Report(
        number,
        reading.unit_code,
        kind,
        reading.period,
        reading.stage,
        received,
        position,
        _NEVER,
        loads=loaded,
    )


def _kind(unit: str, period: Period, pack: Pack) -> UnitKind | None:
    bearer = pack.units.get(unit, period.end) or pack.units.latest(unit)
    return bearer.kind if bearer else None


def _with_ends(reports: Sequence[Report]) -> list[Report]:
    """Return the reports, each with its end: where the next one of its unit, period and stage loads."""
    ends: dict[tuple[str, Period, Stage], int] = {}
    ended = []
    for report in reversed(reports):
        end = ends.get(report.key)
        ended.append(report if end is None else replace(report, until=end))
        if report.loads:
            ends[report.key] = report.position
    return ended[::-1]
