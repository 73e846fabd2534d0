"""`mtqg template`: write blank workbooks for units to fill in, one or all of a period."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track

from mtqg.console import errors, out, print_plain
from mtqg.templates.orders import due_orders, named_order
from program.calendar.period import Period
from program.calendar.stage import Stage
from program.errors import UsageError
from program.pack.load import load_pack
from program.settings import load_settings
from publish.template.requests import TemplateRequest


def template(
    period: Annotated[str, typer.Option(help="Period: 2024, 2024-H1, 2024-Q4 or 2024-12.")],
    form: Annotated[
        str | None, typer.Argument(help="Code of the form, as in the pack's folder forms/.")
    ] = None,
    *,
    unit: Annotated[
        str | None, typer.Option(help="Code of the reporting unit, for example 942.")
    ] = None,
    stage: Annotated[
        str | None, typer.Option(help="estimate or final. Default: final; with --all, both.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Workbook to write (.xlsx); with --all, a folder."),
    ] = None,
    is_all: Annotated[
        bool, typer.Option("--all", help="Write every workbook that the calendar asks for.")
    ] = False,
    is_forced: Annotated[bool, typer.Option("--force", help="Overwrite existing files.")] = False,
) -> None:
    """Write the blank workbook of a form: labels, units of measure, totals and drop-downs.

    With --all: write every workbook that is due for the period, in a folder for each unit. An
    existing file that differs may have been filled in: the command keeps it and names it, unless
    --force is given. Exit code 1 if a file was kept.
    """
    wanted_period = read_period(period)
    wanted_stage = _read_stage(stage)
    _refuse_mixed(form, unit, is_all=is_all)
    if output is None:
        target = "a folder" if is_all else "a workbook (.xlsx)"
        raise UsageError(f"expected -o and {target} to write to")
    pack = load_pack(load_settings().pack)
    if is_all:
        orders = due_orders(pack, wanted_period, wanted_stage)
        _write_all(orders, output, is_forced=is_forced)
    else:
        # _refuse_mixed has made sure that both codes are given.
        order = named_order(
            pack,
            form or "",
            unit or "",
            wanted_period,
            wanted_stage or Stage.FINAL,
        )
        _write_one(order, output, is_forced=is_forced)


def read_period(text: str) -> Period:
    """Return the period of a command-line option: a code, or what an office writes.

    Raises UsageError with the codes that it may have where `text` is no period.
    """
    period = Period.read(text)
    if period is None:
        raise UsageError(
            f"--period: {text!r} is no period; write 2024, 2024-H1, 2024-Q4 or 2024-12"
        )
    return period


def _read_stage(code: str | None) -> Stage | None:
    if code is None:
        return None
    if code not in list(Stage):
        raise UsageError(f"--stage: expected {' or '.join(Stage)}; found {code!r}")
    return Stage(code)


def _refuse_mixed(form: str | None, unit: str | None, *, is_all: bool) -> None:
    """Raise UsageError unless the call has either --all or a form and a unit."""
    if is_all and (form is not None or unit is not None):
        raise UsageError(
            "--all writes every form for every unit; leave out the form and --unit, "
            "or leave out --all"
        )
    if not is_all and (form is None or unit is None):
        raise UsageError(
            "expected a form and --unit, or --all; "
            "for example: mtqg template training --unit 942 --period 2024-Q4"
        )


def _write_one(order: TemplateRequest, output: Path, *, is_forced: bool) -> None:
    if output.is_dir() or output.suffix.lower() != ".xlsx":
        raise UsageError(f"-o: expected a workbook that ends in .xlsx; found {output}")
    if not _write(order, output, is_forced=is_forced):
        raise UsageError(
            f"{output} exists and differs from the blank workbook; --force overwrites it"
        )
    print_plain(f"{output}: {order}")


def _write_all(
    orders: Sequence[TemplateRequest],
    folder: Path,
    *,
    is_forced: bool,
) -> None:
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"-o: expected a folder; found the file {folder}")
    progress = track(
        orders,
        description="writing",
        console=errors,
        transient=True,
        disable=not errors.is_terminal,
    )
    is_written = {
        order.path: _write(order, folder / order.path, is_forced=is_forced) for order in progress
    }
    kept = [path for path, is_there in is_written.items() if not is_there]
    units = {order.unit.code for order in orders}
    written = len(orders) - len(kept)
    out.print(
        f"{folder}: {written} workbooks, {orders[0].period.label}, {len(units)} units",
        soft_wrap=True,
    )
    if kept:
        errors.print(
            f"{len(kept)} files exist, differ and were kept; --force overwrites them:",
        )
        for path in kept:
            print_plain(f"  {path}", errors)
        raise typer.Exit(1)


def _write(order: TemplateRequest, path: Path, *, is_forced: bool) -> bool:
    """Write a workbook and return whether `path` now holds it.

    Nothing is written where the same bytes exist, or where another file exists and `is_forced` is
    false.
    """
    content = order.write()
    if path.exists():
        if path.read_bytes() == content:
            return True
        if not is_forced:
            return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return True
