"""An HTTP session with one origin only: retries, time-outs, and a token that never leaves it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import requests
from urllib3.util import Retry

from connectors.sources.answer_deadline import DeadlineAdapter
from program.errors import ConfigurationError, SourceError

PASSES = frozenset({408, 429, *range(500, 600)})
"""Status codes that usually pass: a time-out, too many requests, trouble of the server."""

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a service is waited for. `retries` counts the attempts after the first.

    `longest_wait_seconds` caps Retry-After. A service may ask for an hour, but the run has other
    sources and must end by the morning; what is missing then is fetched by the next run.
    `answer_seconds` limits a whole answer, headers and body: a slow trickle never reaches the
    read time-out.
    """

    retries: int = 4
    backoff_seconds: float = 1
    longest_wait_seconds: int = 30
    connect_seconds: float = 10
    read_seconds: float = 60
    answer_seconds: float = 300


@dataclass(frozen=True, slots=True)
class HttpService:
    """A foreign HTTP service, and what messages call it.

    Attributes:
        title: Its name within a sentence, such as "the portal".
        url: Its address. All requests stay with this origin.
        authorization: The value of the header of that name; None without one.
        url_setting: Where its address stands.
        advice: What to check, by status code.
        operator: Whom to tell what nobody here can mend.
    """

    title: str
    url: str
    authorization: str | None = field(repr=False)
    url_setting: str
    advice: Mapping[int, str]
    operator: str


class _StayingSession(requests.Session):
    """A session that leaves redirects to its caller.

    With `allow_redirects=False` alone, requests still reads their bodies into memory.
    """

    # The parameter's name is that of requests.
    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002
        return None


@dataclass(frozen=True, slots=True)
class _OwnOriginOnly:
    """Adds the token to a request, after a check that the request stays with the service.

    As `auth` it runs for every request, on the very address that the request goes to. The text
    in the service's JSON cannot be checked instead: parsers disagree about an address with a
    backslash and an @. Also, with an `auth`, requests takes no login from a .netrc.
    """

    service: HttpService
    origin: str

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        origin = _origin(request.url or "")
        # A page or a redirect may point anywhere: the token must not go there.
        if origin != self.origin:
            service = self.service
            raise SourceError(
                f"{service.title} at {self.origin} sent us on to {request.url}; "
                f"expected an address at {self.origin}, found {origin}: not followed. "
                f"If {service.title} has moved, set {service.url_setting}; "
                "if not, tell its operator"
            )
        if self.service.authorization is not None:
            request.headers["Authorization"] = self.service.authorization
        return request


def with_scheme(scheme: str, token: str, setting: str) -> str | None:
    """Return the header for a token, as "Bearer …"; None without a token.

    Raises ConfigurationError for a token that no header can hold.
    """
    # http.client shows the value of a header that it refuses, so a wrong token must not get there.
    if not re.fullmatch(r"[!-~]*", token):
        raise ConfigurationError(
            f"{setting}: expected visible ASCII characters only, found a space, line break or other"
        )
    return f"{scheme} {token}" if token else None


def open_session(service: HttpService, patience: Patience) -> requests.Session:
    """Return a session that retries with `patience`.

    It raises SourceError for a request that would leave the service's origin.
    Raises ConfigurationError for a wrong address.
    """
    origin = origin_of_setting(service)
    retry = Retry(
        total=patience.retries,
        status_forcelist=PASSES,
        backoff_factor=patience.backoff_seconds,
        backoff_max=patience.longest_wait_seconds,
        retry_after_max=patience.longest_wait_seconds,
        raise_on_status=False,
        # POST too: see `HttpClient.post`.
        allowed_methods=frozenset({"GET", "POST"}),
    )
    session = _StayingSession()
    for scheme in ("http://", "https://"):
        session.mount(scheme, DeadlineAdapter(patience.answer_seconds, max_retries=retry))
    # No compression: workbooks are zipped already, and so the size limit and Content-Length
    # count the same bytes.
    session.headers.update({"User-Agent": "mtqg-monitor", "Accept-Encoding": "identity"})
    session.auth = _OwnOriginOnly(service, origin)
    return session


def origin_of_setting(service: HttpService) -> str:
    """Return the origin of a service's address, as requests writes it.

    So two spellings of an internationalised host are equal.
    Raises ConfigurationError for a wrong URL.
    """
    if not re.fullmatch(r"https?://[^@?#\\]+", service.url, re.IGNORECASE):
        raise _not_an_address(service)
    try:
        prepared = requests.Request("GET", service.url).prepare()
        return _origin(prepared.url or "")
    except (requests.RequestException, ValueError):
        raise _not_an_address(service) from None


def _not_an_address(service: HttpService) -> ConfigurationError:
    # The address is not shown. It may hold a password, which is one reason to refuse it.
    return ConfigurationError(
        f"{service.url_setting}: expected https://host[:port][/path], "
        "without a login, query or fragment"
    )


def _origin(url: str) -> str:
    """Return scheme, host and port, always with the port.

    Raises ValueError for a wrong port.
    """
    parts = urlsplit(url)
    port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    return f"{parts.scheme}://{parts.hostname}:{port}"
