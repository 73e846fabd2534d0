"""`mtqg national`: build the country's file, show where it comes from, and write the pages."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from mtqg.as_of import parse_day
from mtqg.console import out, print_json
from mtqg.national.printed import print_build, print_status
from program.pack.load import load_pack
from program.settings import load_settings
from program.vietnamese import vietnam_day
from publish.national.national_site import publish_national_site
from publish.national.partition import national_folder
from warehouse.national.build import NationalBuild, build_national, refuse_other_than_national
from warehouse.national.file import open_national

national_app = typer.Typer(
    name="national",
    help="The country's figures, from what every province's runs send.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)

_FILE = Path("national.duckdb")
File = Annotated[Path, typer.Argument(help="The file that `mtqg national build` wrote.")]


@national_app.command()
def build(
    source: Annotated[
        str,
        typer.Argument(
            metavar="[FOLDER|URL]",
            help="Folder of all partitions, any URL of fsspec. Default: MTQG_NATIONAL_URL.",
        ),
    ] = "",
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The DuckDB file to write.")
    ] = _FILE,
    *,
    day: Annotated[
        datetime | None,
        typer.Option(
            "--day",
            parser=parse_day,
            metavar="YYYY-MM-DD",
            help="The day from which the age of a province's run is counted. Default: today.",
        ),
    ] = None,
    stale_days: Annotated[
        int, typer.Option(min=0, help="A run that is older by more days is stale; it still counts.")
    ] = 3,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit code 1 unless every province is wholly in it.")
    ] = False,
) -> None:
    """Build one DuckDB file from the partitions of all provinces, and name what is not in it.

    MTQG_PACK is the national pack. Sums are of numerators and denominators. A missing, stale or
    broken partition stops no other; an indicator that a province defines otherwise is left out.
    """
    settings = load_settings()
    pack = load_pack(settings.pack)
    on = day.date() if day else vietnam_day(datetime.now(UTC))
    folder = national_folder(settings, source)
    built = build_national(pack, folder, output, on, stale_days=stale_days)
    print_build(built, pack)
    out.print(str(output), soft_wrap=True)
    raise typer.Exit(1 if strict and not built.is_complete else 0)


@national_app.command()
def status(
    file: File = _FILE,
    *,
    wide: Annotated[
        bool,
        typer.Option("--wide", help="Also each run and its versions, for a wide terminal."),
    ] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON for another program.")] = False,
) -> None:
    """Show each province's day and late reports; and what is missing or refused.

    --wide and --json also have each province's run and the versions of its rules and program.
    """
    with open_national(file) as opened:
        built = NationalBuild(
            opened.ask("provinces"), opened.ask("problems"), opened.ask("differences")
        )
    if json_:
        print_json(
            {
                "provinces": built.provinces,
                "problems": built.problems,
                "differences": built.differences,
            }
        )
    else:
        print_status(built, is_wide=wide)


@national_app.command()
def site(
    file: File = _FILE,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder to write index.html and its pages to.")
    ] = Path("national-site"),
) -> None:
    """Write the country's pages: those of a province, with provinces where its units were.

    MTQG_PACK is the national pack. Links lead to a province's own pages where it has an address.
    """
    pack = load_pack(load_settings().pack)
    refuse_other_than_national(pack)
    with open_national(file) as opened:
        index = publish_national_site(opened, pack, output, datetime.now(UTC))
    out.print(str(index), soft_wrap=True)
