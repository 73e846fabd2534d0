"""Whether a text reads as Vietnamese: each of its words with a mark is an onset, a rhyme and at most one tone.

Spelling alone, no dictionary: "hũa" is no word but could be one. What it tells apart are texts read in two encodings,
of which the wrong one gives syllables that no Vietnamese word can have.
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
_ONSETS = ("b", "ch", "d", "đ", "gi", "h", "kh", "l", "m", "n", "nh", "p", "ph", "r", "s", "t", "th", "tr", "v", "x")
_FRONT = "eêiy"
# Each nucleus with what may close it.
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
# A sign in the middle of a word: letters of an older encoding, seen in this one.
_SIGN_IN_WORD = re.compile(r"[^\W\d_][\xa1-\xbf\xd7\xf7]|[\xa1-\xbf\xd7\xf7][^\W\d_]")


def is_vietnamese(text: str) -> bool:
    """Tell whether every word of `text` that has a letter beyond ASCII is spelt as Vietnamese is; any case, NFC or NFD."""
    composed = unicodedata.normalize("NFC", text).lower()
    return not _SIGN_IN_WORD.search(composed) and all(is_syllable(word) for word in marked_words(composed))


def marked_words(text: str) -> list[str]:
    """Return the words of `text` that have a letter beyond ASCII."""
    return [word for word in _WORD.findall(text) if not word.isascii()]


@lru_cache(maxsize=20_000)
def is_syllable(word: str) -> bool:
    """Tell whether `word`, in lower case and NFC, is a Vietnamese syllable by its spelling."""
    letters: list[str] = []
    tones: list[str] = []
    for sign in unicodedata.normalize("NFD", word):
        (tones if sign in _TONES else letters).append(sign)
    if len(tones) > 1:
        return False
    ending = _TONELESS.get(unicodedata.normalize("NFC", "".join(letters)))
    return ending is not None and (not tones or ending not in _STOPS or tones[0] in _TONES_BEFORE_A_STOP)


def may_be_syllable(folded: str) -> bool:
    """Tell whether some Vietnamese syllable is written `folded` once its marks are gone: "nguon" for "nguồn"."""
    return folded in _folded()


@cache
def _folded() -> frozenset[str]:
    return frozenset(fold(syllable) for syllable in _TONELESS)


def _toneless() -> dict[str, str]:
    """Return every syllable without its tone, and what closes it."""
    found: dict[str, str] = {}
    for nucleus, endings in _RHYMES.items():
        onsets = ["", *_ONSETS, *(_BEFORE_FRONT if nucleus[0] in _FRONT else _BEFORE_OTHERS)]
        if nucleus[0] == "y":
            onsets = [*_BEFORE_Y] if nucleus == "y" else [""]
        if nucleus in _AFTER_Q:
            onsets.append("qu")
        if nucleus[0] == "u":
            onsets.append("q")  # "quốc": the u is part of the rhyme
        if nucleus in ("i", "iê"):
            onsets.append("g")  # "gì", "giếng": the i is part of the onset
        for ending in endings.split(" "):
            found |= {onset + nucleus + ending: ending for onset in onsets}
    return found


_TONELESS = _toneless()
