"""A folder for unfinished files in a place that stays, and the end of those that were abandoned.

A process that is killed cannot remove its folder: the next one of its kind does.
"""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path


@contextmanager
def temporary_folder(
    parent: Path | None, prefix: str, *, abandoned_after: timedelta
) -> Iterator[Path]:
    """Yield a new folder, and remove it at the end of the block.

    First, the folders in `parent` whose names begin with `prefix` are removed if nothing was
    written in them for `abandoned_after`. One that cannot be removed stops nothing. Where `parent`
    is None, the new folder is in the machine's folder for temporary files, and no other is removed.
    """
    if parent is not None:
        written_before = time.time() - abandoned_after.total_seconds()
        _remove_abandoned(parent, prefix, written_before)
    with tempfile.TemporaryDirectory(prefix=prefix, dir=parent) as folder:
        yield Path(folder)


def _remove_abandoned(parent: Path, prefix: str, written_before: float) -> None:
    for folder in parent.glob(f"{prefix}*"):
        if not folder.is_dir() or folder.is_symlink():
            continue
        try:
            last_written = max(each.stat().st_mtime for each in (folder, *folder.rglob("*")))
        except OSError:
            # Its owner is at work: a file was just moved away.
            continue
        if last_written <= written_before:
            shutil.rmtree(folder, ignore_errors=True)
