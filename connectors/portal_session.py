"""An HTTP session for one origin: retries, time-outs, and a token that goes nowhere else."""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from program.errors import ConfigurationError, SourceError

PASSES = frozenset({408, 429, *range(500, 600)})
"""Responses of temporary failures: a time-out, too many requests, an error of the server."""
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for a portal. `retries` counts the attempts after the first.

    `longest_wait_seconds` limits Retry-After: a portal may ask for an hour, but a run has other
    sources and must end before the morning. The next run asks again. `body_seconds` limits the
    whole body: one that trickles never reaches the read time-out.
    """

    retries: int = 4
    backoff_seconds: float = 1
    longest_wait_seconds: int = 30
    connect_seconds: float = 10
    read_seconds: float = 60
    body_seconds: float = 600


class _StayingSession(requests.Session):
    """A session that leaves redirects to its caller.

    `allow_redirects=False` alone would still read the bodies of redirects into memory.
    """

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002
        return None


@dataclass(frozen=True, slots=True)
class _OwnOriginOnly:
    """Adds the token to a request, and refuses requests to other origins.

    As `auth` it is called for every request with the address that the request will really use.
    Parsers disagree about an address with a backslash and an @, so the text in the portal's JSON
    must not be compared. With an `auth`, requests also takes no login from a .netrc.
    """

    origin: str
    authorization: str | None = field(repr=False)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        origin = _origin(request.url or "")
        if origin != self.origin:
            raise SourceError(
                f"the portal at {self.origin} sent us on to {request.url}; expected an address at "
                f"{self.origin}, found {origin}: not followed. If the portal has moved, set "
                "MTQG_PORTAL_URL; if not, tell its operator"
            )
        if self.authorization is not None:
            request.headers["Authorization"] = self.authorization
        return request


def open_session(origin: str, token: str, patience: Patience) -> requests.Session:
    """Return a session that retries with `patience` and raises SourceError at other origins.

    Raises:
        ConfigurationError: for a token that no header can hold.
    """
    # http.client shows the value of a header that it refuses, so a bad token must not get there.
    if not re.fullmatch(r"[!-~]*", token):
        raise ConfigurationError(
            "MTQG_PORTAL_TOKEN: expected visible ASCII characters only, "
            "found a space, line break or other"
        )
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
    # Workbooks are compressed already. Without a second compression the size limit and
    # Content-Length mean the same bytes.
    session.headers.update({"User-Agent": "mtqg-monitor", "Accept-Encoding": "identity"})
    session.auth = _OwnOriginOnly(origin, f"Bearer {token}" if token else None)
    return session


def origin_of_setting(url: str) -> str:
    """Return the origin as requests writes it, so that international host names compare equal.

    Raises:
        ConfigurationError: for an address that is not one of a portal.
    """
    if not re.fullmatch(r"https?://[^@?#\\]+", url, re.IGNORECASE):
        raise _not_an_address()
    try:
        return _origin(requests.Request("GET", url).prepare().url or "")
    except (requests.RequestException, ValueError):
        raise _not_an_address() from None


def _not_an_address() -> ConfigurationError:
    # The address is not shown: it may hold a password, which is one of the reasons to refuse it.
    return ConfigurationError(
        "MTQG_PORTAL_URL: expected https://host[:port][/path], without a login, query or fragment"
    )


def _origin(url: str) -> str:
    """Return scheme, host and port, always with the port. Raises ValueError for an invalid port."""
    parts = urlsplit(url)
    port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    return f"{parts.scheme}://{parts.hostname}:{port}"
