"""Talking to one origin only: retries, time-outs, and the token that never leaves it."""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from program.errors import ConfigurationError, SourceError

PASSES = frozenset({408, 429, *range(500, 600)})
"""Answers that usually pass: a time-out, too many requests, a server's own trouble."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a portal is waited for; `retries` counts the attempts after the first.

    `longest_wait_seconds` caps Retry-After: a portal may well ask for an hour, but the night has other sources and
    must be over by the morning. What is not there after the retries is asked for again the next night.
    `body_seconds` bounds a whole body, since a line that trickles never reaches the read time-out.
    """

    retries: int = 4
    backoff_seconds: float = 1
    longest_wait_seconds: int = 30
    connect_seconds: float = 10
    read_seconds: float = 60
    body_seconds: float = 600


class _StayingSession(requests.Session):
    """A session that leaves redirects to its caller; `allow_redirects=False` alone still reads their bodies into memory."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002 - the name is requests' own
        return None


@dataclass(frozen=True, slots=True)
class _OwnOriginOnly:
    """Adds the token to a request, after refusing any that would leave the portal.

    As `auth` it runs for every request, on the very address the request will go to: address parsers disagree where an
    address holds a backslash and an @, so it is not the text in the portal's JSON that must be compared. And with an
    `auth`, requests takes no login from a .netrc.
    """

    origin: str
    authorization: str | None = field(repr=False)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        origin = _origin(request.url or "")
        if origin != self.origin:
            raise SourceError(
                f"the portal at {self.origin} sent us on to {request.url}; expected an address at {self.origin}, "
                f"found {origin}: not followed. If the portal has moved, set MTQG_PORTAL_URL; if not, tell its operator"
            )
        if self.authorization is not None:
            request.headers["Authorization"] = self.authorization
        return request


def open_session(origin: str, token: str, patience: Patience) -> requests.Session:
    """Return a session that retries with `patience` and refuses, with SourceError, to leave `origin`."""
    # http.client shows the value of a header that it refuses: a token that would be refused must not get there.
    if not re.fullmatch(r"[!-~]*", token):
        raise ConfigurationError("MTQG_PORTAL_TOKEN: expected visible ASCII characters only, found a space, line break or other")
    retry = Retry(
        total=patience.retries,
        status_forcelist=PASSES,
        backoff_factor=patience.backoff_seconds,
        backoff_max=patience.longest_wait_seconds,
        retry_after_max=patience.longest_wait_seconds,
        raise_on_status=False,
    )
    session = _StayingSession()
    session.mount("http://", HTTPAdapter(max_retries=retry))
    session.mount("https://", HTTPAdapter(max_retries=retry))
    # Workbooks are zipped already, and the size limit and Content-Length then speak of the same bytes.
    session.headers.update({"User-Agent": "mtqg-monitor", "Accept-Encoding": "identity"})
    session.auth = _OwnOriginOnly(origin, f"Bearer {token}" if token else None)
    return session


def origin_of_setting(url: str) -> str:
    """Return the origin as requests writes it, so that an internationalised host equals itself."""
    if not re.fullmatch(r"https?://[^@?#\\]+", url, re.IGNORECASE):
        raise _not_an_address()
    try:
        return _origin(requests.Request("GET", url).prepare().url or "")
    except (requests.RequestException, ValueError):
        raise _not_an_address() from None


def _not_an_address() -> ConfigurationError:
    # The address is not shown: it may hold a password, which is one of the reasons to refuse it.
    return ConfigurationError("MTQG_PORTAL_URL: expected https://host[:port][/path], without a login, query or fragment")


def _origin(url: str) -> str:
    """Return scheme, host and port, always with the port. Raises ValueError for a port that is none."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}:{parts.port or {'http': 80, 'https': 443}.get(parts.scheme)}"
