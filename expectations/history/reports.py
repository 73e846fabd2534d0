"""The reports of one form that a report may be compared with, and their values.

They are the warehouse's current reports and the earlier ones of the same batch. A report is
compared only with reports that came before it. So the findings of a run do not depend on how many
deliveries make a batch. A report that another rule refuses is not part of anybody's history.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import pandas as pd

from expectations.history.values import (
    figures_of_facts,
    figures_of_frames,
    figures_of_lines,
    lines_of_facts,
    lines_of_frame,
)
from program.calendar.period import Period
from program.calendar.stage import Stage
from program.forms.form import Form
from program.forms.table import Table
from program.pack.pack import Pack
from program.parsed_report import ParsedReport
from program.records.history import History
from program.units.unit import UnitKind

_BEFORE_BATCH = -1
"""The position of each report from the warehouse."""

_NEVER = 1 << 60
"""The end of a report that no other version replaces."""


@dataclass(frozen=True, slots=True)
class HistoryReport:
    """A report of the form.

    A report that `loads` is history for the later reports, up to the position `until`: there a
    newer version takes its place.

    Attributes:
        number: The number of its reading; None if it comes from the warehouse.
        unit: The code of the unit that it is about.
        kind: The kind of that unit; None if the pack does not have the unit.
        period: The period that it is about.
        stage: Whether its figures are an estimate or final.
        received_at: When it arrived, in UTC.
        position: Its place in the batch, from 0; -1 where it comes from the warehouse.
        until: The position of its next version that loads.
        loads: Whether no rule keeps it out of the warehouse.
        delivery: The number of its delivery: the later of two that arrived at one time.
        claimed_at: The time that the source claims for its delivery; None where it claims none.
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
    delivery: int = 0
    claimed_at: datetime | None = None

    @property
    def key(self) -> tuple[str, Period, Stage]:
        """Unit, period and stage: what all versions of the report have in common."""
        return self.unit, self.period, self.stage


@dataclass(frozen=True, slots=True)
class Frames:
    """The frames of one form version's batch.

    `loads`: the numbers of the submissions that no rule keeps out of the warehouse.
    """

    form: Form
    frames: Mapping[str, pd.DataFrame]
    loads: Collection[int]


@dataclass(frozen=True, slots=True)
class ReportHistory:
    """Reports of one form, and their values.

    In both kinds of frames, the column `report` is an index into `reports`.

    Attributes:
        reports: The warehouse's reports, then those of the batch in the order of their arrival.
        values: A row for each figure. `key` and `row` are those of a list's line, else "" and 0.
        lines: The lines of each list with a key, by table: the columns of the table's frame,
            `report`, and the folded `key`.
        marks: The text of each key as a unit wrote it, by the folded key.
    """

    reports: tuple[HistoryReport, ...]
    values: pd.DataFrame
    lines: Mapping[str, pd.DataFrame]
    marks: Mapping[str, str]

    @property
    def asking(self) -> Iterator[tuple[int, HistoryReport]]:
        """The reports of this batch with their indexes, in the order of their arrival."""
        for index, report in enumerate(self.reports):
            if report.number is not None:
                yield index, report


def build_history(
    code: str,
    batches: Sequence[Frames],
    readings: Sequence[ParsedReport],
    past: History,
    pack: Pack,
) -> ReportHistory:
    """Return the history of form `code`: its reports in `past`, then `readings`.

    Args:
        code: The code of the form.
        batches: The frames of its readings, one for each form version.
        readings: Readings with unit and period, in the order of their arrival.
        past: The current reports of the warehouse, and their facts.
        pack: Where the units are looked up.

    Raises:
        ValueError: A parsed report has no unit or no period.
    """
    of_form = past.reports[past.reports["form"] == code]
    earlier = _earlier_reports(of_form, pack)
    loads: set[int] = set()
    for batch in batches:
        loads.update(batch.loads)
    reports = list(earlier)
    indexes: dict[int, int] = {}
    for position, reading in enumerate(readings):
        indexes[reading.number] = len(reports)
        reports.append(_new_report(position, reading, pack, loads))
    facts = _facts_of(of_form, past)
    values = [figures_of_facts(facts)]
    for batch in batches:
        values.extend(figures_of_frames(batch.form, batch.frames, indexes))
    lists = _lists_of(batches)
    lines: dict[str, pd.DataFrame] = {}
    lines_with_keys: dict[str, pd.DataFrame] = {}
    for name, table in lists.items():
        lines[name] = _lines(table, facts, batches, indexes)
        values.extend(figures_of_lines(table, lines[name]))
        # Without a key, nothing says which line of a later report is the same one.
        if table.key:
            lines_with_keys[name] = lines[name]
    return ReportHistory(
        reports=tuple(_with_ends(reports)),
        values=joined(values),
        lines=lines_with_keys,
        marks=_marks(lists, lines),
    )


