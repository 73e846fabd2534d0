"""`mtqg provinces`: check a `provinces.yaml`, write its deployments, show how each province is."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from mtqg.console import errors, out, print_json, print_plain
from mtqg.provinces.faults import Fault, faults_of
from program.errors import UsageError
from program.provinces.provinces_file import Provinces, load_provinces
from program.settings import load_settings, quiet_third_parties
from program.vietnamese import format_instant

if TYPE_CHECKING:
    from mtqg.provinces.overview import ProvinceLine

provinces_app = typer.Typer(
    name="provinces",
    help="Many provinces on one Prefect server: check, deploy and survey them.",
    no_args_is_help=True,
)

File = Annotated[
    Path, typer.Argument(help="The file that lists the provinces (docs/many-provinces.md).")
]
_STALE_DAYS = 2
_FULL_ERROR_CHARACTERS = 300


@provinces_app.command()
def check(
    file: File,
    *,
    open_: Annotated[
        bool,
        typer.Option(
            "--open",
            help="Also open each archive, national folder and mail block from this host.",
        ),
    ] = False,
) -> None:
    """Say what is wrong with the file: settings, packs, what two provinces share, its pools.

    Exit code 1 if anything is. The pools are looked up where PREFECT_API_URL is set.
    """
    provinces = load_provinces(file)
    faults = faults_of(provinces)
    if open_:
        faults += _unopened(provinces)
    for fault in faults:
        print_plain(str(fault))
    of_pools: Mapping[str, str] = {}
    try:
        of_pools = _pool_faults(provinces)
    except UsageError:
        errors.print("The work pools were not looked up: PREFECT_API_URL is not set.")
    for fault_of_pool in of_pools.values():
        print_plain(fault_of_pool)
    if faults or of_pools:
        raise typer.Exit(1)
    out.print(f"{len(provinces.provinces)} provinces: nothing is wrong.")


@provinces_app.command()
def deploy(
    file: File,
    *,
    prune: Annotated[
        bool,
        typer.Option(
            "--prune", help="Delete the deployments of provinces that are not in the file any more."
        ),
    ] = False,
) -> None:
    """Write the deployments of all provinces, with their automations, where they have changed.

    A province with a fault keeps what it has, and the others are deployed; exit code 1 then. A
    second time, nothing changes.
    """
    provinces = load_provinces(file)
    faults = faults_of(provinces)
    of_pools = _pool_faults(provinces)
    faults += [
        Fault(province.code, of_pools[province.pool])
        for province in provinces
        if province.pool in of_pools
    ]
    # Imported here: Prefect takes seconds, and reads its settings when it is imported.
    from flows.provinces.declared import declared_deployments  # noqa: PLC0415
    from flows.provinces.deploying import deploy as deploy_all  # noqa: PLC0415

    left_alone = {fault.code for fault in faults}
    declared = []
    for province in provinces:
        if province.code not in left_alone:
            declared += declared_deployments(province, provinces)
    done = deploy_all(declared, left_alone, prune=prune)
    _print_names("written", done.written)
    _print_names("unchanged", done.unchanged)
    _print_names("deleted" if prune else "not in the file; --prune deletes them", done.stale)
    for fault in faults:
        print_plain(f"not deployed: {fault}", errors)
    raise typer.Exit(1 if faults else 0)


@provinces_app.command()
def status(
    file: File,
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON for another program.")
    ] = False,
) -> None:
    """Show how each province is: last run, missing reports, age of the figures, what waits.

    A province whose warehouse does not answer is a line with the reason.
    """
    # Imported here: it keeps the other commands quick.
    from mtqg.provinces.overview import province_lines  # noqa: PLC0415

    lines = list(province_lines(load_provinces(file), datetime.now(UTC)))
    if as_json:
        print_json([asdict(line) for line in lines])
        return
    out.print(_table(lines))
    for line in lines:
        error = line.reason or (line.counts.first_error if line.counts else "")
        if error:
            print_plain(f"{line.code} {line.name}: {error:.{_FULL_ERROR_CHARACTERS}}")


def _table(lines: "Sequence[ProvinceLine]") -> Table:
    # In a narrow terminal a cell is folded, not cut off: a part of a figure is another figure.
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in ("code", "province", "last run"):
        table.add_column(heading, overflow="fold")
    # The time stands below the day.
    table.add_column("began", width=len("dd/mm/yyyy"))
    for heading in ("days old", "missing / due", "letters", "failed", "held", "answers"):
        table.add_column(heading, justify="right", overflow="fold")
    for line in lines:
        table.add_row(line.code, Text(line.name), *_cells(line))
    return table


def _cells(line: "ProvinceLine") -> list[Text | str]:
    counts = line.counts
    if counts is None:
        return [Text("unknown", style="red")]
    style = "green" if counts.run_state == "completed" else "red"
    return [
        Text(counts.run_state, style=style),
        format_instant(counts.run_began_at),
        _age(counts.days_old),
        f"{counts.missing}/{counts.due}",
        str(counts.waiting),
        str(counts.failed),
        str(counts.held),
        str(counts.explanations),
    ]


def _age(days: int | None) -> Text:
    if days is None:
        return Text("never", style="red")
    return Text(str(days), style="" if days < _STALE_DAYS else "yellow")


def _unopened(provinces: Provinces) -> list[Fault]:
    quiet_third_parties(load_settings())
    from mtqg.provinces.opening import unopened  # noqa: PLC0415  (keeps --help quick)

    return list(unopened(provinces))


def _pool_faults(provinces: Provinces) -> dict[str, str]:
    quiet_third_parties(load_settings())
    from flows.provinces.deploying import pool_faults  # noqa: PLC0415  (keeps --help quick)

    return pool_faults({province.pool for province in provinces})


def _print_names(what: str, names: Sequence[str]) -> None:
    if names:
        print_plain(f"{what}: {', '.join(names)}")
