"""The sub-commands and where each of them is; one is imported when it is called, so that a small one costs little.

After the pattern of click's documentation ("Lazily Loading Subcommands"), but for `--help`, which imports none: what it says of
a command stands here, and a test holds it to be the first paragraph of the command's own help.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from program.importing import without_collecting

if TYPE_CHECKING:
    from typer._click import Command, Context


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sub-command is: a function, or a group with sub-commands of its own. `summary` is what the list says of it."""

    module: str
    name: str
    summary: str


COMMANDS = {
    "run": Place("mtqg.run", "run", "Run the night now: collect, check, load, publish, mail."),
    "check": Place(
        "mtqg.checking.command",
        "check",
        "Give the verdict on files without loading, archiving or mailing anything: what is wrong, where, and how to fix it.",
    ),
    "template": Place(
        "mtqg.templates.command",
        "template",
        "Write the blank workbook of a form for a unit and period: labels, units of measure, totals and drop-downs in place.",
    ),
    "status": Place("mtqg.status", "status", "Show who has reported what, when and with which verdict, and who has not."),
    "trace": Place(
        "mtqg.trace",
        "trace",
        "Show where a figure came from: submission, file with sha256, sender and time, sheet, cell, rules, load time.",
    ),
    "page": Place(
        "mtqg.page",
        "page",
        "Write the page and the quality page into a folder: what is believed now or, with --as-of, what was believed then.",
    ),
    "reread": Place(
        "mtqg.reread",
        "reread",
        "Have deliveries judged again by the next night: after a wrong time-out (FILE-08), or when a rule was mended.",
    ),
    "withdraw": Place(
        "mtqg.withdraw",
        "withdraw",
        "Take a delivery back: a district sent the wrong file, and asks for it to count as never sent.",
    ),
    "backup": Place(
        "mtqg.keeping.backup",
        "backup",
        "Write warehouse and archive into one file, at any time: a night may be at work meanwhile.",
    ),
    "restore": Place(
        "mtqg.keeping.restore",
        "restore",
        "Bring back warehouse and archive from a backup, into the configured places.",
    ),
    "rebuild": Place(
        "mtqg.keeping.rebuild",
        "rebuild",
        "Make the whole warehouse anew from the archive: the bytes, and the nights' documents beside them.",
    ),
    "purge": Place(
        "mtqg.keeping.purge",
        "purge",
        "List the files that tell of persons and whose time (`personal_days` of their form) is over; with --confirm, "
        "remove them.",
    ),
    "watch": Place(
        "mtqg.watch",
        "watch",
        "Tell whether the nights run: exit code 0, or 1 and a sentence where none has completed lately or the last one failed.",
    ),
    "mail": Place("mtqg.mails.command", "mail_app", "Send what waits in the outbox, and look at the mails."),
    "pack": Place("mtqg.packs.command", "pack_app", "A province's pack: check one, or begin a new one."),
    "rules": Place(
        "mtqg.rules.command",
        "rules_app",
        "The rules: what they are, what a change to them would do, what the past suggests.",
    ),
}


class LazyGroup(TyperGroup):
    """The commands of `COMMANDS`: listed without being imported, loaded to be called or to explain themselves."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = {
            name: TyperCommand(name, callback=None, short_help=place.summary, rich_markup_mode=self.rich_markup_mode)
            for name, place in COMMANDS.items()
        }

    def resolve_command(self, ctx: "Context", args: list[str]) -> "tuple[str | None, Command | None, list[str]]":
        """Return the command that is called, itself and not its entry in the list."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, load(name) if name else command, rest


def load(name: str) -> "Command":
    """Return a command of `COMMANDS`, its module imported."""
    place = COMMANDS[name]
    with without_collecting():
        found = getattr(import_module(place.module), place.name)
    # Typer builds a command within a group only.
    around = typer.Typer(rich_markup_mode="rich", add_completion=False)
    if isinstance(found, typer.Typer):
        around.add_typer(found)
    else:
        around.command(name)(found)
    return get_group(around).commands[name]
