"""Comparing what people type: labels, unit names and header cells, with or without diacritics."""

import re
import unicodedata

_NOT_WORD = re.compile(r"[^0-9a-z%]+")
# Ð and ð are the Icelandic letters that older Vietnamese keyboards and fonts put where Đ and đ belong.
_D = str.maketrans("ĐđÐð", "DdDd")


def fold(text: str) -> str:
    r"""Return `text` reduced to what two writings of the same label share.

    Lower case, no diacritics (đ becomes d), every run of spaces, line breaks and punctuation one space.
    Works alike on NFC and NFD text: `fold("Số  lớp\n(lớp)") == fold("SO LOP LOP")`.
    """
    decomposed = unicodedata.normalize("NFKD", text.translate(_D))
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    return _NOT_WORD.sub(" ", plain.casefold()).strip()
