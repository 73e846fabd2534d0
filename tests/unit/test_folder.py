"""A folder of files: what is offered, what waits for the next run, and what an operator reads."""

import os
import socket
import time
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.local import LocalFileSystem

from connectors.sources.folder import Folder
from program.delivery import Offer, UnusableOffer
from program.errors import ConfigurationError, SourceError, StillArrivingError, TransientError
from program.pack.source import FolderSource
from program.settings import ROOT
from tests.workbooks import report

SOURCE = FolderSource(
    name="inbox", kind="folder", url="unused", sender=r"^(?P<unit>\d{2,5})[^/]*/", settle_seconds=60
)
LIMIT = 1_000_000
OLD = 1_700_000_000
CUT_TEXT = (ROOT / "tests" / "data" / "cases" / "cut-at-line-end.csv").read_bytes()
XLS = (ROOT / "tests" / "data" / "good" / "training-libreoffice.xls").read_bytes()


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def folder(inbox: Path) -> Folder:
    return Folder(SOURCE, str(inbox))


def put(inbox: Path, name: str, content: bytes = b"x", when: float | None = OLD) -> Path:
    path = inbox / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    if when is not None:
        os.utime(path, (when, when))
    return path


def offered(folder: Folder) -> list[Offer]:
    return [offer for offer, _ in folder.offers(None)]


def test_files_are_offered_at_any_depth_oldest_first_with_their_sender(
    inbox: Path, folder: Folder
) -> None:
    put(inbox, "942-chau-thanh/q4.xlsx", when=OLD + 10)
    put(inbox, "943-ke-sach/2024/sửa lần 2/q4.xlsx", when=OLD)
    put(inbox, "loose.xlsx", when=OLD + 20)
    found = offered(folder)
    assert [(o.external_id, o.sender_unit) for o in found] == [
        ("943-ke-sach/2024/sửa lần 2/q4.xlsx", "943"),
        ("942-chau-thanh/q4.xlsx", "942"),
        ("loose.xlsx", None),
    ]
    assert (found[1].name, found[1].size, found[1].offered_at) == (
        "q4.xlsx",
        1,
        datetime.fromtimestamp(OLD + 10, UTC),
    )


def test_a_folder_has_no_cursor(inbox: Path, folder: Folder) -> None:
    put(inbox, "a.xlsx")
    assert [cursor for _, cursor in folder.offers("whatever")] == [None]


@pytest.mark.parametrize(
    "name",
    [
        "~$q4.xlsx",
        ".~lock.q4.xlsx#",
        ".hidden.xlsx",
        ".trash/q4.xlsx",
        "942/.git/config",
        "q4.xlsx.part",
        "q4.xlsx.PART",
        "q4.xlsx.filepart",
        "q4.crdownload",
        "q4.tmp",
        "Thumbs.db",
        "desktop.ini",
    ],
)
def test_what_programs_leave_beside_a_file_is_not_offered(
    inbox: Path, folder: Folder, name: str
) -> None:
    put(inbox, name)
    assert offered(folder) == []


@pytest.mark.parametrize(
    "name", ["partial report.xlsx", "q4.part1.xlsx", "tmp.xlsx", "~q4.xlsx", "report"]
)
def test_names_that_only_look_like_leftovers_are_offered(
    inbox: Path, folder: Folder, name: str
) -> None:
    put(inbox, name)
    assert [o.external_id for o in offered(folder)] == [name]


def test_a_decomposed_name_is_shown_composed_and_fetched_as_it_is(
    inbox: Path, folder: Folder
) -> None:
    name = unicodedata.normalize("NFD", "Báo cáo.xlsx")
    put(inbox, name, b"bytes")
    (offer,) = offered(folder)
    assert (offer.name, offer.external_id) == ("Báo cáo.xlsx", name)
    assert folder.fetch(offer, LIMIT) == b"bytes"


def test_a_file_that_was_replaced_has_another_version(inbox: Path, folder: Folder) -> None:
    put(inbox, "a.xlsx", b"one", OLD)
    before = offered(folder)[0]
    put(inbox, "a.xlsx", b"two", OLD + 1)
    after = offered(folder)[0]
    assert before.external_id == after.external_id
    assert before.external_version != after.external_version
    assert offered(folder)[0] == after


