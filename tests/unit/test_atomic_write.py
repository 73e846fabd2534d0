"""A file that is written whole: for readers, beside other writers, and where the disk is full."""

import errno
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from program.machine.atomic_write import write_atomic


def test_two_who_write_one_page_at_a_time_both_end_and_a_reader_sees_one_of_them(
    tmp_path: Path,
) -> None:
    page, contents = tmp_path / "site" / "index.html", [bytes([65 + n]) * 100_000 for n in range(4)]
    write_atomic(page, contents[0])
    with ThreadPoolExecutor(4) as pool:
        written = [pool.submit(write_atomic, page, content) for content in contents * 50]
        while not all(each.done() for each in written):
            assert page.read_bytes() in contents
        assert [each.exception() for each in written] == [None] * len(written)
    assert list(page.parent.iterdir()) == [page]


def test_a_full_disk_leaves_what_stood_there_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "index.html"
    write_atomic(page, b"before")
    write: Callable[[Path, bytes], int] = Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        write(path, content[:2])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomic(page, b"after")
    assert page.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [page]


def test_a_name_as_long_as_a_file_system_takes_is_written(tmp_path: Path) -> None:
    page = tmp_path / ("x" * 250 + ".xlsx")
    write_atomic(page, b"all")
    assert page.read_bytes() == b"all"
