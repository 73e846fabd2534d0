"""Zips of workbooks: what is in them, within limits, whatever their names and directories say."""

import io
import struct
import zipfile
from collections.abc import Mapping

import pytest

from connectors.zip_deliveries import is_zip_of_reports, members_of, refuse_zip
from program.limits import Limits
from tests.workbooks import report, workbook

BOOK = report()
PDF, PICTURE = b"%PDF-1.7", b"\x89PNG\r\n"


def packed(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def names(content: bytes) -> list[str]:
    return [member.name for member in members_of(content, Limits())]


def why_not(content: bytes, limits: Limits = Limits()) -> str | None:  # noqa: B008  (frozen)
    refusal = refuse_zip(content, limits)
    return " ".join([refusal.rule, *refusal.values.values()]) if refusal else None


@pytest.mark.parametrize(
    "content",
    [BOOK, b"", b"PK\x03\x04", b"PK\x05\x06" + bytes(18), packed({"word/document.xml": b"x"}), PDF],
)
def test_a_workbook_a_document_and_what_is_broken_are_no_packages(content: bytes) -> None:
    assert not is_zip_of_reports(content)


@pytest.mark.parametrize(
    "files", [{"a.xlsx": BOOK}, {"a.pdf": PDF}, {}], ids=["workbook", "scan", "nothing"]
)
def test_a_zip_of_files_is_a_package(files: dict[str, bytes]) -> None:
    assert is_zip_of_reports(packed(files)) is bool(files)


def test_workbooks_are_taken_out_and_what_goes_with_them_is_distinguished() -> None:
    files = {
        "a.xlsx": BOOK,
        "quyet-dinh": PDF,
        "anh.xlsx": PICTURE,
        "b.csv": b"a;b\n1;2\n",
        "c.json": b"{}",
        "doc.txt": b"Xin chao.\n",
    }
    members = list(members_of(packed(files), Limits()))
    assert [(m.name, m.is_readable, m.is_attachment, m.content) for m in members] == [
        ("a.xlsx", True, False, BOOK),
        ("quyet-dinh", False, True, PDF),
        ("anh.xlsx", False, True, PICTURE),
        ("b.csv", True, False, files["b.csv"]),
        ("c.json", True, False, b"{}"),
        ("doc.txt", False, True, files["doc.txt"]),
    ]


def test_what_systems_leave_in_zips_is_left_out() -> None:
    junk = [
        "__MACOSX/._a.xlsx",
        ".DS_Store",
        "x/Thumbs.db",
        "desktop.ini",
        "~$a.xlsx",
        "x/",
        "y\\.DS_Store",
    ]
    assert names(packed({"a.xlsx": BOOK, **dict.fromkeys(junk, b"")})) == ["a.xlsx"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "etc/passwd"),
        ("/abs/a.xlsx", "abs/a.xlsx"),
        ("Q1\\Báo cáo.xlsx", "Q1/Báo cáo.xlsx"),
        ("a\x1b[31m\n.xlsx", "a [31m .xlsx"),
        ("Ba\u0301o ca\u0301o.xlsx", "Báo cáo.xlsx"),
        ("..", "?"),
    ],
)
def test_a_name_is_for_people_and_never_a_path(name: str, shown: str) -> None:
    assert names(packed({name: BOOK})) == [shown]


def test_a_long_name_is_cut_and_keeps_its_ending() -> None:
    (name,) = names(packed({f"{'dài' * 150}.xlsx": BOOK}))
    assert len(name) == 200
    assert name.endswith("….xlsx")


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("Báo cáo.xlsx".encode(), "Báo cáo.xlsx"),
        ("Báo cáo quý 4.xlsx".encode("cp1258", "ignore"), None),
        (b"a\x82.xlsx", None),
    ],
    ids=["UTF-8 unmarked", "Windows-1258", "code page 437"],
)
def test_a_name_without_its_encoding_is_read_as_well_as_may_be(
    raw: bytes, shown: str | None
) -> None:
    content = packed({"x" * len(raw): BOOK}).replace(b"x" * len(raw), raw)
    (name,) = names(content)
    assert name == shown if shown else name.endswith(".xlsx")


