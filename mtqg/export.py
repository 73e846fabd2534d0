"""`mtqg export`: write the data for others into a folder, as they are or as they were on a day."""

from pathlib import Path
from typing import Annotated

import typer

from mtqg.as_of import AsOf, warehouse_of
from mtqg.console import out
from program.pack.load import load_pack
from program.settings import load_settings
from publish.data.package import write_data


def export(
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="Folder to write datapackage.json and its files to."),
    ],
    as_of: AsOf = None,
) -> None:
    """Write the data package: every mart as CSV and Parquet, JSON per unit, a feed of runs.

    A run writes the same into site/data. Contacts, names of files and texts that quote a cell are
    left out. Other files of the folder stay as they are.
    """
    settings = load_settings()
    warehouse = warehouse_of(settings.warehouse_url, as_of)
    write_data(warehouse, load_pack(settings.pack), output, is_ours=False)
    out.print(str(output / "datapackage.json"), soft_wrap=True)