def test_a_file_that_changes_while_it_is_read_waits_for_the_next_run(
    inbox: Path, folder: Folder
) -> None:
    put(inbox, "a.xlsx", b"one", OLD)
    (offer,) = offered(folder)
    put(inbox, "a.xlsx", b"one and more", OLD + 1)
    with pytest.raises(
        StillArrivingError, match="a.xlsx is still being written; the next run takes it"
    ):
        folder.fetch(offer, LIMIT)


@pytest.mark.parametrize(
    "content",
    [report()[:2000], b"", CUT_TEXT, XLS[: len(XLS) // 2], XLS, b"%PDF-1.7"],
    ids=["half a workbook", "nothing yet", "half a text", "half an .xls", "an .xls", "a PDF"],
)
def test_a_young_file_that_may_be_half_there_waits_and_an_old_one_is_taken_as_it_is(
    inbox: Path, folder: Folder, content: bytes
) -> None:
    path = put(inbox, "a.xlsx", content, when=time.time() - 5)
    with pytest.raises(StillArrivingError):
        folder.fetch(offered(folder)[0], LIMIT)
    os.utime(path, (OLD, OLD))
    assert folder.fetch(offered(folder)[0], LIMIT) == content


def test_a_young_file_that_shows_its_end_is_taken_at_once(inbox: Path, folder: Folder) -> None:
    content = report()
    put(inbox, "a.xlsx", content, when=None)
    assert folder.fetch(offered(folder)[0], LIMIT) == content


def test_a_file_beyond_the_limit_is_none_whether_or_not_its_size_was_known(
    inbox: Path, folder: Folder
) -> None:
    put(inbox, "a.xlsx", b"12345")
    (offer,) = offered(folder)
    assert folder.fetch(offer, 5) == b"12345"
    assert folder.fetch(offer, 4) is None
    unknown = Offer(
        offer.external_id, offer.external_version, offer.name, offer.offered_at, size=None
    )
    assert folder.fetch(unknown, 4) is None


def test_a_file_that_is_gone_is_a_sentence_with_the_source_s_name(
    inbox: Path, folder: Folder
) -> None:
    path = put(inbox, "a.xlsx")
    (offer,) = offered(folder)
    path.unlink()
    with pytest.raises(SourceError, match="cannot read a.xlsx: ") as error:
        folder.fetch(offer, LIMIT)
    assert not isinstance(error.value, StillArrivingError | TransientError)


def test_a_missing_folder_is_a_sentence_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(
        SourceError, match="no folder at .*/nowhere; create it or set MTQG_INBOX_URL"
    ):
        offered(Folder(SOURCE, str(tmp_path / "nowhere")))


def test_a_file_where_the_folder_should_be_is_a_sentence(inbox: Path) -> None:
    with pytest.raises(SourceError, match="is a file; name the folder that it is in"):
        offered(Folder(SOURCE, str(put(inbox, "file"))))


def test_an_unknown_kind_of_url_is_a_wrong_setting_and_its_password_is_not_printed() -> None:
    with pytest.raises(ConfigurationError, match="cannot use the folder fax://…@host/x: ") as error:
        Folder(SOURCE, "fax://user:p@ss@host/x")
    assert "p@ss" not in str(error.value)


class Failing:
    """A file system that fails as a test says."""

    def __init__(self, error: OSError) -> None:
        self.error = error

    def __getattr__(self, name: str) -> Any:
        def fail(*args: object, **kwargs: object) -> None:
            if name != "invalidate_cache":
                raise self.error

        return fail


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ConnectionResetError("reset"), TransientError),
        (TimeoutError("slow"), TransientError),
        (PermissionError("no"), SourceError),
    ],
)
def test_what_a_retry_may_cure_is_distinguished_from_what_it_does_not(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, error: OSError, kind: type[SourceError]
) -> None:
    monkeypatch.setattr(folder, "_files", Failing(error))
    with pytest.raises(SourceError, match="cannot list") as listed:
        offered(folder)
    with pytest.raises(SourceError, match="cannot read a.xlsx") as fetched:
        folder.fetch(Offer("a.xlsx", "1", "a.xlsx", datetime(2024, 1, 1, tzinfo=UTC)), LIMIT)
    assert type(listed.value) is type(fetched.value) is kind


