"""File name of a marked workbook: the sender's own, with a word that says what it is."""

import re
import unicodedata
from collections.abc import Iterator
from itertools import count
from pathlib import PurePosixPath

_ENDING = ".xlsx"
_LONGEST = 60
_DEFAULT_STEM = "bao-cao"
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*\u200e\u200f\u202a-\u202e\u2066-\u2069]+')
"""Characters that Windows allows in no name, and those that change the direction of writing.

With the latter, a name shows in another order than it has.
"""


def marked_name(name: str, suffix: str) -> str:
    """Return the file name of the marked workbook of file `name`.

    It holds no path and never makes a hidden file. A file in a zip ("quý 4.zip / xã A.xlsx") has
    its own name only.
    """
    # macOS sends names with their diacritics apart.
    composed = unicodedata.normalize("NFC", name)
    # PurePosixPath knows no "\" of Windows.
    with_slashes = composed.replace("\\", "/")
    _, _, file_name = with_slashes.rpartition(" / ")
    path = PurePosixPath(file_name)
    stem = _FORBIDDEN.sub(" ", path.stem)
    # A file that is marked again gets the word once.
    stem = stem.removesuffix(f"({suffix})")
    one_spaced = " ".join(stem.split())
    # Windows allows no dot or space at the end; a dot in front hides a file elsewhere.
    plain = one_spaced.strip(". ")
    short = plain[:_LONGEST].rstrip(". ")
    shown = short or _DEFAULT_STEM
    return f"{shown} ({suffix}){_ENDING}"


def numbered_names(name: str) -> Iterator[str]:
    """Yield the file name, then the same with the numbers 2, 3, …, to take the first free one."""
    yield name
    stem = name.removesuffix(_ENDING)
    for number in count(2):
        yield f"{stem} {number}{_ENDING}"
