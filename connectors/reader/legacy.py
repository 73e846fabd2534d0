"""Texts in the 8-bit encodings that Vietnamese offices wrote in before Unicode: TCVN3 (ABC) and VNI-Windows.

A workbook holds such a text as letters of Windows-1252, and only its font makes "Sè líp" look like "Số lớp". The fonts
tell where an .xlsx names them; elsewhere the letters do, and only where they leave no doubt: a text that reads as
Vietnamese the way it stands is left alone unless the rest of its sheet is in the older encoding (domain S30, S32, S33).

The tables are written from the encodings themselves: TCVN 5712:1993, VN3, which has each lower-case letter and the
seven capitals without a tone; and VNI-Windows, where a mark stands after its vowel.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from connectors.reader.syllables import is_vietnamese, marked_words

Corner = tuple[int, int]


class Encoding(StrEnum):
    """An encoding of before Unicode, by the name its users know."""

    TCVN3 = "TCVN3 (ABC)"
    VNI = "VNI"


# From 0xA1 on; a dot where VN3 has no letter. What it leaves open below 0xC0 are signs such as ° and ², and stay.
_VN3 = "ĂÂÊÔƠƯĐăâêôơưđ......àảãáạ.ằẳẵắ.......ặầẩẫấậè.ẻẽéẹềểễếệìỉ...ĩíịò.ỏõóọồổỗốộờởỡớợù.ủũúụừửữứựỳỷỹýỵ."
_TCVN3 = {chr(0xA1 + at): letter for at, letter in enumerate(_VN3) if letter != "."}
_GRAVE, _ACUTE, _TILDE, _HOOK, _DOT, _CIRCUMFLEX, _BREVE = "\u0300", "\u0301", "\u0303", "\u0309", "\u0323", "\u0302", "\u0306"
# VNI's marks after a vowel, by what they put on it.
_VNI_TONES = {"ø": _GRAVE, "ù": _ACUTE, "õ": _TILDE, "û": _HOOK, "ï": _DOT}
_VNI_CIRCUMFLEX = {"â": "", "à": _GRAVE, "á": _ACUTE, "ã": _TILDE, "å": _HOOK, "ä": _DOT}
_VNI_BREVE = {"ê": "", "è": _GRAVE, "é": _ACUTE, "ü": _TILDE, "ú": _HOOK, "ë": _DOT}
_VNI_ALONE = {"ô": "ơ", "ö": "ư", "ñ": "đ", "ì": "ì", "í": "í", "ó": "ĩ", "æ": "ỉ", "ò": "ị", "î": "ỵ"}


def _vni_table() -> dict[str, str]:
    marks = {
        **{vowel + mark: vowel + tone for vowel in "aeouy" for mark, tone in _VNI_TONES.items()},
        **{old + mark: new + tone for old, new in (("ô", "ơ"), ("ö", "ư")) for mark, tone in _VNI_TONES.items()},
        **{vowel + mark: vowel + _CIRCUMFLEX + tone for vowel in "aeo" for mark, tone in _VNI_CIRCUMFLEX.items()},
        **{"a" + mark: "a" + _BREVE + tone for mark, tone in _VNI_BREVE.items()},
        **_VNI_ALONE,
    }
    return {old: unicodedata.normalize("NFC", new) for old, new in marks.items()}


_VNI = _vni_table()
_VNI_PIECE = re.compile("|".join(sorted(_VNI, key=len, reverse=True)) + "|[À-ÖØ-öø-ÿ]", re.IGNORECASE)
_OLD_LETTER = re.compile("[\xa1-\xff]")
# Vietnamese letters and marks that no text of Windows-1252 holds: what has one is Unicode already.
_ONLY_UNICODE = re.compile("[\u0102\u0103\u0110\u0111\u0128\u0129\u0168\u0169\u01a0\u01a1\u01af\u01b0\u0300-\u0323\u1ea0-\u1ef9]")
_ENOUGH_WORDS = 3  # fewer may be chance: "5 µm" would be "5 àm"
_SAMPLE, _MOST = 100_000, 0.5  # letters looked at, and the share of words that names and abbreviations leave


def encoding_of_font(name: str) -> Encoding | None:
    """Return the encoding that texts in a font are in: .VnTime and .VnArialH are TCVN3, VNI-Times is VNI."""
    folded = name.strip().casefold()
    if folded.startswith(".vn"):
        return Encoding.TCVN3
    return Encoding.VNI if folded.startswith(("vni-", "vni ")) else None


def decode(text: str, encoding: Encoding) -> str | None:
    """Return a text of `encoding` in Unicode (NFC), or None for one that cannot be of it.

    Capitals of TCVN3's "H" fonts are stored as lower-case letters, which is all that is known of them: they stay lower case.
    """
    if not text.isascii() and _ONLY_UNICODE.search(text):
        return None
    return _decode_tcvn3(text) if encoding is Encoding.TCVN3 else _decode_vni(text)


def _decode_tcvn3(text: str) -> str | None:
    if any("À" <= sign <= "ÿ" and sign not in _TCVN3 for sign in text):
        return None
    return "".join(_TCVN3.get(sign, sign) for sign in text)


def _decode_vni(text: str) -> str | None:
    pieces = []
    last = 0
    for match in _VNI_PIECE.finditer(text):
        letter = _VNI.get(match[0].lower())
        if letter is None:
            return None
        pieces += [text[last : match.start()], letter.upper() if match[0][0].isupper() else letter]
        last = match.end()
    return "".join([*pieces, text[last:]])


@dataclass(frozen=True, slots=True)
class Page:
    """A sheet's cells, its different texts, and the encodings that the fonts of some of its cells tell."""

    rows: Sequence[Sequence[object]]
    texts: Collection[str]
    fonts: Mapping[Corner, Encoding] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Conversion:
    """What to put into a sheet: its converted cells, their encodings, and the first text as it was stored."""

    cells: Mapping[Corner, str]
    encodings: tuple[Encoding, ...]
    example: str


