"""What the receiving server wrote about a mail's authentication (RFC 8601).

Anybody can write such a header. Only the topmost one of the server that the source declares counts:
a server puts its own above all that came with the mail.
"""

import re
from email.message import Message

from connectors.mails.headers import raw_values
from program.mail import PASS, MailAuthentication

_HEADER = "Authentication-Results"
_COMMENT = re.compile(r"\([^()]*\)")
_DEEPEST_COMMENT = 5
_RESULT = re.compile(r"(spf|dkim|dmarc)(?:\s*/\s*\d+)?\s*=\s*([a-z]{1,20})", re.IGNORECASE)
_DOMAIN = re.compile(
    r"(?:smtp\.mailfrom|smtp\.helo|header\.d|header\.i)\s*=\s*\"?(?:[^\s;\"@]*@)?([A-Za-z0-9.-]+)",
    re.IGNORECASE,
)


def authentication_of(
    message: Message, server: str | None, addresses: tuple[str, ...]
) -> MailAuthentication:
    """Return what a server says about a mail from some addresses; nothing where it is silent."""
    if server is None:
        return MailAuthentication()
    for value in raw_values(message, _HEADER):
        parts = _without_comments(value).split(";")
        # The name may be followed by a version.
        names = parts[0].split()
        if names and names[0].lower() == server.lower():
            return _read(parts[1:], addresses)
    return MailAuthentication()


def _without_comments(value: str) -> str:
    for _ in range(_DEEPEST_COMMENT):
        shorter = _COMMENT.sub(" ", value)
        if shorter == value:
            break
        value = shorter
    return value


def _read(results: list[str], addresses: tuple[str, ...]) -> MailAuthentication:
    found: dict[str, str] = {}
    is_aligned = False
    for text in results:
        match = _RESULT.match(text.strip())
        if match is None:
            continue
        method, result = match[1].lower(), match[2].lower()
        # A mail may have several signatures. One that holds is enough.
        if found.get(method) != PASS:
            found[method] = result
        if result == PASS and _is_aligned(text, addresses):
            is_aligned = True
    return MailAuthentication(**found, is_aligned=is_aligned)


def _is_aligned(result: str, addresses: tuple[str, ...]) -> bool:
    """Tell whether a result is about the domain of each address, or one above or below it."""
    domains = [domain.lower() for domain in _DOMAIN.findall(result)]
    of_sender = [address.rpartition("@")[2] for address in addresses]
    if not of_sender:
        return False
    return all(_is_same(domain, domains) for domain in of_sender)


def _is_same(of_sender: str, domains: list[str]) -> bool:
    for domain in domains:
        # A public suffix has no dot and belongs to nobody.
        if "." not in domain:
            continue
        if of_sender == domain or of_sender.endswith(f".{domain}"):
            return True
        if domain.endswith(f".{of_sender}"):
            return True
    return False
