"""`mtqg page`: the page written anew, into a folder of one's own; as it would have been on an earlier day."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from mtqg.as_of import AsOf, warehouse_of
from mtqg.console import out
from program.pack import load_pack
from program.settings import load_settings
from publish.site import publish_site


def page(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write index.html and quality.html to.")],
    as_of: AsOf = None,
) -> None:
    """Write the page and the quality page into a folder: what is believed now or, with --as-of, what was believed then.

    Figures, verdicts, findings, targets' statuses, units and who owed what are those that were known on that day; names and
    the texts of targets are those of the pack as it is now. The published site stays as it is.
    """
    settings = load_settings()
    warehouse, day = warehouse_of(settings.warehouse_url, as_of), as_of.date() if as_of else None
    written = publish_site(warehouse, load_pack(settings.pack), settings, datetime.now(UTC), folder=output, believed_on=day)
    out.print(str(written), highlight=False, soft_wrap=True)
