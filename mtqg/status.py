"""`mtqg status`: who has reported what, when, with which verdict; and who has not."""

from datetime import date, datetime
from itertools import groupby
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from mtqg.as_of import AsOf, warehouse_of
from mtqg.console import VERDICT_STYLES, out, print_json
from mtqg.templates.command import read_period
from program.answers import NightRow, ReportingRow
from program.pack import Pack, load_pack
from program.period import Period
from program.settings import load_settings
from program.stage import Stage
from program.vietnamese import VIETNAM_TIME, format_instant
from warehouse.queries import reporting, unplaced


def status(
    period: Annotated[str | None, typer.Option(help="Only this period: 2024, 2024-H1, 2024-Q4 or 2024-12.")] = None,
    as_of: AsOf = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for another program.")] = False,  # noqa: FBT002  (a command-line flag)
) -> None:
    """Show who has reported what, when and with which verdict, and who has not.

    A report that has not come says how late it is, and whom the pack's contacts.yaml would tell of that. The verdict is
    that of the version believed now; "to fix" says that a later version is still bad. Files whose unit, form or period
    could not be told are listed last. With --as-of: what was believed at the end of that day, and what was late then.
    """
    settings = load_settings()
    pack = load_pack(settings.pack)
    warehouse = warehouse_of(settings.warehouse_url, as_of)
    rows = reporting(warehouse, read_period(period).code if period else None)
    lateness = Lateness(pack, as_of.date() if as_of else datetime.now(VIETNAM_TIME).date())
    strays = [] if period else unplaced(warehouse)
    if as_json:
        print_json([_as_json(row, pack, lateness) for row in rows] + [_stray_as_json(row) for row in strays])
        return
    for (form, of_period, stage), group in groupby(rows, key=lambda row: (row.form_code, row.period, row.stage)):
        about = f"{form} · {of_period}" + (" · estimate" if stage is Stage.ESTIMATE else "")
        out.print(_table(about, list(group), pack, lateness))
    if strays:
        out.print("[bold]Files that could not be placed (no unit, form or period)[/]")
    for stray in strays:
        sender = f"{stray.sender_unit} {_name(stray.sender_unit, stray.period, pack)}"
        out.print(
            f"  [{VERDICT_STYLES[stray.verdict]}]{stray.verdict.value}[/] from {sender}: {stray.delivery_name}", highlight=False
        )


class Lateness:
    """How many working days a report that has not come is overdue, and who is to be told of it."""

    def __init__(self, pack: Pack, today: date) -> None:
        self._pack, self._today = pack, today
        self._known: dict[date, int] = {}

    def days(self, row: ReportingRow) -> int:
        """Return the working days since the report was due; 0 where it came, or is not due yet."""
        if row.verdict is not None or row.due_date is None:
            return 0
        if row.due_date not in self._known:
            self._known[row.due_date] = self._pack.calendar.working_days.between(row.due_date, self._today)
        return self._known[row.due_date]

    def is_known(self, row: ReportingRow) -> bool:
        """Tell whether the deadline is one, and no placeholder that the province has still to set."""
        unit = self._pack.unit_on(row.unit_code, row.period)
        calendar, period = self._pack.calendar, Period.parse(row.period)
        return unit is not None and calendar.is_deadline_known(row.form_code, row.stage, unit.kind, period)

    def tell(self, row: ReportingRow) -> str:
        """Return the highest step of the pack's escalation that the delay has reached: unit, office, leader, or nobody.

        Nobody is told of a deadline that is only a placeholder.
        """
        if not self.is_known(row):
            return ""
        steps = self._pack.correspondence.escalated(self.days(row))
        return steps[-1].to if steps else ""

    def text(self, row: ReportingRow) -> str:
        """Return both as a table says them, "" where nothing is late."""
        days, who = self.days(row), self.tell(row)
        said = f"tell the {who}" if who else "" if self.is_known(row) else "deadline is a placeholder"
        return f"{days} working days{f', {said}' if said else ''}" if days else ""


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
        "tell": lateness.tell(row) or None,
        "reported": row.verdict is not None,
        "verdict": row.verdict.value if row.verdict else None,
        "version": row.version,
        "versions": row.versions,
        "to_fix": row.is_open,
        "received_at": row.received_at.isoformat() if row.received_at else None,
        "file": row.delivery_name,
        "synthetic": row.is_synthetic,
    }


def _stray_as_json(row: NightRow) -> dict[str, object]:
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


def _table(title: str, rows: list[ReportingRow], pack: Pack, lateness: Lateness) -> Table:
    missing = sum(row.verdict is None for row in rows)
    due = next((f", due {row.due_date}{'' if lateness.is_known(row) else ' (placeholder)'}" for row in rows if row.due_date), "")
    table = Table(title=f"{title}{due}: {len(rows)} reports, {missing} not received", title_justify="left")
    for column in ("unit", "verdict", "version", "received", "overdue"):
        table.add_column(column)
    for row in rows:
        verdict = "not received" if row.verdict is None else row.verdict.value
        to_fix = ", newer one to fix" if row.is_open and row.verdict is not None and row.verdict.loads else ""
        # As texts, since rich reads the markup of a cell each time that it looks at it.
        table.add_row(
            Text(f"{row.unit_code} {_name(row.unit_code, row.period, pack)}"),
            Text.assemble((verdict, VERDICT_STYLES.get(verdict, "dim")), to_fix),
            Text(f"{row.version} of {row.versions}" if row.versions else ""),
            Text(format_instant(row.received_at) if row.received_at else ""),
            Text(lateness.text(row)),
        )
    return table


def _name(code: str | None, period: str | None, pack: Pack) -> str:
    unit = pack.unit_on(code, period)
    return unit.name if unit else ""
