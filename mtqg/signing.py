"""Who gives a command: the audit trail names a person for each act that changes what counts."""

import getpass
from datetime import UTC, datetime
from typing import Annotated

import typer

from program.records.audit import Signature

By = Annotated[str, typer.Option(help="Who does it. Default: the user of this machine.")]


def signed(by: str, reason: str = "") -> Signature:
    """Return the signature of an act that is done now: by `by`, or the user of this machine."""
    return Signature(_signer(by), datetime.now(UTC), reason.strip())


def _signer(by: str) -> str:
    if by.strip():
        return by.strip()
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run under a number that has no name.
        return "unknown user"
