"""`mtqg inbox`: list what waits for the office, show it, and decide it. In Vietnamese."""

from typing import TYPE_CHECKING, Annotated

import typer

from mtqg.console import out, print_json, print_plain
from program.vietnamese import format_instant

if TYPE_CHECKING:
    from mtqg.inbox.desk import Desk

inbox_app = typer.Typer(
    name="inbox",
    help="List what waits for the office's decision, show it, and decide it; in Vietnamese.",
)

_Key = Annotated[str, typer.Argument(help="The key in the list: T12, G3 or B45.")]
_By = Annotated[str, typer.Option(help="Who decides: name and post. The ledger keeps it.")]


@inbox_app.callback(invoke_without_command=True)
def inbox(
    context: typer.Context,
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON for another program.")
    ] = False,
) -> None:
    """List what waits for the office's decision, show it, and decide it; in Vietnamese.

    T: a mail or file of which nobody knows for sure who sent it. G: an explanation, the answer to a
    letter of ours. B: a new version that does not count until somebody confirms that it is meant.
    """
    if context.invoked_subcommand is not None:
        return
    lines = _desk().lines()
    if as_json:
        print_json([_as_json(line) for line in lines])
        return
    if not lines:
        out.print("Không có việc nào chờ cơ quan quyết định.")
        return
    for line in lines:
        waits_since = format_instant(line.since)
        print_plain(f"{line.key:<6} {waits_since}  {line.kind}; từ {line.sender}")
        print_plain(f"       {line.about}")
    out.print("Xem: mtqg inbox show MÃ. Quyết định: accept, refuse hoặc assign.")


@inbox_app.command()
def show(key: _Key) -> None:
    """Show one of them: text, attachments, authentication, and findings with their numbers."""
    for line in _desk().shown(key):
        print_plain(line)


@inbox_app.command()
def accept(
    key: _Key,
    by: _By,
    reason: Annotated[
        str,
        typer.Option(help="Why. For an explanation its own words stand where none is given."),
    ] = "",
    only: Annotated[
        str, typer.Option(help="Only these findings, by their numbers in `show`: 1,3.")
    ] = "",
) -> None:
    """Accept it: the findings are waived (G, B), or the sender is the unit that it claims (T).

    The next run checks the report again and tells its sender. The same decision again changes
    nothing; `undo` takes it back.
    """
    print_plain(_desk(by).accept(key, reason, only))


@inbox_app.command()
def refuse(
    key: _Key,
    by: _By,
    reason: Annotated[str, typer.Option(help="Why. It goes to the sender (G, B) as it is.")],
) -> None:
    """Refuse it: the findings stand and the sender gets the reason (G, B); or it is put away (T).

    Nobody gets an answer to a mail whose sender is not known for sure.
    """
    print_plain(_desk(by).refuse(key, reason))


@inbox_app.command()
def assign(
    key: _Key,
    unit: Annotated[str, typer.Argument(help="The code of the unit that sent it: 942.")],
    by: _By,
    reason: Annotated[str, typer.Option(help="How the office knows.")] = "",
    *,
    remember: Annotated[
        bool,
        typer.Option("--remember", help="Print the line for contacts.yaml; nothing is written."),
    ] = False,
) -> None:
    """Say which unit sent a held mail or file. The next run takes it in as that unit's."""
    desk = _desk(by)
    print_plain(desk.assign(key, unit, reason))
    if remember:
        for line in desk.lines_to_remember(key, unit):
            print_plain(line)


@inbox_app.command()
def undo(
    key: _Key,
    by: _By,
    reason: Annotated[str, typer.Option(help="Why. The audit trail keeps it.")],
) -> None:
    """Take a decision back: it waits for the office again (T, G, B). The history stays.

    What was waived is waived no longer: the next run checks the report again, and its sender gets
    the mail. A refusal that was not sent yet is not sent. A held mail or file that a run has taken
    in, and a replacement that a run has put in force, stay: `mtqg withdraw` takes them back.
    """
    print_plain(_desk(by).undo(key, reason))


def _desk(by: str = "") -> "Desk":
    # Imported here: it keeps --help quick.
    from mtqg.inbox.desk import Desk  # noqa: PLC0415

    return Desk.open(by)


def _as_json(line: object) -> dict[str, object]:
    from dataclasses import asdict  # noqa: PLC0415

    return asdict(line)  # type: ignore[call-overload, no-any-return]
