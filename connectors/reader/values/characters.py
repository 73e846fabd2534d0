"""Replace characters that look like others or are invisible.

These are full-width digits, no-break spaces, and characters without width.
"""

import re
import unicodedata

_SPACES = re.compile(" +")
_WIDTHLESS = dict.fromkeys((0xAD, 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF))
# Full-width forms, the spaces that Excel and Word put between digits, hyphens and minus signs, and
# characters without width. NFKC would replace too much: it makes "150²" (a footnote) 1502.
_PLAIN: dict[int, int | str | None] = {
    **{code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)},
    **dict.fromkeys((0xA0, 0x2007, 0x2009, 0x202F, 0x3000), " "),
    **dict.fromkeys((0x2010, 0x2011, 0x2212), "-"),
    **dict.fromkeys((0x200C, 0x200D)),
    **_WIDTHLESS,
}


def plain(text: str) -> str:
    """Return `text` with plain digits, plain spaces and no double spaces.

    Line breaks stay: a cell with 120 above 150 is two numbers, not 120 150.
    """
    if not text.isascii():
        text = text.translate(_PLAIN)
    if "  " in text:
        text = _SPACES.sub(" ", text)
    return text.strip()


def composed(text: str) -> str:
    """Return `text` on one line, in composed letters (NFC), with single spaces.

    The two texts look alike to a person.
    """
    return " ".join(unicodedata.normalize("NFC", text).split())


def without_unseen(text: str) -> str:
    """Return `text` without invisible characters, which make two equal names differ.

    Joiners stay: Khmer names need them.
    """
    return text if text.isascii() else text.translate(_WIDTHLESS)


def has_unseen(text: str) -> bool:
    """Return whether `text` holds an invisible character.

    Spaces, line breaks and joiners do not count.
    """
    if text.isprintable():
        return False
    return any(_is_unseen(character) for character in text)


def _is_unseen(character: str) -> bool:
    if ord(character) in _WIDTHLESS:
        return True
    # Cc are control characters, Cs are halves of a character.
    return unicodedata.category(character) in ("Cc", "Cs") and character not in "\t\n\r"
