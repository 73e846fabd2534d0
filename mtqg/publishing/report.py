"""`mtqg report`: the office's reports in a folder, as they are or as they were on a day."""

from pathlib import Path
from typing import Annotated

import typer

from mtqg.as_of import AsOf, warehouse_of
from mtqg.console import out
from mtqg.templates.template import read_period
from program.errors import UsageError
from program.pack.load import load_pack
from program.pack.pack import Pack
from program.settings import load_settings
from publish.reports.consolidated_workbooks import ReportFilter
from publish.reports.office_reports import write_office_files, write_reports

_OFFICE_ONLY = "noi-bo"
"""The sub-folder of what holds contacts."""


def report(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write to.")],
    form: Annotated[str | None, typer.Option(help="Only this form: training, works, …")] = None,
    period: Annotated[
        str | None, typer.Option(help="Only this period: 2024, 2024-H1, 2024-Q4 or 2024-12.")
    ] = None,
    as_of: AsOf = None,
) -> None:
    """Write the office's reports: consolidated tables, disbursement, and whom to call.

    A run writes the same into site/reports; the list of whom to call, which holds names and
    telephone numbers, into office. Here it goes into the sub-folder noi-bo.
    """
    settings = load_settings()
    pack = load_pack(settings.pack)
    wanted = ReportFilter(_known_form(form, pack), read_period(period).code if period else None)
    warehouse = warehouse_of(settings.warehouse_url, as_of)
    written = write_reports(warehouse, pack, output, is_ours=False, wanted=wanted)
    if wanted == ReportFilter():
        written += write_office_files(warehouse, pack, output / _OFFICE_ONLY, is_ours=False)
    for path in written:
        out.print(str(path), soft_wrap=True)
    if not written:
        out.print("No report counts for this form and period, or all files are there already.")


def _known_form(code: str | None, pack: Pack) -> str | None:
    codes = sorted({form.code for form in pack.forms})
    if code is not None and code not in codes:
        raise UsageError(f"no form {code!r}; forms of this pack: {', '.join(codes)}")
    return code
