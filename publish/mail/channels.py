"""Channels beside mail: a webhook, Teams, Telegram, an SMS gateway, by a URL of apprise.

The URL is a secret. Everything that is stored, logged or shown has the channel's label instead.
"""

import hashlib
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.charset import CHARSETS
from functools import cache
from io import StringIO
from ipaddress import ip_address
from threading import Thread
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from program.errors import ConfigurationError, MailDeferredError
from program.settings import Settings
from warehouse.outbox.letters import CHANNEL

if TYPE_CHECKING:
    from apprise import NotifyBase

_HASH_LETTERS = 6
_MOST_SECONDS = 60.0
"""A channel that does not answer by then has failed. It bounds also an answer that never ends."""
_STATUS = re.compile(r"error=(\d{3})")


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel: whom it reaches ("alarm" or "office"), and its URL.

    `label` stands for it in the outbox and in the digest. It is the same as long as the URL is.
    """

    label: str
    url: SecretStr = field(repr=False)


def alarm_channels(settings: Settings) -> tuple[Channel, ...]:
    """Return the operator's channels, each once, in the order of `MTQG_ALARM_CHANNELS`.

    A wrong URL is found when something is sent to it.
    """
    return tuple(_channels("alarm", settings.alarm_channels))


def office_channels(settings: Settings) -> tuple[Channel, ...]:
    """Return the office's channels, each once, in the order of `MTQG_OFFICE_CHANNELS`."""
    return tuple(_channels("office", settings.office_channels))


def _channels(reaches: str, urls: SecretStr) -> Iterator[Channel]:
    for url in dict.fromkeys(urls.get_secret_value().split()):
        scheme, colon, _ = url.partition("://")
        # What is no URL may be a secret that was pasted in the wrong place.
        name = scheme if colon and scheme.isalnum() else "unknown"
        digest = hashlib.sha256(url.encode()).hexdigest()[:_HASH_LETTERS]
        yield Channel(f"{CHANNEL}{reaches}/{name}-{digest}", SecretStr(url))


def send_to_channel(channel: Channel, title: str, body: str, seconds: float = 0) -> None:
    """Send a text to a channel, within `seconds` (default: a minute).

    Raises MailDeferredError if the channel does not take it, and ConfigurationError if its URL is
    wrong or leads over an open line. Neither names the URL.
    """
    service = _service(channel)
    failed: list[str] = []
    # A thread that hangs ends with the process. It cannot be stopped: its message may still arrive.
    worker = Thread(target=_notify, args=(service, title, body, failed), daemon=True)
    worker.start()
    limit = seconds or _MOST_SECONDS
    worker.join(limit)
    if worker.is_alive():
        raise MailDeferredError(f"{channel.label}: no answer within {limit:g} s")
    if failed:
        raise MailDeferredError(f"{channel.label}: {failed[0]}")


def _notify(service: "NotifyBase", title: str, body: str, failed: list[str]) -> None:
    try:
        with _log_of_apprise() as log:
            is_taken = bool(service.notify(body=body, title=title))
    except Exception as error:  # the boundary of a channel
        # Its text may have the URL.
        failed.append(type(error).__name__)
        return
    if not is_taken:
        status = _STATUS.search(log.getvalue())
        failed.append(f"HTTP {status[1]}" if status else "it did not take the message")


@contextmanager
def _log_of_apprise() -> Iterator[StringIO]:
    """Yield what apprise logs within the block: the only word about why a message was not taken."""
    logger = logging.getLogger("apprise")
    text = StringIO()
    handler = logging.StreamHandler(text)
    logger.addHandler(handler)
    try:
        yield text
    finally:
        logger.removeHandler(handler)


@cache
def _keep_urls_from_logs() -> None:
    """Keep what apprise and its HTTP client log, URLs among it, from the logs of this process."""
    for name in ("apprise", "urllib3"):
        logger = logging.getLogger(name)
        # Not undone: a channel that hangs may log long after its message was given up.
        logger.propagate = False
        # Without any handler, warnings would go to stderr.
        logger.addHandler(logging.NullHandler())


def _service(channel: Channel) -> "NotifyBase":
    """Return apprise's service of a channel, if it is encrypted or on this machine.

    Raises ConfigurationError if it is not, or if apprise does not know the URL.
    """
    url = channel.url.get_secret_value()
    _keep_urls_from_logs()
    # apprise 1.13 changes how Python's mails encode UTF-8: our letters would break within words.
    charsets = dict(CHARSETS)
    try:
        # It takes half a second to import, and most deployments have no channel.
        from apprise import Apprise  # noqa: PLC0415

        service = Apprise.instantiate(url, suppress_exceptions=True)
    finally:
        CHARSETS.clear()
        CHARSETS.update(charsets)
    if service is None:
        raise ConfigurationError(f"{channel.label}: apprise does not know its URL")
    if not (_is_encrypted(service, url) or _is_here(service)):
        raise ConfigurationError(
            f"{channel.label}: expected an encrypted service with a verified certificate, or one "
            "on this machine"
        )
    # A redirect may lead elsewhere, over an open line.
    service.redirects = False
    return service


def _is_encrypted(service: Any, url: str) -> bool:
    scheme = url.partition("://")[0].lower()
    encrypted = service.secure_protocol or ()
    if isinstance(encrypted, str):
        encrypted = (encrypted,)
    return scheme in encrypted and service.verify_certificate


def _is_here(service: Any) -> bool:
    host = str(service.host or "").strip("[]")
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
