"""What identifies a mail, whatever folder or server it lies on.

The same mail has other bytes on another server, which adds headers and ends lines in another way.
Its own headers stay.
"""

import hashlib
from urllib.parse import quote

from connectors.mails.headers import header_block, message_ids, parsed_mail, raw_value, raw_values

_OWN_HEADERS = ("Date", "From", "Subject")
_ROUTE = ("To", "Received", "Content-Type")
"""What tells mails apart that have no Message-ID."""
_MAX_CHARACTERS = 200
_SAFE = "@.+-_=$!~"


def mail_identity(headers: bytes) -> tuple[str, str]:
    """Return the external id and version of a mail with these headers.

    The id is the Message-ID, or a digest of the headers where there is none. The version is a
    digest of what the sender writes beside it: a program that gives several mails one Message-ID
    sends several versions.
    """
    message = parsed_mail(header_block(headers))
    own = [raw_value(message, name) for name in _OWN_HEADERS]
    number = next(iter(message_ids(message, "Message-ID")), None)
    if number is None:
        route = [value for name in _ROUTE for value in raw_values(message, name)]
        return f"headers-{_digest([*own, *route])}", _digest(own)
    # No source has an id with two slashes, which separate a mail from its files.
    quoted = quote(number, safe=_SAFE)
    if len(quoted) > _MAX_CHARACTERS:
        quoted = f"id-{_digest([number])}"
    return quoted, _digest(own)


def _digest(values: list[str]) -> str:
    text = "\0".join(values)
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:32]
