"""The command's entry: its sub-commands, its help, and one place where an error becomes a sentence."""

import sys

import typer

from mtqg.checking.command import check
from mtqg.console import errors
from mtqg.keeping.backup import backup
from mtqg.keeping.purge import purge
from mtqg.keeping.rebuild import rebuild
from mtqg.keeping.restore import restore
from mtqg.mails.command import mail_app
from mtqg.packs.command import pack_app
from mtqg.page import page
from mtqg.reread import reread
from mtqg.rules.command import rules_app
from mtqg.run import run
from mtqg.status import status
from mtqg.templates.command import template
from mtqg.trace import trace
from mtqg.watch import watch
from mtqg.withdraw import withdraw
from program.errors import MtqgError

app = typer.Typer(
    name="mtqg",
    help=(
        "Nightly pipeline of National Target Program 1719: collects what districts send, checks it to the cell, keeps "
        "every figure with its history, publishes the page and writes the mails.\n\n"
        "A first walk: [bold]mtqg run[/], then [bold]mtqg status[/], then ask any number where it came from with "
        "[bold]mtqg trace[/]. Another province begins with [bold]mtqg pack new[/]. Settings are environment variables "
        "MTQG_…; .env.example lists them."
    ),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
for command in (run, check, template, status, trace, page, reread, withdraw, backup, restore, rebuild, purge, watch):
    app.command()(command)
app.add_typer(mail_app)
app.add_typer(pack_app)
app.add_typer(rules_app)


def main() -> None:
    """Run the command. An error that an operator can act on is a sentence on stderr and exit code 1."""
    try:
        app()
    except MtqgError as error:
        errors.print(f"[bold red]error[/] {error}", highlight=False, soft_wrap=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
