"""The failures of a mailbox as our errors."""

import imaplib
from collections.abc import Iterator
from contextlib import contextmanager

from program.errors import SourceError, TransientError


@contextmanager
def reported(name: str) -> Iterator[None]:
    """Raise SourceError for any failure of a mailbox; TransientError if a retry may help."""
    try:
        yield
    except (imaplib.IMAP4.error, OSError, ValueError) as wrong:
        reason: object = wrong
        # The library passes on a server's answer as bytes.
        if wrong.args and isinstance(wrong.args[0], bytes):
            reason = wrong.args[0].decode("utf-8", "replace")
        message = f"{name}: {type(wrong).__name__}: {reason}"
        # The library raises `abort` where the connection broke off.
        if isinstance(wrong, imaplib.IMAP4.abort | ConnectionError | TimeoutError):
            raise TransientError(message) from wrong
        raise SourceError(message) from wrong
