"""The headers of a mail that anybody may have written.

The library's old policy gives them as they stand. Its new one parses each header by the grammar of
RFC 5322, which raises errors of its own for some of them and takes seconds for others.
"""

import re
from datetime import UTC, datetime
from email import message_from_bytes
from email._policybase import Compat32
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

from connectors.file_names import decoded_name, display_name

_MAX_BYTES = 1_000_000
"""How much of the headers of a mail is read."""
_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n")
_MAX_CHARACTERS = 16_384
"""How much of a header is read. RFC 5322 allows lines of 998 characters."""
_MAX_PARAMETERS = 30
"""How many parameters of a header are read: the library takes 21 s to split 130,000 of them."""
_MAX_THREAD = 50
_ADDRESS = re.compile(r"[^@\s<>,;:\"()\[\]\\\x00-\x1f\x7f]+@[A-Za-z0-9.-]+")
_MAX_ADDRESS = 254
_MESSAGE_ID = re.compile(r"<([^<>\s]{1,400})>")


class _BoundedHeaders(Compat32):
    """The library's old policy, without the ends of headers that are too long."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, _bounded(value)

    def header_fetch_parse(self, name: str, value: str) -> str:  # noqa: ARG002  (the library's)
        # As it was sent: the library would put a replacement for each byte beyond ASCII.
        return value


_POLICY = _BoundedHeaders()


def _bounded(value: str) -> str:
    kept = value[:_MAX_CHARACTERS]
    if kept.count(";") <= _MAX_PARAMETERS:
        return kept
    return ";".join(kept.split(";")[:_MAX_PARAMETERS])


def parsed_mail(content: bytes) -> Message:
    """Return a mail as the library parses it. Raises RecursionError for one that is too deep."""
    return message_from_bytes(content, policy=_POLICY)


def header_block(content: bytes) -> bytes:
    """Return the headers of a mail, which may be cut anywhere, without the rest."""
    return _END_OF_HEADERS.split(content[:_MAX_BYTES], maxsplit=1)[0] + b"\n\n"


def raw_values(message: Message, name: str) -> list[str]:
    """Return all values of a header on one line each, the topmost first, as they were sent."""
    values = [value for key, value in message.raw_items() if key.lower() == name.lower()]
    return [" ".join(str(value).split()) for value in values]


def raw_value(message: Message, name: str) -> str:
    """Return the topmost value of a header, empty where there is none."""
    return next(iter(raw_values(message, name)), "")


def readable_value(message: Message, name: str) -> str:
    """Return a header for people, on one line; empty where there is none."""
    return readable(raw_value(message, name))


def readable(raw: str) -> str:
    """Return a value for people: decoded (RFC 2047), on one line, without invisible characters."""
    # The library keeps bytes beyond ASCII as surrogates.
    text = decoded_name(raw.encode("utf-8", "surrogateescape"))
    if "=?" in text:
        text = _decoded_words(text)
    return display_name(text) if text.strip() else ""


def _decoded_words(text: str) -> str:
    try:
        parts = decode_header(text)
    except ValueError:
        # HeaderParseError is one: what looks like base64 is none.
        return text
    return "".join(_decoded_part(part, charset) for part, charset in parts)


def _decoded_part(part: str | bytes, charset: str | None) -> str:
    if isinstance(part, str):
        return part
    if charset is None:
        # What stands between encoded words.
        return part.decode("raw-unicode-escape", "replace")
    return decoded_text(part, charset)


_CHARSET = re.compile(
    r"utf-?(8|16|32)(-?[lb]e)?|(us-)?ascii|iso-?8859-?\d+|(windows|cp)-?12\d\d|gb\w+|big5\w*"
    r"|shift_jis|euc-\w+|iso-2022-\w+|koi8-[ru]|tis-620"
)
"""The encodings that are decoded as a mail declares them.

Python knows others under such names, which are no encodings of text or take long (punycode).
"""


def decoded_text(content: bytes, charset: str | None) -> str:
    """Return a text whose mail declares a charset, which may be missing, unknown or wrong."""
    declared = (charset or "").strip().lower()
    if _CHARSET.fullmatch(declared):
        try:
            return content.decode(declared)
        except (LookupError, UnicodeError):
            pass
    return decoded_name(content)


def addresses_of(message: Message, name: str) -> tuple[str, ...]:
    """Return the addresses of a header in lower case, without doubles.

    Empty where one of them is no address: then nobody can say whom the header means.
    """
    found: dict[str, None] = {}
    for _, address in getaddresses(raw_values(message, name)):
        if len(address) > _MAX_ADDRESS or not _ADDRESS.fullmatch(address):
            return ()
        found[address.lower()] = None
    return tuple(found)


def display_name_of(message: Message, name: str) -> str:
    """Return the name beside the first address of a header, empty where there is none."""
    pairs = getaddresses(raw_values(message, name))
    return readable(pairs[0][0]) if pairs else ""


def message_ids(message: Message, name: str) -> list[str]:
    """Return the Message-IDs of a header without angle brackets, in their order."""
    raw = raw_value(message, name)
    # Bytes beyond ASCII are in no Message-ID, and no database takes a surrogate.
    text = raw.encode("ascii", "replace").decode("ascii")
    return _MESSAGE_ID.findall(text)


def thread_ids(message: Message) -> tuple[str, ...]:
    """Return the Message-IDs that a mail answers, the nearest first, without doubles."""
    answered = message_ids(message, "In-Reply-To")
    # References has the oldest first.
    earlier = reversed(message_ids(message, "References"))
    found = dict.fromkeys([*answered, *earlier])
    return tuple(found)[:_MAX_THREAD]


def claimed_at(message: Message) -> datetime | None:
    """Return the time in the Date header (UTC); None for none, or one outside the calendar."""
    try:
        stated = parsedate_to_datetime(raw_value(message, "Date"))
        # A time "-0000" is one of UTC whose zone the sender keeps to itself.
        if stated.tzinfo is None:
            return stated.replace(tzinfo=UTC)
        return stated.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
