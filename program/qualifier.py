"""Words before a figure that make it a bound or an estimate: "trên 1.200", "gần 50", "ước 30" (domain S40-S46).

The figure is kept with its word: "trên 1.200" is not the figure 1.200.
"""

import re
import unicodedata
from enum import StrEnum
from typing import NamedTuple


class Qualifier(StrEnum):
    """What a word before a figure says of it."""

    OVER = "over"
    UNDER = "under"
    NEARLY = "nearly"
    ABOUT = "about"
    ESTIMATED = "estimated"

    @property
    def label(self) -> str:
        """The word that stands before such a figure on a page: "trên 1.200"."""
        return _LABELS[self]


class Qualified(NamedTuple):
    """A text without the word before its figure; `qualifier` None where there is none."""

    text: str
    qualifier: Qualifier | None


_LABELS = {
    Qualifier.OVER: "trên",
    Qualifier.UNDER: "dưới",
    Qualifier.NEARLY: "gần",
    Qualifier.ABOUT: "khoảng",
    Qualifier.ESTIMATED: "ước",
}
_WORDS = {
    Qualifier.OVER: ("trên", "hơn", "ít nhất"),
    Qualifier.UNDER: ("dưới", "không quá", "tối đa"),
    Qualifier.NEARLY: ("gần", "chưa đến", "chưa tới", "ngót"),
    Qualifier.ABOUT: ("khoảng", "vào khoảng", "ước khoảng", "trên dưới", "xấp xỉ", "chừng"),
    Qualifier.ESTIMATED: ("ước", "ước tính", "ước đạt", "ước thực hiện"),
}
_BY_LENGTH = sorted(((word, kind) for kind, words in _WORDS.items() for word in words), key=lambda pair: -len(pair[0]))
_SIGNS = {
    **dict.fromkeys("~≈", Qualifier.ABOUT),
    **dict.fromkeys(">≥", Qualifier.OVER),
    **dict.fromkeys("<≤", Qualifier.UNDER),
}
_BEHIND = re.compile(r"(?P<figure>[0-9].*?)\s*\((?:số )?(?P<word>[^()]+)\)")


def split_qualifier(text: str) -> Qualified:
    """Return `text` without the word or sign before its figure, or in brackets behind it, and what it means.

    Diacritics count: "gân" is no word for this, and a text without a figure behind the word is left as it is.
    """
    composed = unicodedata.normalize("NFC", text).casefold().strip()
    for word, kind in _BY_LENGTH:
        if re.match(rf"{re.escape(word)}\s*:?\s*[0-9]", composed):
            return Qualified(composed.removeprefix(word).lstrip(" :\t\n"), kind)
    kind_of_sign = _SIGNS.get(composed[:1])
    if kind_of_sign is not None and composed[1:].lstrip()[:1].isdigit():
        return Qualified(composed[1:].lstrip(), kind_of_sign)
    behind = _BEHIND.fullmatch(composed)
    kind_behind = dict(_BY_LENGTH).get(behind["word"]) if behind else None
    return Qualified(behind["figure"], kind_behind) if behind and kind_behind else Qualified(text, None)
