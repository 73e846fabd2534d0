"""A sender whose folder holds nothing but harm: more than sixty files, each different, named by what is wrong."""

import io
import os
import socket
import warnings
import zipfile
from pathlib import Path

from tests.arriving import an_hour_old
from tests.hostile import HOSTILE, members_of, zipped
from tests.integration.test_hostile import SLOW
from tests.mutations.damage import mutated
from tests.workbooks import CLASS, OTHER_CLASS, class_list, report

DAMAGED = 24
NAMES = [
    b"b\xe1o c\xe1o.xlsx",
    b"\xff\xfe.xlsx",
    b"a\x1b[2Jb.xlsx",
    b"a\nBcc: x@y.example.xlsx",
    "bao\u202excao.xslx".encode(),
    b"-rf.xlsx",
    b"$(reboot).xlsx",
    b"=cmd|'!A0.xlsx",
    b"{{ 7 * 7 }}.xlsx",
    b"%s%n%x.xlsx",
    b"<script>alert(1)<!--.xlsx",
    b"'; DROP TABLE facts; --.xlsx",
    b"a..%2f..%2fetc%2fpasswd",
    b"\\\\host\\share\\a.xlsx",
    b"CON.xlsx",
    b" .xlsx",
    b"d" * 250 + b".xlsx",
]
"""Names that do harm where they are a path, a command, a pattern, a header or markup."""


def fill_hostile_inbox(folder: Path) -> list[str]:
    """Fill a folder of one sender; return what lies there, by name as the file system has it."""
    for name, content in {**_contents(), **_zips()}.items():
        an_hour_old(_put(folder, name.encode(), content))
    for number, name in enumerate(NAMES):
        # Each with a figure of its own: the same bytes again would be a duplicate.
        classes = class_list(lines=([*CLASS[:-1], f"Phòng {number}"], OTHER_CLASS))
        an_hour_old(_put(folder, name, report(classes=classes)))
    _put_what_is_no_file(folder)
    return sorted(path.name for path in folder.iterdir())


def _put(folder: Path, name: bytes, content: bytes) -> Path:
    path = Path(os.fsdecode(os.fsencode(folder) + b"/" + name))
    path.write_bytes(content)
    return path


def _contents() -> dict[str, bytes]:
    """Files whose content is the harm."""
    made = {
        f"hostile {number}.xlsx": build()
        for number, (name, (build, _)) in enumerate(HOSTILE.items())
        if name not in SLOW
    }
    made |= {f"damaged {number}.xlsx": mutated(number, 1719)[1] for number in range(DAMAGED)}
    return made | {
        "empty.xlsx": b"",
        "one byte.xlsx": b"P",
        "zeros.xlsx": bytes(100_000),
        "program.xlsx": b"MZ" + bytes(2000),
        "scan.xlsx": b"%PDF-1.7\n%%EOF",
        "page.xls": b"<html><img src=x onerror=alert(1)></html>",
        "letter.xls": rb"{\rtf1\ansi hello}",
        "formulas.csv": b'=cmd|"/c calc"!A0;@SUM(1);+1;-1\n' * 50,
        "no mark.csv": "Đơn vị báo cáo;Huyện".encode("utf-16-le"),
        "deep.json": b"[" * 100_000,
        "numbers.json": b'{"form": "training", "unit": ' + b"9" * 5000 + b"}",
        "entities.xml": b'<!DOCTYPE x [<!ENTITY a "a">]><Workbook>&a;</Workbook>',
    }


def _zips() -> dict[str, bytes]:
    """Packages of reports that are none, or more than they say."""
    good = report()
    encrypted = bytearray(zipped({"a.xlsx": good}))
    encrypted[6] |= 1
    return {
        "bomb.zip": zipped({"a.xlsx": bytes(200_000_000)}),
        "out.zip": zipped({"../../out.xlsx": good + b"1", "/etc/out.xlsx": good + b"2"}),
        "zip in zip.zip": zipped({"inner.zip": zipped({"a.xlsx": good})}),
        "many.zip": zipped({f"{number}.xlsx": b"%d" % number for number in range(3000)}),
        "empty.zip": zipped({}),
        "encrypted.zip": bytes(encrypted),
        "twice.zip": _twice("a.xlsx", good),
        "half.zip": zipped({"a.xlsx": good})[:2000],
        "other member.zip": zipped({"a.xlsx": zipped(members_of(good))[:-100]}),
    }


def _twice(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w") as package:
        warnings.simplefilter("ignore")
        package.writestr(name, content + b"3")
        package.writestr(name, content + b"4")
    return buffer.getvalue()


def _put_what_is_no_file(folder: Path) -> None:
    os.mkfifo(folder / "pipe.xlsx")
    (folder / "loop.xlsx").symlink_to(folder / "loop.xlsx")
    (folder / "nowhere.xlsx").symlink_to(folder / "no such file.xlsx")
    (folder / "secret.csv").symlink_to("/etc/passwd")
    (folder / "root").symlink_to("/", target_is_directory=True)
    here = Path.cwd()
    os.chdir(folder)
    try:
        # The address of a socket is short, the path of a test is not.
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind("socket.xlsx")
    finally:
        os.chdir(here)
