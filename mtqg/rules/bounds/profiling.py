"""`mtqg rules profile`: bounds that past reports suggest, for a person to review."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from mtqg.console import errors, out
from program.errors import UsageError
from program.forms.form import Form
from program.pack.load import load_pack
from program.pack.pack import Pack
from program.settings import load_settings, quiet_third_parties
from program.vietnamese import VIETNAM_TIME


def profile(
    form: Annotated[
        str | None, typer.Option(help="Only this form. Default: all forms of the pack.")
    ] = None,
    unit: Annotated[
        str | None, typer.Option(help="Only reports of this unit, by its code.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write. Default: the terminal.")
    ] = None,
    *,
    margin: Annotated[
        float,
        typer.Option(
            min=0, help="Distance of the bounds from the quartiles, in interquartile ranges."
        ),
    ] = 3.0,
    points: Annotated[int, typer.Option(min=4, help="Least number of values for a bound.")] = 20,
    units: Annotated[int, typer.Option(min=1, help="Least number of units; 1 with --unit.")] = 3,
    periods: Annotated[int, typer.Option(min=1, help="Least number of periods.")] = 2,
) -> None:
    """Propose bounds from the current facts, as rules in YAML with their evidence, for review.

    There is a proposal for each figure and list column of a form, and for money per counted
    thing, where that ratio is steadier than the money (cost per participant). Nothing takes
    effect by itself. A figure with too few values or no spread is named without a proposal.
    """
    from expectations.rules.rule_set import RuleSet  # noqa: PLC0415  (all: keeps --help quick)
    from mtqg.rules.bounds.form_profile import Proposal  # noqa: PLC0415
    from mtqg.rules.bounds.form_profile import profile as profile_form  # noqa: PLC0415
    from mtqg.rules.bounds.proposals import proposals_text  # noqa: PLC0415
    from mtqg.rules.bounds.spread import Enough  # noqa: PLC0415
    from warehouse.database.engine import open_warehouse  # noqa: PLC0415
    from warehouse.queries.values import numeric_values  # noqa: PLC0415

    settings = load_settings()
    quiet_third_parties(settings)
    pack = load_pack(settings.pack)
    chosen = _forms(form, pack)
    if unit is not None and pack.units.latest(unit) is None:
        raise UsageError(f"--unit: no unit has the code {unit!r}")
    engine = open_warehouse(settings.warehouse_url)
    rules = RuleSet(pack)
    used_ids = list(rules.words)
    enough = Enough(points, 1 if unit else units, periods)
    today = datetime.now(VIETNAM_TIME).date()
    texts = []
    for each in chosen:
        form_rules = rules.of_form(each.code)
        form_points = numeric_values(engine, each.code, unit)
        found = list(profile_form(each, form_points, form_rules, enough, margin))
        texts.append(proposals_text(each, found, form_rules, used_ids, today, margin))
        proposed = sum(isinstance(entry, Proposal) for entry in found)
        errors.print(
            f"{each.code}: {proposed} rules proposed, {len(found) - proposed} figures without",
        )
    _write("---\n".join(texts), output)


def _forms(code: str | None, pack: Pack) -> list[Form]:
    """Return the latest version of each form, or of the form with this code."""
    by_start = sorted(pack.forms, key=lambda form: form.valid_from)
    latest = {form.code: form for form in by_start}
    if code is None:
        return list(latest.values())
    if code not in latest:
        raise UsageError(f"--form: no form {code!r}; the pack has: {', '.join(sorted(latest))}")
    return [latest[code]]


def _write(text: str, output: Path | None) -> None:
    if output is None:
        out.print(
            text,
            markup=False,
            soft_wrap=True,
            end="",
        )
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as wrong:
        raise UsageError(f"--output: cannot write {output}: {wrong.strerror}") from wrong
    note = f"{output}: for review; nothing takes effect by itself"
    errors.print(note, soft_wrap=True)
