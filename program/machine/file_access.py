"""Who may read what the program writes: its own user, but for the site and the downloads."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from program.errors import ConfigurationError

_OWN = 0o077
_PUBLIC = 0o022
_PASSABLE = 0o711


@contextmanager
def private_files() -> Iterator[None]:
    """Within this block, files and folders are written for the user of this process only.

    Reports hold names and telephone numbers, mails and logs too. The setting is that of the whole
    process, and of the processes that it starts.
    """
    before = os.umask(_OWN)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def public_files() -> Iterator[None]:
    """Within this block, files and folders may be read by everybody: a web server shows them."""
    before = os.umask(_PUBLIC)
    try:
        yield
    finally:
        os.umask(before)


def make_var(var: Path) -> None:
    """Make the folder of all that is written, if there is none.

    Others may pass through it, to the site, but not list it. A folder that exists keeps its mode:
    an operator may have set it. Raises ConfigurationError if it cannot be made.
    """
    if var.exists():
        return
    try:
        var.mkdir(parents=True)
        var.chmod(_PASSABLE)
    except OSError as error:
        raise ConfigurationError(
            f"MTQG_VAR: cannot make the folder {var}: {error.strerror}"
        ) from error