def joined(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the rows of all frames in order; the first frame where none has a row.

    Raises:
        IndexError: `frames` is empty.
    """
    # Frames without rows are left out: their columns may have another type.
    filled = [frame for frame in frames if len(frame)]
    if not filled:
        return frames[0]
    return pd.concat(filled, ignore_index=True)


def _facts_of(of_form: pd.DataFrame, past: History) -> pd.DataFrame:
    """Return the facts of the reports `of_form`; `report` becomes the report's index."""
    indexes = {int(report): index for index, report in enumerate(of_form["report"])}
    facts = past.facts[past.facts["report"].isin(indexes)]
    return facts.assign(report=facts["report"].map(indexes).astype("int64"))


def _lists_of(batches: Sequence[Frames]) -> dict[str, Table]:
    """Return the lists of all form versions by name; of one name, the last version's."""
    lists: dict[str, Table] = {}
    for batch in batches:
        for table in batch.form.tables:
            if table.kind == "list":
                lists[table.name] = table
    return lists


def _lines(
    table: Table, facts: pd.DataFrame, batches: Sequence[Frames], indexes: Mapping[int, int]
) -> pd.DataFrame:
    """Return the lines of one list, first those of the warehouse and then those of the batch."""
    # A list may exist in some versions of a form only.
    frames = [batch.frames[table.name] for batch in batches if table.name in batch.frames]
    new_lines = [lines_of_frame(table, frame, indexes) for frame in frames]
    return joined([lines_of_facts(table, facts), *new_lines])


def _marks(lists: Mapping[str, Table], lines: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Return the text of each folded key; the last where units write it in several ways."""
    marks: dict[str, str] = {}
    for name, frame in lines.items():
        column = lists[name].key
        if not column:
            continue
        last = frame.drop_duplicates("key", keep="last")
        texts = last[column].astype(str)
        marks |= dict(zip(last["key"], texts, strict=True))
    return marks


def _earlier_reports(of_form: pd.DataFrame, pack: Pack) -> list[HistoryReport]:
    """Return the reports of the warehouse, in order."""
    # Thousands of reports share a few periods: each is parsed once.
    periods = {str(code): Period.parse(code) for code in of_form["period"].unique()}
    ends = {period: period.end for period in periods.values()}
    names = ("unit", "period", "stage", "received_at", "delivery", "claimed_at")
    columns = (of_form[name].tolist() for name in names)
    reports: list[HistoryReport] = []
    for unit, code, stage, received_at, delivery, claimed_at in zip(*columns, strict=True):
        period = periods[code]
        report = HistoryReport(
            number=None,
            unit=unit,
            kind=_kind(unit, ends[period], pack),
            period=period,
            stage=Stage(stage),
            received_at=received_at,
            position=_BEFORE_BATCH,
            until=_NEVER,
            loads=True,
            delivery=delivery,
            claimed_at=None if pd.isna(claimed_at) else claimed_at,
        )
        reports.append(report)
    return reports


def _new_report(
    position: int, reading: ParsedReport, pack: Pack, loads: Collection[int]
) -> HistoryReport:
    if reading.unit_code is None or reading.period is None:
        raise ValueError(f"reading {reading.number} has no unit or no period")
    return HistoryReport(
        number=reading.number,
        unit=reading.unit_code,
        kind=_kind(reading.unit_code, reading.period.end, pack),
        period=reading.period,
        stage=reading.stage,
        received_at=reading.delivery.received_at,
        position=position,
        until=_NEVER,
        loads=reading.number in loads,
        delivery=reading.delivery.id,
        claimed_at=reading.delivery.claimed_at,
    )


def _kind(code: str, end: date, pack: Pack) -> UnitKind | None:
    # The unit may not exist at the end of the period: then its latest kind counts.
    unit = pack.units.get(code, end) or pack.units.latest(code)
    if unit is None:
        return None
    return unit.kind


def _with_ends(reports: Sequence[HistoryReport]) -> list[HistoryReport]:
    """Return the reports in order, each with its end: the position of its next loaded version."""
    ends: dict[tuple[str, Period, Stage], int] = {}
    ended: list[HistoryReport] = []
    # From the last one on: when a report's turn comes, the end that its next version set is known.
    for report in reversed(reports):
        end = ends.get(report.key)
        if end is None:
            ended.append(report)
        else:
            ended.append(replace(report, until=end))
        if report.loads:
            ends[report.key] = report.position
    ended.reverse()
    return ended
