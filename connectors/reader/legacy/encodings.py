"""Decode texts in the 8-bit encodings of Vietnamese offices before Unicode: TCVN3 (ABC) and VNI.

A workbook stores such a text as letters of Windows-1252, and only its font makes "Sè líp" look
like "Số lớp". In an .xlsx the fonts tell the encoding. Elsewhere the letters must tell it, and they
decide only where there is no doubt: a text that reads as Vietnamese as it is stays unchanged,
unless the rest of its sheet is in the older encoding.

The tables follow the encodings themselves. TCVN3 is TCVN 5712:1993, VN3, which has all lower-case
letters and the seven capitals without a tone. VNI is VNI-Windows, where a mark follows its vowel.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from connectors.reader.legacy.syllables import is_vietnamese, marked_words

Corner = tuple[int, int]


class Encoding(StrEnum):
    """An encoding from before Unicode; the value is the name that its users know."""

    TCVN3 = "TCVN3 (ABC)"
    VNI = "VNI"


# The letters from 0xA1 on, with a dot where VN3 has none. The gaps below 0xC0 are signs such as °
# and ², which stay.
_VN3 = (
    "ĂÂÊÔƠƯĐăâêôơưđ......àảãáạ.ằẳẵắ.......ặầẩẫấậ"
    "è.ẻẽéẹềểễếệìỉ...ĩíịò.ỏõóọồổỗốộờởỡớợù.ủũúụừửữứựỳỷỹýỵ."
)
_TCVN3 = {chr(0xA1 + at): letter for at, letter in enumerate(_VN3) if letter != "."}
_GRAVE, _ACUTE, _TILDE, _HOOK, _DOT = "\u0300", "\u0301", "\u0303", "\u0309", "\u0323"
_CIRCUMFLEX, _BREVE = "\u0302", "\u0306"
# The marks that VNI writes after a vowel, and the tones that they put on it.
_VNI_TONES = {"ø": _GRAVE, "ù": _ACUTE, "õ": _TILDE, "û": _HOOK, "ï": _DOT}
_VNI_CIRCUMFLEX = {"â": "", "à": _GRAVE, "á": _ACUTE, "ã": _TILDE, "å": _HOOK, "ä": _DOT}
_VNI_BREVE = {"ê": "", "è": _GRAVE, "é": _ACUTE, "ü": _TILDE, "ú": _HOOK, "ë": _DOT}
_VNI_HORNS = {"ô": "ơ", "ö": "ư"}
_VNI_ALONE = {"ñ": "đ", "ì": "ì", "í": "í", "ó": "ĩ", "æ": "ỉ", "ò": "ị", "î": "ỵ"}


def _vni_table() -> dict[str, str]:
    """Return the letter (NFC) of each vowel with its mark, and of each letter that needs none."""
    table = _VNI_HORNS | _VNI_ALONE
    for mark, tone in _VNI_TONES.items():
        for vowel in "aeouy":
            table[vowel + mark] = vowel + tone
        for stored, vowel in _VNI_HORNS.items():
            table[stored + mark] = vowel + tone
    for mark, tone in _VNI_CIRCUMFLEX.items():
        for vowel in "aeo":
            table[vowel + mark] = vowel + _CIRCUMFLEX + tone
    for mark, tone in _VNI_BREVE.items():
        table["a" + mark] = "a" + _BREVE + tone
    # Vietnamese texts elsewhere have each letter in one piece, not as a vowel and its marks.
    return {stored: unicodedata.normalize("NFC", letter) for stored, letter in table.items()}


_VNI = _vni_table()
# A vowel with its mark comes before the vowel alone. The last choice finds letters that VNI lacks.
_VNI_PIECE = re.compile(
    "|".join([*sorted(_VNI, key=len, reverse=True), "[À-ÖØ-öø-ÿ]"]), re.IGNORECASE
)
_OLD_LETTER = re.compile("[\xa1-\xff]")
# Vietnamese letters and marks that Windows-1252 lacks: a text with one of them is Unicode.
_ONLY_UNICODE = re.compile(
    "[\u0102\u0103\u0110\u0111\u0128\u0129\u0168\u0169\u01a0\u01a1\u01af\u01b0"
    "\u0300-\u0323\u1ea0-\u1ef9]"
)
_ENOUGH_WORDS = 3
"""Fewer may be chance: "5 µm" would be "5 àm"."""
_SAMPLE_LETTERS = 100_000
_MIN_SHARE = 0.5
"""Names and abbreviations are not spelt as Vietnamese; more than half of the words should be."""


def encoding_of_font(name: str) -> Encoding | None:
    """Return the encoding of texts in a font, by its name; None for a font of Unicode.

    .VnTime and .VnArialH are TCVN3, VNI-Times is VNI.
    """
    folded = name.strip().casefold()
    if folded.startswith(".vn"):
        return Encoding.TCVN3
    if folded.startswith(("vni-", "vni ")):
        return Encoding.VNI
    return None


def decode(text: str, encoding: Encoding) -> str | None:
    """Return a text of `encoding` in Unicode (NFC), None if it cannot be in that encoding.

    TCVN3's "H" fonts show lower-case letters as capitals. The text alone does not tell this, so
    they stay lower case.
    """
    if not text.isascii() and _ONLY_UNICODE.search(text):
        return None
    if encoding is Encoding.TCVN3:
        return _decode_tcvn3(text)
    return _decode_vni(text)


def _decode_tcvn3(text: str) -> str | None:
    for sign in text:
        # Below "À" are signs such as °, which stay. From there on TCVN3 has gaps: no text of it
        # has their letters.
        if "À" <= sign <= "ÿ" and sign not in _TCVN3:
            return None
    letters = [_TCVN3.get(sign, sign) for sign in text]
    return "".join(letters)


def _decode_vni(text: str) -> str | None:
    pieces: list[str] = []
    last = 0
    for match in _VNI_PIECE.finditer(text):
        stored = match[0]
        letter = _VNI.get(stored.lower())
        if letter is None:
            return None
        # The mark has no capital of its own that counts: the vowel before it decides.
        if stored[0].isupper():
            letter = letter.upper()
        pieces.append(text[last : match.start()])
        pieces.append(letter)
        last = match.end()
    pieces.append(text[last:])
    return "".join(pieces)


@dataclass(frozen=True, slots=True)
class CodePage:
    """A sheet's cells, its distinct texts, and the encoding of each cell whose font shows it."""

    rows: Sequence[Sequence[object]]
    texts: Collection[str]
    fonts: Mapping[Corner, Encoding] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Conversion:
    """The converted cells of a sheet, their encodings, and the first text as it was stored."""

    cells: Mapping[Corner, str]
    encodings: tuple[Encoding, ...]
    example: str