class Prevailing(NamedTuple):
    """The encoding that some of a sheet's texts are surely in, and whether they have more words than those in Unicode."""

    encoding: Encoding | None = None
    is_most: bool = False


def convert(pages: Sequence[Page]) -> list[Conversion | None]:
    """Return for each page what must be put in Unicode, None where nothing must.

    A text that has a letter which only Unicode has is never touched, nor one without a letter beyond ASCII.
    """
    texts = [_texts(page) for page in pages]
    if all(_is_as_it_seems(text) and font is None for found in texts for text, font in found):
        return [None] * len(pages)
    evidence = [_evidence(found) for found in texts]
    everywhere = sum(evidence, Counter[Encoding | None]())
    spoken = [_prevailing(everywhere) if _tells_little(own) else _prevailing(own) for own in evidence]
    return [_conversion(page, found, said) for page, found, said in zip(pages, texts, spoken, strict=True)]


def eight_bit_text(content: bytes) -> str | None:
    """Return the text that 8-bit bytes are: Windows-1258 composed, or letters of Windows-1252 for `convert` to read.

    None for bytes that read as Vietnamese in none of them.
    """
    composed, stored = _decoded(content, "cp1258"), _decoded(content, "cp1252") or content.decode("latin-1")
    lines = [line for line in stored[:_SAMPLE].splitlines() if not line.isascii()]
    shares = {each: _share([decode(line, each) or line for line in lines]) for each in Encoding}
    share = _share([composed[:_SAMPLE]]) if composed is not None else 0.0
    if max(share, *shares.values()) < _MOST:
        return None
    return composed if composed is not None and share >= max(shares.values()) else stored


def _decoded(content: bytes, codec: str) -> str | None:
    try:
        return unicodedata.normalize("NFC", content.decode(codec))
    except UnicodeDecodeError:
        return None


