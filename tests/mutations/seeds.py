"""The good workbooks that are damaged: one report in each format that is read, and a filled-in template."""

import io
import json
import re
import warnings
import zipfile
from collections.abc import Callable, Sequence
from functools import cache

from connectors.reader.open.signatures import ZIP
from program.settings import ROOT
from tests.old_workbooks import biff5, xlsb
from tests.portal_reports import REPORT
from tests.unit.test_delimited import ROWS, text, windows_1258
from tests.workbooks import report, with_macros

_GOOD = ROOT / "tests" / "data" / "good"
_SAMPLES = ROOT / "examples" / "inbox"
_MOMENT = re.compile(rb"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def _in_windows_1258() -> bytes:
    rows = [
        [windows_1258(cell).decode("cp1258") if isinstance(cell, str) else cell for cell in row]
        for row in ROWS
    ]
    return biff5(rows)


def _sample(pattern: str) -> bytes:
    return min(_SAMPLES.glob(pattern)).read_bytes()


SEEDS: dict[str, Callable[[], bytes]] = {
    "xlsx": report,
    "xlsx of the template": lambda: _sample("942-*/*.xlsx"),
    "xlsx as published": lambda: _sample("94-*/*tập huấn*.xlsx"),
    "xlsm": lambda: with_macros(report()),
    "xls": (_GOOD / "training-libreoffice.xls").read_bytes,
    "xls of Excel 95": _in_windows_1258,
    "xlsb": lambda: xlsb(ROWS),
    "ods": (_GOOD / "training-libreoffice.ods").read_bytes,
    "csv": lambda: text().encode(),
    "json": lambda: json.dumps(REPORT, ensure_ascii=False, indent=1, default=str).encode(),
    "tsv in UTF-16": lambda: text("\t").encode("utf-16"),
}


@cache
def seed(name: str) -> bytes:
    """Return one of the good workbooks: the same bytes on every day."""
    content = SEEDS[name]()
    return (
        packed([(n, _MOMENT.sub(b"2025-01-01T00:00:00Z", m)) for n, m in members_of(content)])
        if content.startswith(ZIP)
        else content
    )


def members_of(content: bytes) -> list[tuple[str, bytes]]:
    """Return name and content of each member of a package, in order."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return [(member.filename, package.read(member)) for member in package.infolist()]


def packed(members: Sequence[tuple[str, bytes]]) -> bytes:
    """Return a package of the members, without the time of day that `zipfile` would write."""
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w") as package:
        warnings.simplefilter("ignore")  # of a name that is there twice
        for name, content in members:
            package.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
