"""Characters that look like others, or like nothing: full-width digits, no-break spaces, signs without width."""

import re
import unicodedata

_SPACES = re.compile(" +")
_WIDTHLESS = dict.fromkeys((0xAD, 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF))
# Full-width forms, the spaces that Excel and Word put between digits, hyphens and minus signs, and signs without width.
# NFKC would do more than that, and harm: it makes "150²" (a footnote) 1502.
_PLAIN: dict[int, int | str | None] = {
    **{code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)},
    **dict.fromkeys((0xA0, 0x2007, 0x2009, 0x202F, 0x3000), " "),
    **dict.fromkeys((0x2010, 0x2011, 0x2212), "-"),
    **dict.fromkeys((0x200C, 0x200D)),
    **_WIDTHLESS,
}


def plain(text: str) -> str:
    """Return `text` with full-width digits and no-break spaces made plain and runs of spaces single.

    Line breaks stay: a cell with 120 above 150 is two numbers, not 120 150.
    """
    if not text.isascii():
        text = text.translate(_PLAIN)
    return (_SPACES.sub(" ", text) if "  " in text else text).strip()


def composed(text: str) -> str:
    """Return `text` on one line, in composed letters, with single spaces: a sender sees no difference."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def without_unseen(text: str) -> str:
    """Return `text` without characters that nobody sees and that keep two equal names apart.

    Joiners stay: Khmer names are written with them.
    """
    return text if text.isascii() else text.translate(_WIDTHLESS)


def has_unseen(text: str) -> bool:
    """Tell whether `text` holds a character that nobody sees and that is no space, line break or joiner."""
    if text.isprintable():
        return False
    return any(ord(c) in _WIDTHLESS or (unicodedata.category(c) in ("Cc", "Cs") and c not in "\t\n\r") for c in text)
