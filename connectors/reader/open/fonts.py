"""Find the cell styles of an .xlsx whose font has an encoding from before Unicode.

The source is the package's own style sheet, `xl/styles.xml`.
"""

import html
import re

from connectors.reader.legacy.encodings import Encoding, encoding_of_font

# The tags that matter, with any namespace prefix. Everything between them is skipped.
_TAG = re.compile(rb"<(/?)(?:[^<>\s/:]+:)?(fonts|font|name|cellXfs|xf)\b([^<>]*)>")
_NAME = re.compile(rb"""\bval\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_FONT = re.compile(rb"""\bfontId\s*=\s*["']([0-9]{1,6})["']""")
_OLD_FONT = re.compile(rb"""["'](?:\.vn|vni[- ])""")


class _StyleReader:
    """Collects the fonts and the cell styles while the tags pass by in document order.

    `xf` also stands in `cellStyleXfs` and `name` in other parts, so the open part is tracked.
    """

    def __init__(self) -> None:
        self.old_styles: dict[int, Encoding] = {}
        self._fonts: list[Encoding | None] = []
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

    def _read_style(self, attributes: bytes) -> None:
        match = _FONT.search(attributes)
        font = int(match[1]) if match else 0
        is_known = match is not None and font < len(self._fonts)
        encoding = self._fonts[font] if is_known else None
        if encoding is not None:
            self.old_styles[self._style_count] = encoding
        self._style_count += 1


def old_styles(styles: bytes) -> dict[int, Encoding]:
    """Return the old encoding of each cell style that has one, by the style's number.

    The result is empty for ordinary workbooks.
    """
    # Two plain searches exclude nearly every workbook, much faster than the patterns.
    folded = styles.lower()
    may_be_old = b".vn" in folded or b"vni" in folded
    if not may_be_old or not _OLD_FONT.search(folded):
        return {}
    reader = _StyleReader()
    for match in _TAG.finditer(styles):
        closing, tag, attributes = match.groups()
        reader.read(tag, attributes, is_closing=bool(closing))
    return reader.old_styles


def _encoding(attributes: bytes) -> Encoding | None:
    match = _NAME.search(attributes)
    if match is None:
        return None
    written = match[1] or match[2] or b""
    return encoding_of_font(html.unescape(written.decode(errors="replace")))
