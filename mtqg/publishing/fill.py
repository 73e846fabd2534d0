"""`mtqg fill`: a form of the province's own, filled with the figures of a period."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from mtqg.as_of import AsOf, warehouse_of
from mtqg.console import out
from mtqg.templates.template import read_period
from program.machine.atomic_write import write_atomic
from program.pack.load import load_pack
from program.settings import load_settings
from program.vietnamese import VIETNAM_TIME
from publish.own_forms.own_forms import filled_form


def fill(
    form: Annotated[
        Path,
        typer.Argument(exists=True, dir_okay=False, help="The .xlsx or .docx of the province."),
    ],
    period: Annotated[str, typer.Option(help="Period: 2024, 2024-H1, 2024-Q4 or 2024-12.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write.")],
    as_of: AsOf = None,
) -> None:
    """Fill a form of the province's own: named cells of a workbook, tags of a document.

    Layout, formulas and formats stay as they are. A sheet or a table behind them says of each
    figure from which file, sheet and cell it is, who sent it and when. A run fills the forms of the
    pack's folder documents/forms. docs/reports.md says how places are named.
    """
    settings = load_settings()
    warehouse = warehouse_of(settings.warehouse_url, as_of)
    day = as_of.date() if as_of else datetime.now(VIETNAM_TIME).date()
    content = filled_form(form, warehouse, load_pack(settings.pack), read_period(period), day)
    write_atomic(output, content)
    out.print(str(output), soft_wrap=True)
