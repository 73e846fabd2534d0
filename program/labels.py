"""Comparing what people type: labels, unit names and header cells, with or without diacritics."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

_NOT_WORD = re.compile(r"[^0-9a-z%]+")
# Ð and ð are the Icelandic letters that older Vietnamese keyboards and fonts put where Đ and đ belong.
# Signs without width stand where nobody sees them, in the middle of a word too.
_LETTERS: dict[int, str | None] = {
    **dict.fromkeys(map(ord, "ĐÐ"), "D"),
    **dict.fromkeys(map(ord, "đð"), "d"),
    **dict.fromkeys((0xAD, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF)),
}


class _Folded(dict[int, str]):
    """What each sign of a label becomes, found when it is first met: every step of folding looks at one sign alone."""

    def __missing__(self, code: int) -> str:
        decomposed = unicodedata.normalize("NFKD", chr(code).translate(_LETTERS))
        plain = "".join(c for c in decomposed if not unicodedata.combining(c))
        self[code] = folded = _NOT_WORD.sub(" ", plain.casefold())
        return folded


_FOLDED = _Folded()


def fold(text: str) -> str:
    r"""Return `text` reduced to what two writings of the same label share.

    Lower case, no diacritics (đ becomes d), every run of spaces, line breaks and punctuation one space.
    Works alike on NFC and NFD text: `fold("Số  lớp\n(lớp)") == fold("SO LOP LOP")`.
    """
    return " ".join(text.translate(_FOLDED).split())


_IN_BRACKETS = re.compile(r"\(([^()]*)\)")
_OPENING = 3


def bracketed(text: str) -> list[str]:
    """Return what stands in brackets."""
    return _IN_BRACKETS.findall(text)


def without_brackets(text: str) -> str:
    """Return `text` without what stands in brackets."""
    return _IN_BRACKETS.sub(" ", text) if "(" in text else text


def opening_of(text: str) -> str:
    """Return up to three letters that `fold(text)` surely begins with, with and without brackets; "" where that is not plain.

    Much faster than `fold`: most cells of a sheet can be told from its labels by these alone.
    """
    return _folded_opening(text[:_OPENING])


@lru_cache(maxsize=10_000)
def _folded_opening(opening: str) -> str:
    return opening.translate(_FOLDED).partition(" ")[0][:_OPENING]


def openings_of(words: Iterable[str]) -> frozenset[str]:
    """Return what `opening_of` may give for a text that folds to one of `words`, or that begins with one."""
    return frozenset({"", *(word[:length] for word in words for length in range(1, _OPENING + 1))})