class Prevailing(NamedTuple):
    """The encoding that some texts of a sheet certainly have.

    `is_most`: these texts have more words than those that are certainly Unicode.
    """

    encoding: Encoding | None = None
    is_most: bool = False


def convert(pages: Sequence[CodePage]) -> list[Conversion | None]:
    """Return for each page the cells to convert to Unicode, None if there are none.

    Never converts a text with a letter that only Unicode has, nor a text in ASCII.
    """
    texts = [_texts(page) for page in pages]
    if not any(map(_needs_decoding, texts)):
        return [None] * len(pages)
    evidence = [_evidence(page_texts) for page_texts in texts]
    evidence_of_all = sum(evidence, Counter[Encoding | None]())
    conversions: list[Conversion | None] = []
    for page, page_texts, own_evidence in zip(pages, texts, evidence, strict=True):
        decisive = own_evidence
        # A short sheet has the encoding of the rest of its workbook.
        if _is_scarce(own_evidence):
            decisive = evidence_of_all
        prevailing = _prevailing(decisive)
        conversions.append(_conversion(page, page_texts, prevailing))
    return conversions


def eight_bit_text(content: bytes) -> str | None:
    """Return the text of 8-bit bytes.

    It is decoded as Windows-1258 and composed, or as letters of Windows-1252, which `convert`
    decodes further. None for bytes that read as Vietnamese in neither way.
    """
    composed = _decoded(content, "cp1258")
    # Windows-1252 has five bytes without a letter. Latin-1 has none.
    stored = _decoded(content, "cp1252") or content.decode("latin-1")
    share_composed = 0.0
    if composed is not None:
        share_composed = _share([composed[:_SAMPLE_LETTERS]])
    share_stored = _share_in_old_encoding(stored[:_SAMPLE_LETTERS])
    if max(share_composed, share_stored) < _MIN_SHARE:
        return None
    if share_composed >= share_stored:
        return composed
    return stored


def _share_in_old_encoding(stored: str) -> float:
    """Return the share of words spelt as Vietnamese in the better of the old encodings."""
    lines = [line for line in stored.splitlines() if not line.isascii()]
    shares = []
    for encoding in Encoding:
        decoded = [decode(line, encoding) or line for line in lines]
        shares.append(_share(decoded))
    return max(shares)


def _decoded(content: bytes, codec: str) -> str | None:
    try:
        return unicodedata.normalize("NFC", content.decode(codec))
    except UnicodeDecodeError:
        return None


