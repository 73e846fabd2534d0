"""`mtqg trace`: from a figure, or from a sum, back to the cells of the files that units sent."""

from typing import Annotated

import typer

from mtqg.as_of import AsOf, warehouse_of
from mtqg.console import print_json
from mtqg.tracing.figures import Trace, trace_figure
from mtqg.tracing.trace_json import trace_as_json
from mtqg.tracing.trace_text import TraceText
from mtqg.tracing.wanted import find_indicator, find_period, find_unit
from program.calendar.stage import Stage
from program.errors import UsageError
from program.pack.load import load_pack
from program.settings import load_settings
from program.vietnamese import format_date
from warehouse.queries.tracing import periods_with_figures


def trace(
    unit: Annotated[
        str, typer.Option(help='Code or name of the reporting unit: 94, "Tỉnh Sóc Trăng".')
    ],
    indicator: Annotated[
        str, typer.Option(help="Code of the indicator, for example TRN-PARTICIPANTS.")
    ],
    period: Annotated[str, typer.Option(help="Period: 2024, 2024-H1, 2024-Q4 or 2024-12.")],
    stage: Annotated[
        Stage | None,
        typer.Option(
            help="Of a year with two reports. Default: the final figure, else the estimate."
        ),
    ] = None,
    as_of: AsOf = None,
    *,
    opens_sums: Annotated[
        bool,
        typer.Option(
            "--sum", help="Open the sum of the units below, even if the unit reported itself."
        ),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON for another program.")
    ] = False,
) -> None:
    """Show where a figure came from: submission, file, sender, time, sheet, cell and rules.

    Earlier versions follow the current one; with --as-of, the one current at the end of that day.
    A sum of the units below opens into its parts, with what is missing and what is in doubt. Exit
    code 1 if there is no such figure.
    """
    settings = load_settings()
    pack = load_pack(settings.pack)
    wanted = find_indicator(pack, indicator)
    wanted_period = find_period(period, wanted, pack)
    wanted_unit = find_unit(unit, wanted, wanted_period, pack)
    warehouse = warehouse_of(settings.warehouse_url, as_of)
    traced = trace_figure(warehouse, pack, wanted, wanted_unit, wanted_period, stage)
    if traced.own is None and not traced.sums:
        known = periods_with_figures(warehouse, wanted.code, wanted_unit.code)
        raise UsageError(_no_figure(traced, known))
    if as_json:
        print_json(trace_as_json(traced))
        return
    form = pack.form(wanted.form or "", wanted_period)
    current_state = f"current on {format_date(as_of.date())}" if as_of else "current"
    TraceText(form, current_state, opens_sums).print(traced)


def _no_figure(traced: Trace, known: list[str]) -> str:
    unit = f"{traced.unit.code} {traced.unit.name}"
    sentence = f"no figure of {traced.indicator.code} for unit {unit} in {traced.period.code}; "
    if known:
        return f"{sentence}it has figures of {', '.join(known)}"
    return (
        f"{sentence}it has none of any period; "
        f"`mtqg status --unit {traced.unit.code}` shows what came"
    )
