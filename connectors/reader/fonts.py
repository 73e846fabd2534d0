"""Which cell styles of an .xlsx are in a font of before Unicode, by the package's own list of styles."""

import html
import re

from connectors.reader.legacy import Encoding, encoding_of_font

# One pass over the tags that matter, whatever their prefix; what stands between them is skipped.
_TAG = re.compile(rb"<(/?)(?:[^<>\s/:]+:)?(fonts|font|name|cellXfs|xf)\b([^<>]*)>")
_NAME = re.compile(rb"""\bval\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_FONT = re.compile(rb"""\bfontId\s*=\s*["']([0-9]{1,6})["']""")
_OLD_FONT = re.compile(rb"""["'](?:\.vn|vni[- ])""")


def old_styles(styles: bytes) -> dict[int, Encoding]:
    """Return the encoding of each cell style, by its number, whose font tells one; nothing for ordinary workbooks."""
    folded = styles.lower()
    if (b".vn" not in folded and b"vni" not in folded) or not _OLD_FONT.search(folded):
        return {}
    found: dict[int, Encoding] = {}
    fonts: list[Encoding | None] = []
    part, style = b"", 0
    for match in _TAG.finditer(styles):
        closing, tag, attributes = match.groups()
        if tag in (b"fonts", b"cellXfs"):
            part = b"" if closing or attributes.endswith(b"/") else tag
        elif part == b"fonts" and tag == b"font" and not closing:
            fonts.append(None)
        elif part == b"fonts" and tag == b"name" and fonts:
            fonts[-1] = _encoding(attributes)
        elif part == b"cellXfs" and tag == b"xf" and not closing:
            number = _FONT.search(attributes)
            encoding = fonts[int(number[1])] if number and int(number[1]) < len(fonts) else None
            found |= {style: encoding} if encoding else {}
            style += 1
    return found


def _encoding(attributes: bytes) -> Encoding | None:
    name = _NAME.search(attributes)
    return encoding_of_font(html.unescape((name[1] or name[2] or b"").decode(errors="replace"))) if name else None
