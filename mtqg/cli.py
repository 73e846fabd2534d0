"""The entry of the command: its help, and the one place that prints errors."""

import sys
from importlib.metadata import version
from typing import Annotated, NoReturn

import typer

from mtqg.commands import LazyGroup
from mtqg.console import out, print_problem
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


def _print_version(wanted: bool) -> None:  # noqa: FBT001  (Typer calls it)
    if wanted:
        out.print(version("mtqg-monitor"))
        raise typer.Exit


# Without a callback, Typer makes no group: it does not see the commands of LazyGroup.
@app.callback()
def _mtqg(
    *,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command.

    An error of ours becomes a sentence on stderr and exit code 1. So does an error of the system
    about a file or folder that a setting or an argument names.
    """
    try:
        app()
    except MtqgError as error:
        _end_with(str(error))
    except OSError as error:
        if error.filename is None:
            raise
        _end_with(f"{error.filename}: {error.strerror}")


def _end_with(sentence: str) -> NoReturn:
    print_problem("error", sentence)
    sys.exit(1)


if __name__ == "__main__":
    main()