def _share(lines: Sequence[str]) -> float:
    """Return the share of words beyond ASCII that are spelt as Vietnamese."""
    words: list[str] = []
    for line in lines:
        words += marked_words(line)
    if not words:
        return 0.0
    vietnamese = sum(map(is_vietnamese, words))
    return vietnamese / len(words)


def _needs_decoding(texts: set[tuple[str, Encoding | None]]) -> bool:
    """Return whether some text of a page may not be Unicode, by its font or its letters."""
    for text, font in texts:
        if font is not None:
            return True
        if not _reads_as_unicode(text):
            return True
    return False


@lru_cache(maxsize=20_000)
def _reads_as_unicode(text: str) -> bool:
    """Return whether a text needs no decoding: Vietnamese, or without letters of old encodings."""
    if _ONLY_UNICODE.search(text) or not _OLD_LETTER.search(text):
        return True
    return is_vietnamese(text)


def _texts(page: CodePage) -> set[tuple[str, Encoding | None]]:
    """Return the page's different texts beyond ASCII, each with the encoding of its font."""
    if page.fonts:
        return {(text, page.fonts.get(corner)) for corner, text in _cells(page)}
    return {(text, None) for text in page.texts if not text.isascii()}


def _cells(page: CodePage) -> Iterator[tuple[Corner, str]]:
    """Yield each cell with a text beyond ASCII."""
    for number, row in enumerate(page.rows):
        for column, cell in enumerate(row):
            if isinstance(cell, str) and not cell.isascii():
                yield (number, column), cell


def _evidence(texts: set[tuple[str, Encoding | None]]) -> Counter[Encoding | None]:
    """Return how many words beyond ASCII can only be of an encoding; key None is Unicode.

    A text whose font tells its encoding is no evidence for texts in other fonts.
    """
    words: Counter[Encoding | None] = Counter()
    for text, font in texts:
        if font is not None:
            continue
        meanings = _meanings(text)
        # A text that may be in several encodings decides nothing.
        if len(meanings) == 1:
            (meaning,) = meanings
            words[meaning] += len(marked_words(text)) or 1
    return words


def _is_scarce(words: Counter[Encoding | None]) -> bool:
    """Return whether the evidence decides nothing."""
    if words[None]:
        return False
    return all(words[encoding] < _ENOUGH_WORDS for encoding in Encoding)


def _prevailing(words: Counter[Encoding | None]) -> Prevailing:
    encoding = max(Encoding, key=lambda each: words[each])
    count = words[encoding]
    if count < _ENOUGH_WORDS:
        return Prevailing()
    return Prevailing(encoding, is_most=count > words[None])


@lru_cache(maxsize=20_000)
def _meanings(text: str) -> tuple[Encoding | None, ...]:
    """Return the encodings in which a text beyond ASCII reads as Vietnamese; None is Unicode."""
    if _ONLY_UNICODE.search(text):
        return (None,)
    meanings: list[Encoding | None] = []
    if is_vietnamese(text):
        meanings.append(None)
    for encoding in Encoding:
        decoded = decode(text, encoding)
        # What decoding does not change is a text in Unicode, which is counted above.
        if decoded is None or decoded == text:
            continue
        if is_vietnamese(decoded):
            meanings.append(encoding)
    return tuple(meanings)


def _conversion(
    page: CodePage, texts: set[tuple[str, Encoding | None]], prevailing: Prevailing
) -> Conversion | None:
    encoding_of = {(text, font): _encoding_of(text, font, prevailing) for text, font in texts}
    # Most pages end here, without a second look at their cells.
    if not any(encoding_of.values()):
        return None
    cells: dict[Corner, str] = {}
    encodings: list[Encoding] = []
    example = ""
    for corner, text in _cells(page):
        font = page.fonts.get(corner)
        encoding = encoding_of[text, font]
        if encoding is None:
            continue
        decoded = decode(text, encoding)
        if decoded is None or decoded == text:
            continue
        cells[corner] = decoded
        encodings.append(encoding)
        example = example or text
    if not cells:
        return None
    distinct = tuple(dict.fromkeys(encodings))
    return Conversion(cells, distinct, example)


def _encoding_of(text: str, font: Encoding | None, prevailing: Prevailing) -> Encoding | None:
    """Return the encoding of a text; None if it is Unicode.

    Where both readings are spelt as Vietnamese, or neither is, the font decides; without a font,
    the rest of the sheet.
    """
    encoding = font or prevailing.encoding
    if encoding is None:
        return None
    meanings = _meanings(text)
    reads_decoded = encoding in meanings
    reads_as_it_is = None in meanings
    if reads_decoded and not reads_as_it_is:
        return encoding
    if reads_as_it_is and not reads_decoded:
        return None
    if font or prevailing.is_most:
        return encoding
    return None
