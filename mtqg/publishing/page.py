"""`mtqg page`: write the page into another folder, as it is or as it was on a day."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from mtqg.as_of import AsOf, warehouse_of
from mtqg.console import out
from program.pack.load import load_pack
from program.settings import load_settings
from publish.site.site import publish_site


def page(
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="Folder to write index.html and quality.html to."),
    ],
    as_of: AsOf = None,
) -> None:
    """Write the page and the quality page into a folder, as of now or, with --as-of, of a day.

    Figures, verdicts, findings, the status of targets, units and due reports are those of that
    day. Names and the texts of targets are those of today's pack. The published site stays as it
    is.
    """
    settings = load_settings()
    warehouse = warehouse_of(settings.warehouse_url, as_of)
    index = publish_site(
        warehouse,
        load_pack(settings.pack),
        settings,
        datetime.now(UTC),
        folder=output,
        as_of_day=as_of.date() if as_of else None,
    )
    out.print(str(index), soft_wrap=True)
