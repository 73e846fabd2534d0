"""Atomic write of a file that other processes may read or write at the same time."""

from pathlib import Path

from connectors.durable_files import unique_name


def write_atomic(path: Path, content: bytes) -> None:
    """Write a file in one move, and its folder where there is none.

    A reader sees the old content or all of the new. Raises OSError; then the old file is
    unchanged and no part of the new one is left.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # A sender's file name may have the greatest length already: no letter can be added to it.
    unfinished = path.with_name(f".{unique_name()}")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
