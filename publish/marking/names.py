"""What a marked workbook is called: as its sender called the file, with a word that says what it is."""

import re
import unicodedata
from pathlib import PurePosixPath

_LONGEST = 60
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*\u200e\u200f\u202a-\u202e\u2066-\u2069]+')
"""What Windows takes in no name, and what shows a name in another order than it has."""


def marked_name(name: str, suffix: str) -> str:
    """Return the file name; of a file in a zip ("quý 4.zip / xã A.xlsx") its own. No path, and never hidden."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition(" / ")[2]
    stem = _FORBIDDEN.sub(" ", PurePosixPath(last).stem).removesuffix(f"({suffix})")
    plain = " ".join(stem.split()).strip(". ")[:_LONGEST].rstrip(". ")
    return f"{plain or 'bao-cao'} ({suffix}).xlsx"
