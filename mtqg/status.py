"""`mtqg status`: who has reported what, when and with which verdict, and who has not."""

from collections.abc import Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Annotated, NamedTuple

import typer
from rich.table import Table
from rich.text import Text

from mtqg.as_of import AsOf, warehouse_of
from mtqg.console import VERDICT_STYLES, out, print_json
from mtqg.templates.template import read_period
from program.calendar.period import Period
from program.calendar.stage import Stage
from program.pack.load import Pack, load_pack
from program.records.query_rows import ReportingRow, RunSubmissionRow
from program.settings import load_settings
from program.vietnamese import VIETNAM_TIME, format_instant
from warehouse.queries.reports import reporting, unplaced


class _Heading(NamedTuple):
    """What the reports of one table have in common."""

    form_code: str
    period: str
    stage: Stage


def status(
    period: Annotated[
        str | None,
        typer.Option(help="Only this period: 2024, 2024-H1, 2024-Q4 or 2024-12."),
    ] = None,
    as_of: AsOf = None,
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON for another program.")
    ] = False,
) -> None:
    """Show who has reported what, when and with which verdict, and who has not.

    For a missing report, the table says how late it is, and to whom contacts.yaml escalates the
    delay. The verdict is that of the current version; "to fix" means that a later version has
    errors. Files whose unit, form or period is unknown come last. With --as-of: what was current
    at the end of that day, and what was late on it.
    """
    settings = load_settings()
    pack = load_pack(settings.pack)
    warehouse = warehouse_of(settings.warehouse_url, as_of)
    rows = reporting(warehouse, read_period(period).code if period else None)
    # A file without a known period is of no period that one could ask for.
    strays = [] if period else unplaced(warehouse)
    today = as_of.date() if as_of else datetime.now(VIETNAM_TIME).date()
    lateness = Lateness(pack, today)
    if as_json:
        reports = [_as_json(row, pack, lateness) for row in rows]
        reports += [_stray_as_json(stray) for stray in strays]
        print_json(reports)
        return
    for heading, group in groupby(rows, key=_heading):
        out.print(_table(heading, list(group), pack, lateness))
    _print_strays(strays, pack)


class Lateness:
    """By how many working days a missing report is late, and to whom that is escalated."""

    def __init__(self, pack: Pack, today: date) -> None:
        self._pack = pack
        self._today = today
        self._days_since: dict[date, int] = {}

    def days(self, row: ReportingRow) -> int:
        """Return the working days since the due date; 0 where the report came or is not due."""
        if row.verdict is not None or row.due_date is None:
            return 0
        if row.due_date not in self._days_since:
            working_days = self._pack.calendar.working_days
            self._days_since[row.due_date] = working_days.between(row.due_date, self._today)
        return self._days_since[row.due_date]

    def is_known(self, row: ReportingRow) -> bool:
        """Return whether the deadline is real, and no placeholder for one that is not set yet."""
        unit = self._pack.unit_on(row.unit_code, row.period)
        if unit is None:
            return False
        period = Period.parse(row.period)
        calendar = self._pack.calendar
        return calendar.is_deadline_known(row.form_code, row.stage, unit.kind, period)

    def escalated_to(self, row: ReportingRow) -> str:
        """Return the highest step of the escalation that the delay reaches: unit, office, leader.

        "" if it reaches none. A delay behind a placeholder is not escalated.
        """
        if not self.is_known(row):
            return ""
        steps = self._pack.correspondence.escalated(self.days(row))
        return steps[-1].to if steps else ""

    def text(self, row: ReportingRow) -> str:
        """Return the delay and its escalation in words, "" if the report is not late."""
        days = self.days(row)
        if not days:
            return ""
        if not self.is_known(row):
            return f"{days} working days, deadline is a placeholder"
        receiver = self.escalated_to(row)
        return f"{days} working days, tell the {receiver}" if receiver else f"{days} working days"


def _heading(row: ReportingRow) -> _Heading:
    return _Heading(row.form_code, row.period, row.stage)


def _as_json(row: ReportingRow, pack: Pack, lateness: Lateness) -> dict[str, object]:
    return {
        "form": row.form_code,
        "unit": row.unit_code,
        "unit_name": _name(row.unit_code, row.period, pack),
        "period": row.period,
        "stage": row.stage.value,
        "due": row.due_date,
        "due_is_known": lateness.is_known(row),
        "late_working_days": lateness.days(row),
        "tell": lateness.escalated_to(row) or None,
        "reported": row.verdict is not None,
        "verdict": row.verdict.value if row.verdict else None,
        "version": row.version,
        "versions": row.versions,
        "to_fix": row.is_open,
        "received_at": row.received_at.isoformat() if row.received_at else None,
        "file": row.delivery_name,
        "synthetic": row.is_synthetic,
    }


def _stray_as_json(row: RunSubmissionRow) -> dict[str, object]:
    return {
        "form": row.form_code,
        "unit": row.unit_code,
        "period": row.period,
        "reported": False,
        "verdict": row.verdict.value,
        "sender": row.sender_unit,
        "received_at": row.received_at.isoformat(),
        "file": row.delivery_name,
        "synthetic": row.is_synthetic,
    }


def _table(
    heading: _Heading,
    rows: Sequence[ReportingRow],
    pack: Pack,
    lateness: Lateness,
) -> Table:
    title = f"{heading.form_code} · {heading.period}"
    if heading.stage is Stage.ESTIMATE:
        title += " · estimate"
    missing = sum(row.verdict is None for row in rows)
    title += f"{_due(rows, lateness)}: {len(rows)} reports, {missing} not received"
    table = Table(title=title, title_justify="left")
    for column in ("unit", "verdict", "version", "received", "overdue"):
        table.add_column(column)
    for row in rows:
        # Texts, because rich parses the markup of a string each time that it measures a cell.
        table.add_row(
            Text(f"{row.unit_code} {_name(row.unit_code, row.period, pack)}"),
            _verdict(row),
            Text(f"{row.version} of {row.versions}" if row.versions else ""),
            Text(format_instant(row.received_at) if row.received_at else ""),
            Text(lateness.text(row)),
        )
    return table


def _due(rows: Sequence[ReportingRow], lateness: Lateness) -> str:
    """Return the due date of a table's reports, "" if none is due."""
    for row in rows:
        if row.due_date:
            placeholder = "" if lateness.is_known(row) else " (placeholder)"
            return f", due {row.due_date}{placeholder}"
    return ""


def _verdict(row: ReportingRow) -> Text:
    if row.verdict is None:
        return Text("not received", style="dim")
    verdict = row.verdict.value
    # Where the current version is not loaded, its own verdict says that it is to be fixed.
    to_fix = ", newer one to fix" if row.is_open and row.verdict.loads else ""
    return Text.assemble((verdict, VERDICT_STYLES.get(verdict, "dim")), to_fix)


def _print_strays(strays: Sequence[RunSubmissionRow], pack: Pack) -> None:
    if strays:
        out.print("[bold]Files that could not be placed (no unit, form or period)[/]")
    for stray in strays:
        verdict = f"[{VERDICT_STYLES[stray.verdict]}]{stray.verdict.value}[/]"
        sender = f"{stray.sender_unit} {_name(stray.sender_unit, stray.period, pack)}"
        out.print(f"  {verdict} from {sender}: {stray.delivery_name}", highlight=False)


def _name(code: str | None, period: str | None, pack: Pack) -> str:
    unit = pack.unit_on(code, period)
    return unit.name if unit else ""
