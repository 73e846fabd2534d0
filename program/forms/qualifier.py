"""Words before a figure that make it a bound or an estimate: "trên 1.200", "gần 50", "ước 30".

The figure is kept with its word: "trên 1.200" is not the figure 1.200. The words are those of
official reports (docs/sources.md, S40-S46).
"""

import re
import unicodedata
from enum import StrEnum
from typing import NamedTuple


class Qualifier(StrEnum):
    """What a word before a figure says about it."""

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
    """A text without the word before its figure. `qualifier` None: there was no such word."""

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
    **dict.fromkeys(("trên", "hơn", "ít nhất"), Qualifier.OVER),
    **dict.fromkeys(("dưới", "không quá", "tối đa"), Qualifier.UNDER),
    **dict.fromkeys(("gần", "chưa đến", "chưa tới", "ngót"), Qualifier.NEARLY),
    **dict.fromkeys(("khoảng", "vào khoảng", "ước khoảng"), Qualifier.ABOUT),
    **dict.fromkeys(("trên dưới", "xấp xỉ", "chừng"), Qualifier.ABOUT),
    **dict.fromkeys(("ước", "ước tính", "ước đạt", "ước thực hiện"), Qualifier.ESTIMATED),
}
_SIGNS = {
    **dict.fromkeys("~≈", Qualifier.ABOUT),
    **dict.fromkeys(">≥", Qualifier.OVER),
    **dict.fromkeys("<≤", Qualifier.UNDER),
}
_AFTER_FIGURE = re.compile(r"(?P<figure>[0-9].*?)\s*\((?:số )?(?P<word>[^()]+)\)")


def split_qualifier(text: str) -> Qualified:
    """Return `text` without the word or sign of its figure, and what that word means.

    The word stands before the figure, or in brackets after it. Diacritics count: "gân" is no such
    word. A text without such a word, or without a figure after the word, is returned unchanged.
    """
    composed = unicodedata.normalize("NFC", text).casefold().strip()
    found = _word_before(composed) or _sign_before(composed) or _word_after(composed)
    return found or Qualified(text, None)


def _word_before(text: str) -> Qualified | None:
    for word, kind in _WORDS.items():
        # The figure must follow: "ước" is not found in "ước khoảng 30".
        if re.match(rf"{re.escape(word)}\s*:?\s*[0-9]", text):
            figure = text.removeprefix(word).lstrip(" :\t\n")
            return Qualified(figure, kind)
    return None


def _sign_before(text: str) -> Qualified | None:
    kind = _SIGNS.get(text[:1])
    figure = text[1:].lstrip()
    if kind is None or not figure[:1].isdigit():
        return None
    return Qualified(figure, kind)


def _word_after(text: str) -> Qualified | None:
    match = _AFTER_FIGURE.fullmatch(text)
    if match is None:
        return None
    kind = _WORDS.get(match["word"])
    if kind is None:
        return None
    return Qualified(match["figure"], kind)
