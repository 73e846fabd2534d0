"""File names of senders, in any bytes: an id that a database can store, a name that people read."""

import os
import re
import unicodedata
from pathlib import PurePosixPath

from connectors.reader.legacy.encodings import Encoding, decode, eight_bit_text
from connectors.reader.legacy.syllables import is_vietnamese

_ESCAPE = re.compile(r"\\(\\|x[0-9a-f]{2})")
_MAX_CHARACTERS = 200
_MAX_SUFFIX_CHARACTERS = 10
_DROPPED = frozenset({"Cf", "Cs", "Co", "Cn"})
"""Categories that show nothing. A right-to-left mark can hide that a file is an .exe."""


def stored_path(path: str) -> str:
    r"""Return a path as text that any database can store.

    A byte that is not UTF-8 becomes `\xe1`, and a backslash becomes two. Other paths stay as they
    are. `path_as_listed` is the inverse.
    """
    escaped = path.replace("\\", "\\\\")
    # Python keeps such a byte in a path as a lone surrogate.
    return os.fsencode(escaped).decode("utf-8", "backslashreplace")


def path_as_listed(stored: str) -> str:
    """Return a path as the source lists it, from its stored form."""
    return _ESCAPE.sub(_unescaped, stored)


def _unescaped(match: re.Match[str]) -> str:
    code = match[1]
    if code == "\\":
        return "\\"
    return os.fsdecode(bytes([int(code[1:], 16)]))


def display_name(name: str) -> str:
    """Return a file name for people: composed Unicode on one line, of at most 200 characters.

    Bytes that are not UTF-8 are read in the 8-bit encodings of Vietnamese offices. Invisible
    characters are dropped, and each run of spaces and line breaks is one space. The suffix stays:
    people see by it what the file is.
    """
    readable = unicodedata.normalize("NFC", _decoded(name))
    signs = "".join(map(_visible, readable))
    visible = " ".join(signs.split())
    if len(visible) <= _MAX_CHARACTERS:
        return visible or "?"
    suffix = PurePosixPath(visible).suffix[:_MAX_SUFFIX_CHARACTERS]
    kept = _MAX_CHARACTERS - len(suffix) - 1
    return f"{visible[:kept]}…{suffix}"


def _visible(sign: str) -> str:
    if unicodedata.category(sign) in _DROPPED:
        return ""
    # Line breaks and tabs separate words too.
    return sign if sign.isprintable() else " "


def _decoded(name: str) -> str:
    """Return a name without lone surrogates, which stand for bytes that are not UTF-8."""
    if name.isascii():
        return name
    has_surrogate = any(unicodedata.category(sign) == "Cs" for sign in name)
    if not has_surrogate:
        return name
    try:
        raw = os.fsencode(name)
    except UnicodeEncodeError:
        # A surrogate that stands for no byte: it came from JSON, not from a file system.
        return name
    return decoded_name(raw)


def decoded_name(raw: bytes) -> str:
    """Return the file name in bytes of an unknown encoding.

    They are UTF-8, or an 8-bit encoding in which they read as Vietnamese, or Windows-1258.
    """
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    text = eight_bit_text(raw)
    if text is None:
        return raw.decode("cp1258", "replace")
    if is_vietnamese(text):
        return text
    # The letters of an older encoding, which a font would show as Vietnamese.
    for encoding in Encoding:
        decoded = decode(text, encoding)
        if decoded and is_vietnamese(decoded):
            return decoded
    return text
