"""Writing a file that others may read, or write, at the same time."""

from pathlib import Path

from connectors.durable import own_name


def write_whole(path: Path, content: bytes) -> None:
    """Write a file in one move, its folder too where there is none; whoever reads it sees the old one or all of the new.

    Raises OSError; what stood there stands then, and nothing is left beside it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # The name of a sender's file leaves no room for more letters.
    unfinished = path.with_name(f".{own_name()}")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