class OneFile:
    """A file system with one file, of which it says what it is given."""

    def __init__(self, details: dict[str, Any]) -> None:
        self._details = details

    def invalidate_cache(self) -> None: ...

    def isdir(self, path: str) -> bool:
        return True

    def ls(self, path: str, detail: bool) -> list[dict[str, Any]]:
        return [{"name": f"{path}/a.xlsx", "type": "file", "size": 1, **self._details}]


@pytest.mark.parametrize(
    "info",
    [
        {"mtime": 1735689600.0},
        {"mtime": datetime(2025, 1, 1, tzinfo=UTC)},
        {"mtime": datetime(2025, 1, 1)},
        {"LastModified": datetime(2025, 1, 1, tzinfo=UTC)},
        {"modified": datetime(2025, 1, 1, tzinfo=UTC)},
        {"updated": "2025-01-01T00:00:00Z"},
        {"created": datetime(2025, 1, 1, tzinfo=UTC)},
        {"modified": "2025-01-01T07:00:00+07:00"},
    ],
)
def test_every_file_system_s_word_for_when_is_understood(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, info: dict
) -> None:
    monkeypatch.setattr(folder, "_files", OneFile(info))
    assert offered(folder)[0].offered_at == datetime(2025, 1, 1, tzinfo=UTC)


def test_an_etag_is_the_version_whatever_digits_the_time_has(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = datetime(2025, 1, 1, 0, 0, 0, 123_000, tzinfo=UTC)
    versions = []
    for details in (
        {"ETag": '"abc"', "LastModified": listed},
        {"ETag": '"abc"', "LastModified": listed.replace(microsecond=0)},
        {"etag": 'W/"abc"'},
        {"etag": '"other"', "modified": listed},
    ):
        monkeypatch.setattr(folder, "_files", OneFile(details))
        versions.append(offered(folder)[0].external_version)
    assert versions[0] == versions[1] == versions[2] != versions[3]


@pytest.mark.parametrize(
    "stamp", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "x", 1e300]
)
def test_a_time_outside_the_calendar_is_an_unknown_time(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, stamp: object
) -> None:
    monkeypatch.setattr(folder, "_files", OneFile({"mtime": stamp}))
    assert offered(folder)[0].offered_at is None


def refusals(folder: Folder) -> dict[str, str]:
    return {o.external_id: o.refusal.values["kind"] for o in offered(folder) if o.refusal}


