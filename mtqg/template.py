"""`mtqg template`: the blank workbook for a district to fill in."""

from pathlib import Path
from typing import Annotated

import typer

from mtqg.console import out
from program.errors import AskedError
from program.pack import load_pack
from program.period import Period
from program.settings import load_settings


def template(
    form: Annotated[str, typer.Argument(help="Code of the form, as in the pack's folder forms/.")],
    unit: Annotated[str, typer.Option(help="Code of the reporting unit, for example 942.")],
    period: Annotated[str, typer.Option(help="Period: 2024, 2024-H1, 2024-Q4 or 2024-12.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Workbook to write (.xlsx).")],
) -> None:
    """Write the blank workbook of a form for a unit and period: labels, units of measure and drop-downs in place."""
    from publish.template import write_template  # noqa: PLC0415  (keeps --help quick)

    pack = load_pack(load_settings().pack)
    wanted = read_period(period)
    chosen = pack.form(form, wanted)
    if chosen is None:
        known = ", ".join(sorted({f.code for f in pack.forms}))
        raise AskedError(f"no form {form!r} for {wanted}; the pack has: {known}")
    if wanted.kind not in chosen.periods:
        kinds = ", ".join(k.value for k in chosen.periods)
        raise AskedError(f"form {form} is not asked for {wanted}; it takes periods of kind: {kinds}")
    reporter = pack.units.get(unit, wanted.end)
    if reporter is None:
        units = ", ".join(f"{u.code} {u.name}" for u in pack.units if u.is_valid_on(wanted.end))
        raise AskedError(f"no unit {unit!r} on {wanted.end}; units then: {units or 'none'}")
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(write_template(chosen, reporter, wanted))
    out.print(f"{output}: {chosen.short_title} – {reporter.name} – {wanted.label}", highlight=False, soft_wrap=True)


def read_period(code: str) -> Period:
    """Return the period that a command was given. Raises AskedError with the spellings there are."""
    try:
        return Period.parse(code)
    except ValueError as wrong:
        raise AskedError(f"--period: {wrong}") from wrong
