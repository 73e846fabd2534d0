"""Find the cell styles of an .xlsx whose font strikes out, or has an encoding from before Unicode.

The source is the package's own style sheet, `xl/styles.xml`.
"""

import html
import re
from collections.abc import Mapping
from typing import NamedTuple

from connectors.reader.legacy.encodings import Encoding, encoding_of_font

# The tags that matter, with any namespace prefix. Everything between them is skipped.
_TAG = re.compile(rb"<(/?)(?:[^<>\s/:]+:)?(fonts|font|name|strike|cellXfs|xf)\b([^<>]*)>")
_NAME = re.compile(rb"""\bval\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_FONT = re.compile(rb"""\bfontId\s*=\s*["']([0-9]{1,6})["']""")
_OLD_FONT = re.compile(rb"""["'](?:\.vn|vni[- ])""")
_OFF = re.compile(rb"""\bval\s*=\s*["'](?:0|false)""")
_TEXT = re.compile(rb"<(?:[^<>\s/:]+:)?si\b[^<>]*?(?:/>|>(.*?)</(?:[^<>\s/:]+:)?si>)", re.DOTALL)
_STRIKE = re.compile(rb"<(?:[^<>\s/:]+:)?strike\b([^<>]*)>")


class FontStyles(NamedTuple):
    """The numbers of the cell styles with an old encoding, and of those that strike out."""

    old: Mapping[int, Encoding] = {}
    struck: frozenset[int] = frozenset()


class _StyleReader:
    """Collects the fonts and the cell styles while the tags pass by in document order.

    `xf` also stands in `cellStyleXfs` and `name` in other parts, so the open part is tracked.
    """

    def __init__(self) -> None:
        self.old_styles: dict[int, Encoding] = {}
        self.struck_styles: set[int] = set()
        self._fonts: list[Encoding | None] = []
        self._struck_fonts: set[int] = set()
        self._part = b""
        self._style_count = 0

    def read(self, tag: bytes, attributes: bytes, *, is_closing: bool) -> None:
        """Take the next tag into account."""
        if tag in (b"fonts", b"cellXfs"):
            is_open = not is_closing and not attributes.endswith(b"/")
            self._part = tag if is_open else b""
        elif self._part == b"fonts":
            self._read_font(tag, attributes, is_closing=is_closing)
        elif self._part == b"cellXfs" and tag == b"xf" and not is_closing:
            self._read_style(attributes)

    def _read_font(self, tag: bytes, attributes: bytes, *, is_closing: bool) -> None:
        if tag == b"font" and not is_closing:
            self._fonts.append(None)  # its name follows, if it has one
        elif tag == b"name" and self._fonts:
            self._fonts[-1] = _encoding(attributes)
        elif tag == b"strike" and not is_closing and not _OFF.search(attributes):
            self._struck_fonts.add(len(self._fonts) - 1)

    def _read_style(self, attributes: bytes) -> None:
        match = _FONT.search(attributes)
        # A style without a font has the first one.
        font = int(match[1]) if match else 0
        encoding: Encoding | None = None
        # A damaged style may name a font that is not there.
        if match is not None and font < len(self._fonts):
            encoding = self._fonts[font]
        if encoding is not None:
            self.old_styles[self._style_count] = encoding
        if font in self._struck_fonts:
            self.struck_styles.add(self._style_count)
        self._style_count += 1


def font_styles(styles: bytes) -> FontStyles:
    """Return the cell styles whose font matters; none for ordinary workbooks."""
    # Plain searches exclude nearly every workbook, much faster than the patterns.
    folded = styles.lower()
    has_old_name = b".vn" in folded or b"vni" in folded
    may_be_old = has_old_name and _OLD_FONT.search(folded) is not None
    if not may_be_old and b"strike" not in folded:
        return FontStyles()
    reader = _StyleReader()
    for match in _TAG.finditer(styles):
        closing, tag, attributes = match.groups()
        reader.read(tag, attributes, is_closing=bool(closing))
    return FontStyles(reader.old_styles, frozenset(reader.struck_styles))


def struck_texts(texts: bytes) -> frozenset[int]:
    """Return the numbers of the shared texts of which some letters are struck out."""
    if b"strike" not in texts:
        return frozenset()
    numbers: set[int] = set()
    for number, match in enumerate(_TEXT.finditer(texts)):
        text = match[1] or b""
        if strikes_out(text):
            numbers.add(number)
    return frozenset(numbers)


def strikes_out(text: bytes) -> bool:
    """Return whether the XML of a text strikes out some of its letters."""
    if b"strike" not in text:
        return False
    return any(not _OFF.search(attributes) for attributes in _STRIKE.findall(text))


def _encoding(attributes: bytes) -> Encoding | None:
    match = _NAME.search(attributes)
    if match is None:
        return None
    # One group is for double quotes, the other for single ones.
    written = match[1] or match[2] or b""
    name = html.unescape(written.decode(errors="replace"))
    return encoding_of_font(name)