def test_two_files_of_one_name_are_two() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.xlsx", BOOK)
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a.xlsx", BOOK + b" ")
    assert [m.content for m in members_of(buffer.getvalue(), Limits())] == [BOOK, BOOK + b" "]


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        (Limits(packed_files=1), "FILE-05 1 tệp trong một tệp nén"),
        (Limits(packed_bytes=1000), "FILE-05 0 MB sau khi giải nén"),
        (Limits(), None),
    ],
)
def test_a_zip_beyond_its_limits_is_refused_as_a_whole(limits: Limits, told: str | None) -> None:
    found = why_not(packed({"a.xlsx": BOOK, "b.xlsx": BOOK + b" "}), limits)
    assert found == told or (
        told is not None and found is not None and found.split()[0] == told.split()[0]
    )


def test_a_member_beyond_the_limits_is_refused_alone_and_never_unpacked() -> None:
    content = packed(
        {"a.xlsx": BOOK, "bomb.xlsx": bytes(20_000_000), "big.csv": b"1;2\n" * 300_000}
    )
    bomb, big = list(members_of(content, Limits(delivery_bytes=1_100_000)))[1:]
    assert [(m.content, m.refusal.rule if m.refusal else None) for m in (bomb, big)] == [
        (None, "FILE-05"),
        (None, "FILE-05"),
    ]
    (dense,) = [m for m in members_of(content, Limits()) if m.name == "bomb.xlsx"]
    assert dense.refusal is not None
    assert dense.refusal.values["limit"] == "200 lần khi giải nén"


def test_a_directory_that_lies_about_a_size_gets_no_more_than_it_says() -> None:
    content = packed({"a.xlsx": BOOK, "b.csv": b"1;2\n" * 50_000})
    lie = content.replace(struct.pack("<I", 200_000), struct.pack("<I", 10))
    assert lie != content
    assert [m.refusal.rule if m.refusal else None for m in members_of(lie, Limits())] == [
        None,
        "FILE-03",
    ]


def test_members_that_share_their_bytes_are_refused() -> None:
    content = packed({"a.xlsx": BOOK, "b.xlsx": BOOK})
    start = content.rindex(b"PK\x01\x02")
    second = struct.unpack_from("<I", content, start + 42)[0]
    overlapping = content[: start + 42] + struct.pack("<I", 0) + content[start + 46 :]
    assert second
    assert (why_not(overlapping) or "").startswith("FILE-03 các tệp trong tệp nén chồng lên nhau")


def test_a_locked_member_is_reported_alone_and_a_locked_zip_as_a_whole() -> None:
    def lock(content: bytes, at: int) -> bytes:
        return content[: at + 8] + b"\x01" + content[at + 9 :]

    content = packed({"a.xlsx": BOOK, "b.xlsx": BOOK})
    one = lock(content, content.rindex(b"PK\x01\x02"))
    assert why_not(one) is None
    assert [m.refusal.rule if m.refusal else None for m in members_of(one, Limits())] == [
        None,
        "FILE-04",
    ]
    assert why_not(lock(one, one.index(b"PK\x01\x02"))) == "FILE-04"


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"a.pdf": PDF}, "FILE-02 tệp nén zip không chứa bảng tính"),
        ({"inner.zip": packed({"a.xlsx": BOOK})}, "FILE-02 tệp nén zip không chứa bảng tính"),
        ({"a.rar": b"Rar!\x1a\x07"}, "FILE-02 tệp nén zip không chứa bảng tính"),
    ],
)
def test_the_sender_of_a_zip_without_a_readable_file_reads_what_it_is(
    files: dict[str, bytes], told: str
) -> None:
    assert why_not(packed(files)) == told


def test_an_archive_in_a_zip_is_no_enclosure_it_is_read_and_reported() -> None:
    inner = list(
        members_of(
            packed({"a.xlsx": workbook(("S", [[1]])), "b.zip": packed({"c.xlsx": BOOK})}), Limits()
        )
    )[1]
    assert (inner.is_attachment, inner.is_readable, inner.refusal) == (False, False, None)


def test_any_damage_ends_in_members_or_a_refusal() -> None:
    content = packed({"a.csv": b"a;b\n1;2\n", "b.pdf": PDF})
    for at in range(len(content)):
        damaged = content[:at] + bytes([content[at] ^ 0x5A]) + content[at + 1 :]
        if is_zip_of_reports(damaged) and refuse_zip(damaged, Limits()) is None:
            list(members_of(damaged, Limits()))
        if is_zip_of_reports(content[:at]):
            refuse_zip(content[:at], Limits())