def _share(lines: Sequence[str]) -> float:
    """Return how much of the words beyond ASCII is spelt as Vietnamese is."""
    words = [word for line in lines for word in marked_words(line)]
    return sum(is_vietnamese(word) for word in words) / len(words) if words else 0.0


@lru_cache(maxsize=20_000)
def _is_as_it_seems(text: str) -> bool:
    """Tell whether a text reads as Vietnamese, or as anything without an old letter, the way it stands."""
    return _ONLY_UNICODE.search(text) is not None or not _OLD_LETTER.search(text) or is_vietnamese(text)


def _texts(page: Page) -> set[tuple[str, Encoding | None]]:
    """Return the page's different texts beyond ASCII, each with the encoding that its font tells."""
    if page.fonts:
        return {(text, page.fonts.get(corner)) for corner, text in _cells(page)}
    return {(text, None) for text in page.texts if not text.isascii()}


def _cells(page: Page) -> Iterator[tuple[Corner, str]]:
    for number, row in enumerate(page.rows):
        for column, cell in enumerate(row):
            if isinstance(cell, str) and not cell.isascii():
                yield (number, column), cell


def _evidence(texts: set[tuple[str, Encoding | None]]) -> Counter[Encoding | None]:
    """Return how many words beyond ASCII can only be of an encoding, or, under None, only of Unicode.

    Texts whose font tells their encoding say nothing about those of other fonts.
    """
    words: Counter[Encoding | None] = Counter()
    for text, font in texts:
        if font is None:
            meanings = _meanings(text)
            if len(meanings) == 1:
                words[meanings[0]] += len(marked_words(text)) or 1
    return words


def _tells_little(words: Counter[Encoding | None]) -> bool:
    return not words[None] and all(words[encoding] < _ENOUGH_WORDS for encoding in Encoding)


def _prevailing(words: Counter[Encoding | None]) -> Prevailing:
    encoding = max(Encoding, key=lambda each: words[each])
    if words[encoding] < _ENOUGH_WORDS:
        return Prevailing()
    return Prevailing(encoding, is_most=words[encoding] > words[None])


@lru_cache(maxsize=20_000)
def _meanings(text: str) -> tuple[Encoding | None, ...]:
    """Return in which encodings, None for Unicode, a text beyond ASCII reads as Vietnamese."""
    if _ONLY_UNICODE.search(text):
        return (None,)
    meanings: list[Encoding | None] = [None] if is_vietnamese(text) else []
    for encoding in Encoding:
        read = decode(text, encoding)
        if read is not None and read != text and is_vietnamese(read):
            meanings.append(encoding)
    return tuple(meanings)


def _conversion(page: Page, texts: set[tuple[str, Encoding | None]], prevailing: Prevailing) -> Conversion | None:
    meant = {key: _encoding_of(*key, prevailing) for key in texts}
    if not any(meant.values()):
        return None
    cells: dict[Corner, str] = {}
    encodings: list[Encoding] = []
    example = ""
    for corner, text in _cells(page):
        encoding = meant[text, page.fonts.get(corner)]
        read = decode(text, encoding) if encoding else None
        if encoding is not None and read is not None and read != text:
            cells[corner] = read
            encodings.append(encoding)
            example = example or text
    return Conversion(cells, tuple(dict.fromkeys(encodings)), example) if cells else None


def _encoding_of(text: str, font: Encoding | None, prevailing: Prevailing) -> Encoding | None:
    """Return the encoding to read a text in; None to leave it as it is.

    Where both readings are spelt as Vietnamese, or neither, the font decides, and without one the rest of the sheet.
    """
    encoding = font or prevailing.encoding
    if encoding is None:
        return None
    meanings = _meanings(text)
    if (encoding in meanings) != (None in meanings):
        return encoding if encoding in meanings else None
    return encoding if font or prevailing.is_most else None
