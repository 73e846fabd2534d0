"""`mtqg rules diff`: what a change to the rules would do to every report that ever came, before it is merged."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from mtqg.console import errors, print_json
from mtqg.rules.comparison import Comparison, Turn
from program.errors import AskedError
from program.pack import Pack, load_pack
from program.settings import load_settings, quiet_third_parties


class FailOn(StrEnum):
    """What ends the command with exit code 1."""

    REFUSED = "refused"
    ACCEPTED = "accepted"
    WARNED = "warned"
    ANY = "any"


_TURNS = {FailOn.REFUSED: Turn.REFUSED, FailOn.ACCEPTED: Turn.ACCEPTED, FailOn.WARNED: Turn.WARNED}


def diff(
    since: Annotated[str, typer.Option(help="Revision to compare with, as git calls it: a commit, a branch, a tag.")] = "HEAD",
    old: Annotated[
        Path | None, typer.Option(help="Folder with the earlier suites, or with a copy of the project, in place of --since.")
    ] = None,
    form: Annotated[str | None, typer.Option(help="Only reports of this form.")] = None,
    limit: Annotated[int, typer.Option(min=0, help="How many places of a rule, and reports of a kind, are named.")] = 5,
    fail_on: Annotated[
        FailOn | None, typer.Option(help="Exit code 1 where a report would be newly so, for a check before merging.")
    ] = None,
    *,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON for another program.")] = False,
) -> None:
    """Run today's rules and the earlier ones over every archived report, and list what would be different.

    Which reports would be newly refused, accepted or warned of, and of each rule where it newly finds something, or no longer.
    Rules and forms are compared (YAML), both on today's code. Nothing is written, loaded or mailed.
    """
    from mtqg.rules.difference_report import Difference, as_json, print_difference  # noqa: PLC0415  (all: keeps --help quick)
    from warehouse.engine import open_warehouse  # noqa: PLC0415

    settings = load_settings()
    quiet_third_parties(settings)
    pack = load_pack(settings.pack)
    _refuse_unknown(form, pack)
    engine = open_warehouse(settings.warehouse_url)
    from expectations.rules import SUITES, RuleSet  # noqa: PLC0415
    from mtqg.rules.across import compare_across  # noqa: PLC0415
    from mtqg.rules.replay import Replay, affected_forms  # noqa: PLC0415  (Great Expectations takes seconds to import)
    from mtqg.rules.sides import Side, earlier_side  # noqa: PLC0415

    after = Side("today", pack, RuleSet(pack, SUITES))
    with earlier_side(pack, SUITES, since, old) as before:
        affected = affected_forms(before, after)
        replay = Replay(engine, settings, before, after, _chosen(form, affected))
        comparison = Comparison(limit)
        with _progress(replay.chosen) as advance:
            replayed = replay.run(comparison, advance)
        replayed.held_together = compare_across(engine, before, after, form, comparison)
        difference = Difference(before, after, affected, comparison, replayed)
    if json_:
        print_json(as_json(difference))
    else:
        print_difference(difference)
    raise typer.Exit(1 if _fails(comparison, fail_on) else 0)


def _refuse_unknown(form: str | None, pack: Pack) -> None:
    codes = sorted({known.code for known in pack.forms})
    if form is not None and form not in codes:
        raise AskedError(f"--form: no form is called {form!r}; the pack has: {', '.join(codes)}")


def _chosen(form: str | None, affected: set[str] | None) -> set[str] | None:
    if form is None:
        return affected
    return {form} if affected is None else affected & {form}


def _fails(comparison: Comparison, fail_on: FailOn | None) -> bool:
    if fail_on is None:
        return False
    return not comparison.is_empty if fail_on is FailOn.ANY else bool(comparison.turned[_TURNS[fail_on]].count)


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int], None]]:
    """Show a bar on stderr while reports are checked, where somebody sees it; yield its next step."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bar:
        task = bar.add_task("checking archived reports", total=total)
        yield lambda count: bar.advance(task, count)
