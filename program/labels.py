"""Comparing texts that people type: labels, names of units and header cells.

Diacritics may be missing.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

_NOT_WORD = re.compile(r"[^0-9a-z%]+")
# Characters without width. Nobody sees them, even in the middle of a word.
_WITHOUT_WIDTH = (0xAD, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF)
# Ð and ð are Icelandic letters. Older Vietnamese keyboards and fonts have them instead of Đ and đ.
_LETTERS: dict[int, str | None] = {
    **dict.fromkeys(map(ord, "ĐÐ"), "D"),
    **dict.fromkeys(map(ord, "đð"), "d"),
    **dict.fromkeys(_WITHOUT_WIDTH, None),
}


class _Folded(dict[int, str]):
    """The folded form of each character, computed when it is first needed.

    No step of folding looks at more than one character.
    """

    def __missing__(self, code: int) -> str:
        decomposed = unicodedata.normalize("NFKD", chr(code).translate(_LETTERS))
        plain = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
        folded = _NOT_WORD.sub(" ", plain.casefold())
        self[code] = folded
        return folded


_FOLDED = _Folded()


def fold(text: str) -> str:
    r"""Return `text` reduced to what all spellings of one label share.

    The result has lower case and no diacritics (đ becomes d). Each run of spaces, line breaks and
    punctuation becomes one space. NFC and NFD text give the same:
    `fold("Số  lớp\n(lớp)") == fold("SO LOP LOP")`.
    """
    return " ".join(text.translate(_FOLDED).split())


_TWO_NUMBERS = re.compile(r"[0-9] [0-9]")
_IN_BRACKETS = re.compile(r"\(([^()]*)\)")
_OPENING = 3
"""Letters of an opening."""


def joined(folded: str) -> str:
    """Return a folded text without its spaces; as it is where two numbers would become one.

    "DA 1, 0" is not "DA10".
    """
    return folded if _TWO_NUMBERS.search(folded) else folded.replace(" ", "")


def bracketed(text: str) -> list[str]:
    """Return the texts in brackets."""
    return _IN_BRACKETS.findall(text)


def without_brackets(text: str) -> str:
    """Return `text` without the texts in brackets."""
    return _IN_BRACKETS.sub(" ", text) if "(" in text else text


def opening_of(text: str) -> str:
    """Return up to three letters with which `fold(text)` begins, with and without brackets.

    "" if the first letters do not show it. This is much faster than `fold`, and most cells of a
    sheet differ from every label in their opening.
    """
    return _folded_opening(text[:_OPENING])


@lru_cache(maxsize=10_000)
def _folded_opening(opening: str) -> str:
    return opening.translate(_FOLDED).partition(" ")[0][:_OPENING]


def openings_of(words: Iterable[str]) -> frozenset[str]:
    """Return every opening of a text that folds to one of `words`, or that begins with one."""
    openings = {""}
    for word in words:
        openings.update(word[:length] for length in range(1, _OPENING + 1))
    return frozenset(openings)
