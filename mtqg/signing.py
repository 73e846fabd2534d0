"""Who gives a command: the audit trail names a person for each act that changes what counts."""

import getpass
from typing import Annotated

import typer

By = Annotated[str, typer.Option(help="Who does it. Default: the user of this machine.")]


def signer(by: str) -> str:
    """Return the name for the audit trail: `by`, or else the user of this machine."""
    if by.strip():
        return by.strip()
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run under a number that has no name.
        return "unknown user"
