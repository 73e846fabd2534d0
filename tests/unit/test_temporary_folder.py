"""A temporary folder goes with its block, and those of killed processes with the next one."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

from program.machine.temporary_folder import temporary_folder

HOUR = timedelta(hours=1)
KILLED = """
import os, signal, sys
from datetime import timedelta
from pathlib import Path
from program.machine.temporary_folder import temporary_folder
with temporary_folder(Path(sys.argv[1]), ".try-", abandoned_after=timedelta(hours=1)) as folder:
    (folder / "half").write_bytes(b"x")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def last_written(folder: Path, ago: timedelta) -> None:
    """Set the age of a folder and of all in it."""
    then = time.time() - ago.total_seconds()
    for each in (*folder.rglob("*"), folder):
        os.utime(each, (then, then))


def test_what_a_killed_process_left_goes_with_the_next_one_and_not_while_it_is_young(
    tmp_path: Path,
) -> None:
    ended = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    assert ended.returncode == -signal.SIGKILL
    (left,) = tmp_path.iterdir()
    with temporary_folder(tmp_path, ".try-", abandoned_after=HOUR):
        assert (left / "half").exists()
    last_written(left, HOUR)
    with temporary_folder(tmp_path, ".try-", abandoned_after=HOUR) as folder:
        assert list(tmp_path.iterdir()) == [folder]
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_which_a_file_was_just_written_stays(tmp_path: Path) -> None:
    at_work = tmp_path / ".try-1"
    at_work.mkdir()
    (at_work / "part").write_bytes(b"x")
    last_written(at_work, 2 * HOUR)
    os.utime(at_work / "part")
    with temporary_folder(tmp_path, ".try-", abandoned_after=HOUR):
        assert (at_work / "part").exists()


def test_nothing_of_another_name_and_nothing_behind_a_link_is_removed(tmp_path: Path) -> None:
    parent = tmp_path / "parent"
    parent.mkdir()
    others = tmp_path / "others"
    for folder in (others, parent / "try-1"):
        folder.mkdir()
        (folder / "kept").write_bytes(b"x")
        last_written(folder, 2 * HOUR)
    (parent / ".try-link").symlink_to(others)
    (parent / ".try-file").write_bytes(b"x")
    os.utime(parent / ".try-file", (0, 0))
    with temporary_folder(parent, ".try-", abandoned_after=HOUR):
        pass
    assert (others / "kept").exists()
    left = [path.name for path in parent.iterdir()]
    assert sorted(left) == [".try-file", ".try-link", "try-1"]
