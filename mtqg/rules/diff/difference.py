"""`mtqg rules diff`: what a change to the rules would do to all archived reports."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mtqg.console import print_json
from mtqg.maintenance.progress_bar import progress
from mtqg.rules.diff.comparison import RuleComparison, VerdictChange
from program.errors import UsageError
from program.pack.load import load_pack
from program.pack.pack import Pack
from program.settings import load_settings, quiet_third_parties


class FailOn(StrEnum):
    """Which difference ends the command with exit code 1."""

    REFUSED = "refused"
    ACCEPTED = "accepted"
    WARNED = "warned"
    ANY = "any"


_TURNS = {
    FailOn.REFUSED: VerdictChange.REFUSED,
    FailOn.ACCEPTED: VerdictChange.ACCEPTED,
    FailOn.WARNED: VerdictChange.WARNED,
}


def diff(
    since: Annotated[
        str,
        typer.Option(help="Git revision to compare with: a commit, a branch or a tag."),
    ] = "HEAD",
    old: Annotated[
        Path | None,
        typer.Option(
            help="Folder with the earlier suites or a copy of the project, in place of --since."
        ),
    ] = None,
    form: Annotated[str | None, typer.Option(help="Only reports of this form.")] = None,
    limit: Annotated[
        int, typer.Option(min=0, help="How many cells of a rule and reports of a kind to name.")
    ] = 5,
    fail_on: Annotated[
        FailOn | None,
        typer.Option(
            help="Exit code 1 where a report would newly get this verdict: a check before a merge."
        ),
    ] = None,
    *,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON for another program.")] = False,
) -> None:
    """Run today's rules and the earlier rules over all archived reports and list the differences.

    The list has the reports that would be newly refused, accepted or warned, and for each rule
    the cells where it newly finds something or finds nothing any longer. The rules and forms
    (YAML) differ; both sides run on today's code. Nothing is written, loaded or mailed.
    """
    from mtqg.rules.diff.difference_report import RulesDifference, as_json, print_difference  # noqa: PLC0415  (all: keeps --help quick)
    from warehouse.database.engine import open_warehouse  # noqa: PLC0415

    settings = load_settings()
    quiet_third_parties(settings)
    pack = load_pack(settings.pack)
    _refuse_unknown(form, pack)
    engine = open_warehouse(settings.warehouse_url)
    # After the checks of the options: Great Expectations takes seconds to import.
    from expectations.rules.rule_set import SUITES, RuleSet  # noqa: PLC0415
    from mtqg.rules.diff.cross_check_diff import cross_check_difference  # noqa: PLC0415
    from mtqg.rules.diff.replay import Replay, affected_forms  # noqa: PLC0415
    from mtqg.rules.diff.sides import RuleSide, earlier_side  # noqa: PLC0415

    after = RuleSide("today", pack, RuleSet(pack, SUITES))
    with earlier_side(pack, SUITES, since, old) as before:
        affected = affected_forms(before, after)
        replay = Replay(engine, settings, before, after, _chosen(form, affected))
        comparison = RuleComparison(limit)
        with progress("checking archived reports", replay.chosen) as advance:
            replayed = replay.run(comparison, advance)
        replayed.held_together = cross_check_difference(
            engine,
            before,
            after,
            form,
            comparison,
        )
        difference = RulesDifference(before, after, affected, comparison, replayed)
    if json_:
        print_json(as_json(difference))
    else:
        print_difference(difference)
    raise typer.Exit(1 if _fails(comparison, fail_on) else 0)


def _refuse_unknown(form: str | None, pack: Pack) -> None:
    codes = sorted({known.code for known in pack.forms})
    if form is not None and form not in codes:
        raise UsageError(f"--form: no form {form!r}; the pack has: {', '.join(codes)}")


def _chosen(form: str | None, affected: set[str] | None) -> set[str] | None:
    """Return the forms to check; None means all, an empty set none."""
    if form is None:
        return affected
    # A change that affects no report of the form leaves nothing to check.
    return {form} if affected is None else affected & {form}


def _fails(comparison: RuleComparison, fail_on: FailOn | None) -> bool:
    if fail_on is None:
        return False
    if fail_on is FailOn.ANY:
        return not comparison.is_empty
    return comparison.turned[_TURNS[fail_on]].count > 0
