"""Comparing what people type: labels, unit names and header cells, with or without diacritics."""

import re
import unicodedata

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
