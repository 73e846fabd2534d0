"""The archive: written once, given back as it was, or not at all."""

import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import fsspec
import pytest

from connectors.archive import Archive
from program.errors import ArchiveError, ConfigurationError

CONTENT = "Báo cáo".encode()
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(str(tmp_path / "archive"))


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "archive" / SHA256[:2] / SHA256


def test_bytes_come_back_by_their_own_sha256(archive: Archive, kept: Path) -> None:
    assert archive.put(CONTENT) == SHA256
    assert archive.get(SHA256) == CONTENT
    assert kept.read_bytes() == CONTENT


def test_empty_bytes_are_bytes(archive: Archive) -> None:
    assert archive.get(archive.put(b"")) == b""


def test_the_same_bytes_again_change_nothing(archive: Archive, kept: Path) -> None:
    archive.put(CONTENT)
    before = kept.stat()
    assert archive.put(CONTENT) == SHA256
    assert (kept.stat().st_mtime_ns, kept.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


def test_nothing_half_written_is_left_behind(archive: Archive, kept: Path) -> None:
    archive.put(CONTENT)
    assert list(kept.parent.iterdir()) == [kept]
    assert list(archive.names()) == [f"{SHA256[:2]}/{SHA256}"]


def test_bytes_are_on_the_disk_before_they_bear_their_name(
    archive: Archive, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[str, bool]] = []
    monkeypatch.setattr(
        "os.fsync",
        lambda opened: synced.append(
            (str(Path(f"/proc/self/fd/{opened}").readlink()), kept.exists())
        ),
    )
    archive.put(CONTENT)
    (first, was_named), *folders = synced
    assert (first.endswith(".part"), was_named) == (True, False)
    assert folders == [(str(kept.parent), True), (str(kept.parent.parent), True)]


def test_what_a_killed_run_left_half_written_is_swept_once_nobody_writes_it_any_more(
    archive: Archive, kept: Path
) -> None:
    archive.put(CONTENT)
    unfinished = kept.parents[1] / "unfinished"
    old, young = unfinished / "17-1.part", unfinished / "18-1.part"
    for path, hour in ((old, 3), (young, 5)):
        path.write_bytes(b"half")
        os.utime(path, (hour * 3600, hour * 3600))
    assert archive.sweep(datetime(1970, 1, 1, 4, tzinfo=UTC)) == 1
    assert list(unfinished.iterdir()) == [young]
    assert archive.get(SHA256) == CONTENT


def test_a_document_is_replaced_in_one_move_and_the_same_again_is_not_written(
    archive: Archive, kept: Path
) -> None:
    archive.write("ledger/runs/000001.json", b"one")
    file = kept.parents[1] / "ledger" / "runs" / "000001.json"
    before = file.stat().st_ino
    archive.write("ledger/runs/000001.json", b"one")
    assert file.stat().st_ino == before
    archive.write("ledger/runs/000001.json", b"two")
    assert archive.read("ledger/runs/000001.json") == b"two"
    assert archive.read("ledger/runs/000002.json") is None
    assert list(archive.names("ledger")) == ["ledger/runs/000001.json"]


def test_the_same_bytes_at_the_same_time_are_kept_once(archive: Archive, kept: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(archive.put, [CONTENT] * 64)) == {SHA256}
    assert list(kept.parent.iterdir()) == [kept]
    assert archive.get(SHA256) == CONTENT


def test_missing_bytes_are_a_sentence_that_says_what_to_do(archive: Archive) -> None:
    with pytest.raises(
        ArchiveError,
        match=f"archive: {SHA256} is missing in .*/archive; restore it from the backup",
    ):
        archive.get(SHA256)


def test_corrupted_bytes_are_never_given_back(archive: Archive, kept: Path) -> None:
    archive.put(CONTENT)
    kept.write_bytes(b"something else")
    with pytest.raises(
        ArchiveError, match=f"the bytes kept as {SHA256} now have sha256 .*; restore them"
    ):
        archive.get(SHA256)


def test_a_file_that_a_power_cut_left_empty_is_written_again(archive: Archive, kept: Path) -> None:
    archive.put(CONTENT)
    kept.write_bytes(b"")
    archive.put(CONTENT)
    assert archive.get(SHA256) == CONTENT


def test_a_place_that_takes_nothing_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "archive").write_text("a file, no folder")
    with pytest.raises(ArchiveError, match=f"archive: cannot keep {SHA256}: "):
        Archive(str(tmp_path / "archive")).put(CONTENT)


def test_an_unknown_kind_of_url_is_a_wrong_setting() -> None:
    with pytest.raises(ConfigurationError, match="MTQG_ARCHIVE_URL: "):
        Archive("fax://host/archive")


@pytest.fixture
def memory() -> Iterator[str]:
    yield "memory://archive"
    fsspec.filesystem("memory").rm("/archive", recursive=True)


def test_any_url_that_fsspec_knows_is_an_archive(memory: str) -> None:
    archive = Archive(memory)
    assert archive.put(CONTENT) == archive.put(CONTENT) == SHA256
    assert archive.get(SHA256) == CONTENT
    assert fsspec.filesystem("memory").find("/archive") == [f"/archive/{SHA256[:2]}/{SHA256}"]
