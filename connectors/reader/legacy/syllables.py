"""Decide whether a text is spelt as Vietnamese.

Each word with a mark must be an onset, a rhyme and at most one tone. There is no dictionary:
"hũa" is not a word but could be one. The purpose is to choose between two encodings of a text: the
wrong one gives syllables that no Vietnamese word can have.
"""

import re
import unicodedata
from functools import cache, lru_cache

from program.labels import fold

_TONES = {"\u0300", "\u0301", "\u0303", "\u0309", "\u0323"}
_TONES_BEFORE_A_STOP = {"\u0301", "\u0323"}
_STOPS = ("c", "ch", "k", "p", "t")  # k: "Đắk Lắk"
_BEFORE_FRONT = ("gh", "k", "ngh")
_BEFORE_OTHERS = ("c", "g", "ng")
# fmt: off
_ONSETS = (
    "b", "ch", "d", "đ", "gi", "h", "kh", "l", "m", "n", "nh", "p", "ph", "r", "s", "t", "th",
    "tr", "v", "x",
)
# fmt: on
_FRONT = "eêiy"
# Each nucleus with the endings that may close it; a space at the front stands for no ending.
_RHYMES = {
    "a": " c ch i k m n ng nh o p t u y",
    "ă": "c k m n ng p t",
    "â": "c k m n ng p t u y",
    "e": " c m n ng o p t",
    "ê": " c ch k m n ng nh p t u",
    "i": " a ch m n nh p t u",
    "iê": "c m n ng p t u",
    "o": " c i k m n ng p t",
    "oa": " c ch i m n ng nh o p t y",
    "oă": "c m n ng t",
    "oe": " n o t",
    "oo": "c ng",
    "ô": " c i k m n ng p t",
    "ơ": " i m n p t",
    "u": " a c i k m n ng p t",
    "uâ": "n ng t y",
    "uê": " ch n nh",
    "uô": "c i m n ng t",
    "uơ": " ",
    "uy": " a ch n nh t u",
    "uyê": "n t",
    "ư": " a c i m n ng t u",
    "ươ": "c i m n ng p t u",
    "y": " ",
    "yê": "m n ng t u",
}
_BEFORE_Y = ("", "h", "k", "l", "m", "n", "s", "t", "th", "v")  # "kỹ", "tỷ", and names: "Vy", "Thy"
_AFTER_Q = ("a", "ă", "â", "e", "ê", "i", "iê", "ơ", "y", "yê")
_WORD = re.compile(r"[^\W\d_]+")
# A sign within a word: a letter of an older encoding, decoded as Unicode.
_SIGN_IN_WORD = re.compile(r"[^\W\d_][\xa1-\xbf\xd7\xf7]|[\xa1-\xbf\xd7\xf7][^\W\d_]")


def is_vietnamese(text: str) -> bool:
    """Return whether each word with a letter beyond ASCII is spelt as Vietnamese.

    The text may be in any case, NFC or NFD.
    """
    composed = unicodedata.normalize("NFC", text).lower()
    if _SIGN_IN_WORD.search(composed):
        return False
    return all(map(is_syllable, marked_words(composed)))


def marked_words(text: str) -> list[str]:
    """Return the words of `text` that have a letter beyond ASCII."""
    return [word for word in _WORD.findall(text) if not word.isascii()]


@lru_cache(maxsize=20_000)
def is_syllable(word: str) -> bool:
    """Return whether `word`, in lower case and NFC, is spelt as a Vietnamese syllable."""
    letters: list[str] = []
    tones: list[str] = []
    for sign in unicodedata.normalize("NFD", word):
        kind = tones if sign in _TONES else letters
        kind.append(sign)
    if len(tones) > 1:
        return False
    ending = _TONELESS.get(unicodedata.normalize("NFC", "".join(letters)))
    if ending is None:
        return False
    # Before a stop only two of the tones can be spoken.
    return not tones or ending not in _STOPS or tones[0] in _TONES_BEFORE_A_STOP


def may_be_syllable(folded: str) -> bool:
    """Return whether `folded` is a Vietnamese syllable without marks: "nguon" for "nguồn"."""
    return folded in _folded()


@cache
def _folded() -> frozenset[str]:
    return frozenset(fold(syllable) for syllable in _TONELESS)


def _toneless() -> dict[str, str]:
    """Return the ending of every syllable, by the syllable without its tone."""
    endings_of: dict[str, str] = {}
    for nucleus, endings in _RHYMES.items():
        for onset in _onsets_before(nucleus):
            for ending in endings.split(" "):
                endings_of[onset + nucleus + ending] = ending
    return endings_of


def _onsets_before(nucleus: str) -> list[str]:
    """Return what may stand before a nucleus; "" for nothing."""
    if nucleus == "y":
        onsets = list(_BEFORE_Y)
    elif nucleus[0] == "y":
        onsets = [""]
    else:
        depends_on_vowel = _BEFORE_FRONT if nucleus[0] in _FRONT else _BEFORE_OTHERS
        onsets = ["", *_ONSETS, *depends_on_vowel]
    if nucleus in _AFTER_Q:
        onsets.append("qu")
    if nucleus[0] == "u":
        onsets.append("q")  # "quốc": the u is part of the rhyme
    if nucleus in ("i", "iê"):
        onsets.append("g")  # "gì", "giếng": the i is part of the onset
    return onsets


_TONELESS = _toneless()
