"""`mtqg export`: write the data for others into a folder, as they are or as they were on a day."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from mtqg.as_of import AsOf, warehouse_of
from mtqg.console import out
from program.errors import UsageError
from program.pack.load import load_pack
from program.settings import load_settings
from publish.data.package import write_data
from publish.national.partition import national_folder, write_partition


def export(
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="Folder to write datapackage.json and its files to."),
    ],
    as_of: AsOf = None,
    national: Annotated[
        str,
        typer.Option(
            "--national",
            metavar="FOLDER|URL",
            help="Send the marts to this folder of all provinces too, as a run does to "
            "MTQG_NATIONAL_URL.",
        ),
    ] = "",
) -> None:
    """Write the data package: every mart as CSV and Parquet, JSON per unit, a feed of runs.

    A run writes the same into site/data. Contacts, names of files and texts that quote a cell are
    left out. Other files of the folder stay as they are.
    """
    if as_of is not None and national:
        raise UsageError("--national sends what is current now: leave out --as-of")
    settings = load_settings()
    warehouse = warehouse_of(settings.warehouse_url, as_of)
    pack = load_pack(settings.pack)
    write_data(warehouse, pack, output, is_ours=False)
    out.print(str(output / "datapackage.json"), soft_wrap=True)
    if national:
        folder = national_folder(settings, national)
        now = datetime.now(UTC)
        place = write_partition(warehouse, pack, output, folder, site=settings.site_url, now=now)
        out.print(place, soft_wrap=True)
