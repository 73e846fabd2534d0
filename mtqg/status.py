"""`mtqg status`: who has reported what, when, with which verdict; and who has not."""

from typing import Annotated

import typer
from rich.table import Table

from mtqg.console import VERDICT_STYLES, out, print_json
from mtqg.template import read_period
from program.answers import ReportingRow
from program.pack import Pack, load_pack
from program.settings import load_settings
from program.vietnamese import format_instant


def status(
    period: Annotated[str | None, typer.Option(help="Only this period: 2024, 2024-H1, 2024-Q4 or 2024-12.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for another program.")] = False,  # noqa: FBT002  (a command-line flag)
) -> None:
    """Show who has reported what, when and with which verdict, and who has not.

    The verdict is that of the version believed now; "to fix" says that a later version is still bad.
    """
    from warehouse.engine import open_warehouse  # noqa: PLC0415  (keeps --help quick)
    from warehouse.queries import reporting  # noqa: PLC0415

    settings = load_settings()
    pack = load_pack(settings.pack)
    rows = reporting(open_warehouse(settings.warehouse_url), read_period(period).code if period else None)
    if as_json:
        print_json([_as_json(row, pack) for row in rows])
    else:
        out.print(_table(rows, pack))


def _as_json(row: ReportingRow, pack: Pack) -> dict[str, object]:
    return {
        "form": row.form_code,
        "unit": row.unit_code,
        "unit_name": _name(row, pack),
        "period": row.period,
        "due": row.due_date,
        "reported": row.verdict is not None,
        "verdict": row.verdict.value if row.verdict else None,
        "version": row.version,
        "versions": row.versions,
        "to_fix": row.is_open,
        "received_at": row.received_at.isoformat() if row.received_at else None,
        "file": row.delivery_name,
        "synthetic": row.is_synthetic,
    }


def _table(rows: list[ReportingRow], pack: Pack) -> Table:
    missing = sum(row.verdict is None for row in rows)
    table = Table(title=f"{len(rows)} reports, {missing} not received", title_justify="left")
    for column in ("form", "period", "unit", "due", "verdict", "version", "received", "file"):
        table.add_column(column, overflow="fold")
    for row in rows:
        verdict = "not received" if row.verdict is None else row.verdict.value
        style = VERDICT_STYLES.get(verdict, "dim")
        to_fix = " (a later version is to fix)" if row.is_open and row.verdict is not None and row.verdict.loads else ""
        table.add_row(
            row.form_code,
            row.period,
            f"{row.unit_code} {_name(row, pack)}",
            f"{row.due_date or ''}",
            f"[{style}]{verdict}[/]{to_fix}",
            f"{row.version}/{row.versions}" if row.versions else "",
            format_instant(row.received_at) if row.received_at else "",
            row.delivery_name or "",
        )
    return table


def _name(row: ReportingRow, pack: Pack) -> str:
    unit = pack.units.latest(row.unit_code)
    return unit.name if unit else ""
