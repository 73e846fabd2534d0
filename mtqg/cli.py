"""The entry of the command: its help, and the one place that prints errors."""

import sys

import typer

from mtqg.commands import LazyGroup
from mtqg.console import errors
from program.errors import MtqgError

app = typer.Typer(
    name="mtqg",
    cls=LazyGroup,
    help=(
        "Nightly pipeline of National Target Program 1719: collects what districts send, checks "
        "it to the cell, keeps every figure with its history, publishes the page and writes the "
        "mails.\n\n"
        "A first walk: [bold]mtqg run[/], then [bold]mtqg status[/], then ask any number where it "
        "came from with [bold]mtqg trace[/]. Another province begins with [bold]mtqg pack new[/]. "
        "Settings are environment variables MTQG_…; .env.example lists them."
    ),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)


@app.callback()
def _mtqg() -> None:
    # Without a callback, Typer makes no group: it does not see the commands of LazyGroup.
    pass


def main() -> None:
    """Run the command. An error of ours becomes a sentence on stderr and exit code 1."""
    try:
        app()
    except MtqgError as error:
        errors.print(f"[bold red]error[/] {error}", soft_wrap=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
