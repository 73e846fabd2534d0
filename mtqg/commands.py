"""The sub-commands and their modules. A module is imported when its command is called.

This keeps a small command quick. It follows "Lazily Loading Subcommands" in click's
documentation, except that `--help` imports no command at all: its summaries are here. A test
compares each of them with the first paragraph of the command's own help.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from program.machine.file_access import private_files
from program.machine.importing import without_collecting

if TYPE_CHECKING:
    from typer._click import Command, Context


@dataclass(frozen=True, slots=True)
class CommandPlace:
    """Where a sub-command is: the name of a function or of a Typer app in a module.

    `summary` is its line in `mtqg --help`. `is_for_others`: what it writes is handed on, so it gets
    the mode that the caller's files have. All else is for the caller only.
    """

    module: str
    name: str
    summary: str
    is_for_others: bool = False


COMMANDS = {
    "run": CommandPlace(
        "mtqg.run",
        "run",
        "Run the pipeline now: collect, check, load, publish, mail.",
    ),
    "check": CommandPlace(
        "mtqg.checking.check",
        "check",
        "Give the verdict on files: what is wrong, where, and how to fix it. Nothing is changed.",
        is_for_others=True,
    ),
    "template": CommandPlace(
        "mtqg.templates.template",
        "template",
        "Write the blank workbook of a form: labels, units of measure, totals and drop-downs.",
        is_for_others=True,
    ),
    "status": CommandPlace(
        "mtqg.status",
        "status",
        "Show who has reported what, when and with which verdict, and who has not; in Vietnamese.",
    ),
    "inbox": CommandPlace(
        "mtqg.inbox.inbox",
        "inbox_app",
        "List what waits for the office's decision, show it, and decide it; in Vietnamese.",
    ),
    "trace": CommandPlace(
        "mtqg.trace",
        "trace",
        "Show where a figure came from: submission, file, sender, time, sheet, cell and rules.",
    ),
    "page": CommandPlace(
        "mtqg.publishing.page",
        "page",
        "Write the page and the quality page into a folder, as of now or, with --as-of, of a day.",
        is_for_others=True,
    ),
    "export": CommandPlace(
        "mtqg.publishing.export",
        "export",
        "Write the data package: every mart as CSV and Parquet, JSON per unit, a feed of runs.",
        is_for_others=True,
    ),
    "dhis2": CommandPlace(
        "mtqg.publishing.dhis2",
        "dhis2_app",
        "Send figures to DHIS2.",
    ),
    "report": CommandPlace(
        "mtqg.publishing.report",
        "report",
        "Write the office's reports: consolidated tables, disbursement, and whom to call.",
        is_for_others=True,
    ),
    "fill": CommandPlace(
        "mtqg.publishing.fill",
        "fill",
        "Fill a form of the province's own: named cells of a workbook, tags of a document.",
        is_for_others=True,
    ),
    "reread": CommandPlace(
        "mtqg.reread",
        "reread",
        "Check deliveries again in the next run: after a wrong time-out (FILE-08) or a rule's fix.",
    ),
    "withdraw": CommandPlace(
        "mtqg.withdraw",
        "withdraw",
        "Take a delivery back: a district sent the wrong file, and it shall count as never sent.",
    ),
    "audit": CommandPlace(
        "mtqg.audit",
        "audit",
        "Show who withdrew, reread, released, accepted, refused or purged what, when and why.",
    ),
    "backup": CommandPlace(
        "mtqg.maintenance.backup",
        "backup",
        "Write warehouse and archive into one file, also while a run is active.",
    ),
    "restore": CommandPlace(
        "mtqg.maintenance.restore",
        "restore",
        "Restore warehouse and archive from a backup, into the configured places.",
    ),
    "rebuild": CommandPlace(
        "mtqg.maintenance.rebuild",
        "rebuild",
        "Make the whole warehouse again from the archive: its bytes and the documents of its runs.",
    ),
    "verify": CommandPlace(
        "mtqg.maintenance.verify",
        "verify",
        "Read every file of the archive: is it there, and are its bytes those that came?",
    ),
    "purge": CommandPlace(
        "mtqg.maintenance.purge",
        "purge",
        "List the files with personal data past their retention; with --confirm, delete them.",
    ),
    "watch": CommandPlace(
        "mtqg.watch",
        "watch",
        "Exit with code 1 and a sentence if no run has completed lately or the last one failed.",
    ),
    "mail": CommandPlace(
        "mtqg.mails.mail",
        "mail_app",
        "Send what waits in the outbox, and look at the mails.",
    ),
    "pack": CommandPlace(
        "mtqg.packs.pack",
        "pack_app",
        "A province's pack: check one, or begin a new one.",
        is_for_others=True,
    ),
    "national": CommandPlace(
        "mtqg.national.national",
        "national_app",
        "The country's figures, from what every province's runs send.",
        is_for_others=True,
    ),
    "provinces": CommandPlace(
        "mtqg.provinces.provinces",
        "provinces_app",
        "Many provinces on one Prefect server: check, deploy and survey them.",
    ),
    "rules": CommandPlace(
        "mtqg.rules.rules",
        "rules_app",
        "List the rules, compare two rule sets, and propose bounds from past reports.",
        is_for_others=True,
    ),
}


class LazyGroup(TyperGroup):
    """The commands of `COMMANDS`: listed without an import, loaded for a call or their help."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = {name: self._entry(name, place) for name, place in COMMANDS.items()}

    def _entry(self, name: str, place: CommandPlace) -> TyperCommand:
        """Return the entry of a command in the list; it cannot be called."""
        return TyperCommand(
            name,
            callback=None,
            short_help=place.summary,
            rich_markup_mode=self.rich_markup_mode,
        )

    def resolve_command(
        self,
        ctx: "Context",
        args: list[str],
    ) -> "tuple[str | None, Command | None, list[str]]":
        """Return the loaded command in place of its entry in the list."""
        name, command, rest = super().resolve_command(ctx, args)
        if name:
            command = load(name)
            if not COMMANDS[name].is_for_others:
                # Until the command ends, what it writes is for its own user only.
                ctx.with_resource(private_files())
        return name, command, rest


def load(name: str) -> "Command":
    """Import the module of a command of `COMMANDS` and return the command."""
    place = COMMANDS[name]
    with without_collecting():
        found = getattr(import_module(place.module), place.name)
    # Typer builds a command only within a group.
    group = typer.Typer(rich_markup_mode="rich", add_completion=False)
    if isinstance(found, typer.Typer):
        group.add_typer(found)
    else:
        group.command(name)(found)
    return get_group(group).commands[name]