def test_what_is_no_file_is_a_refused_offer_and_the_others_are_offered(
    inbox: Path, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(inbox, "a.xlsx")
    (inbox / "gone.xlsx").symlink_to(inbox / "nowhere.xlsx")
    (inbox / "one.xlsx").symlink_to(inbox / "two.xlsx")
    (inbox / "two.xlsx").symlink_to(inbox / "one.xlsx")
    (inbox / "942-a").mkdir()
    os.mkfifo(inbox / "942-a" / "pipe.xlsx")
    with socket.socket(socket.AF_UNIX) as listening:
        # The address of a socket is short, the path of a test is not.
        monkeypatch.chdir(inbox)
        listening.bind("socket.xlsx")
    assert [o.external_id for o in offered(folder) if not o.refusal] == ["a.xlsx"]
    nowhere = "liên kết không dẫn đến tệp nào"
    special = "tệp đặc biệt của hệ điều hành (ống dẫn, ổ cắm hoặc thiết bị)"
    assert refusals(folder) == {
        "gone.xlsx": nowhere,
        "one.xlsx": nowhere,
        "two.xlsx": nowhere,
        "942-a/pipe.xlsx": special,
        "socket.xlsx": special,
    }


def test_a_refused_offer_has_the_same_version_each_time_so_that_it_is_named_once(
    inbox: Path, folder: Folder
) -> None:
    os.mkfifo(inbox / "pipe")
    (before,) = offered(folder)
    os.utime(inbox / "pipe", (OLD, OLD))
    (after,) = offered(folder)
    assert (before.external_id, before.external_version) == (
        after.external_id,
        after.external_version,
    )


def test_a_link_that_leads_out_of_the_folder_is_not_followed(
    inbox: Path, folder: Folder, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A sender who may make links could have any file of this machine quoted to them.

    Links within the folder do no harm.
    """
    secret = put(tmp_path_factory.mktemp("elsewhere"), "secret.csv")
    put(inbox, "942-a/a.xlsx")
    (inbox / "secret.csv").symlink_to(secret)
    (inbox / "folder").symlink_to(secret.parent, target_is_directory=True)
    (inbox / "own").symlink_to(inbox / "942-a", target_is_directory=True)
    (inbox / "again.xlsx").symlink_to(inbox / "942-a" / "a.xlsx")
    out = "liên kết dẫn ra ngoài thư mục tiếp nhận"
    assert refusals(folder) == {
        "secret.csv": out,
        "folder": out,
        "own": "liên kết đến một thư mục",
    }
    assert {o.external_id for o in offered(folder) if not o.refusal} == {
        "942-a/a.xlsx",
        "again.xlsx",
    }


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"b\xe1o c\xe1o.xlsx", "báo cáo.xlsx"),
        ("B¸o c¸o tËp huÊn.xls".encode("cp1252"), "Báo cáo tập huấn.xls"),
        (b"\xff\xfe\\x41.xlsx", "ÿ₫\\x41.xlsx"),
    ],
    ids=["Windows-1258", "TCVN3", "no text"],
)
def test_a_name_in_any_bytes_is_offered_under_an_id_that_a_database_stores(
    inbox: Path, folder: Folder, raw: bytes, shown: str
) -> None:
    path = os.fsencode(inbox) + b"/942-a/" + raw
    put(inbox, "942-a/whole.xlsx")
    Path(os.fsdecode(path)).write_bytes(b"bytes")
    os.utime(path, (OLD + 1, OLD + 1))
    whole, offer = offered(folder)
    assert whole.external_id == "942-a/whole.xlsx"
    assert (offer.name, offer.sender_unit) == (shown, "942")
    offer.external_id.encode()
    assert folder.fetch(offer, LIMIT) == b"bytes"


class Forbidden(LocalFileSystem):
    """A file system with one folder that nobody may list."""

    cachable = False

    def ls(self, path: str, detail: bool = False, **kwargs: Any) -> list[Any]:
        if path.endswith("/943-b"):
            raise PermissionError(13, "Permission denied", path)
        return super().ls(path, detail=detail, **kwargs)


def test_a_folder_that_may_not_be_listed_is_named_and_the_others_are_offered(
    inbox: Path, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As root a test can take the right to list from nobody, so the file system refuses."""
    put(inbox, "942-a/a.xlsx")
    put(inbox, "943-b/b.xlsx")
    monkeypatch.setattr(folder, "_files", Forbidden())
    usable, unusable = [offer for offer, _ in folder.offers(None)]
    assert isinstance(usable, Offer)
    assert usable.external_id == "942-a/a.xlsx"
    assert isinstance(unusable, UnusableOffer)
    assert unusable.name == "943-b"
    assert "cannot be listed: Permission denied" in unusable.reason


@pytest.fixture
def memory() -> Iterator[str]:
    files = fsspec.filesystem("memory")
    yield "memory://inbox"
    files.rm("/inbox", recursive=True)


def test_any_url_that_fsspec_knows_is_a_folder(memory: str) -> None:
    with fsspec.open(f"{memory}/942-chau-thanh/Báo cáo.xlsx", "wb") as file:
        # Another call has other bytes: the zip in them keeps the time.
        content = report()
        file.write(content)
    folder = Folder(SOURCE, memory)
    (offer,) = offered(folder)
    assert (offer.external_id, offer.sender_unit, offer.size) == (
        "942-chau-thanh/Báo cáo.xlsx",
        "942",
        len(content),
    )
    assert folder.fetch(offer, LIMIT) == content


def test_a_path_is_known_by_its_place_below_the_folder(inbox: Path, folder: Folder) -> None:
    assert folder.path_below(f"{inbox}/942/a.xlsx") == "942/a.xlsx"
    assert folder.path_below(f"{inbox}-other/a.xlsx") is None
    assert folder.sender_of("chau-thanh/942.xlsx") is None
