"""The province's HTTP portal as a source. The contract is docs/portal.md; whatever the portal says is untrusted."""

import hashlib
import re
import time
import unicodedata
import weakref
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC
from http import HTTPStatus
from types import TracebackType
from typing import Annotated, Self
from urllib.parse import urlencode, urljoin, urlsplit

import requests
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError
from urllib3.util import Retry

from program.delivery import Offer
from program.errors import ConfigurationError, SourceError, TransientError

_MAX_LIST_BYTES = 10_000_000
_MAX_NAME_CHARACTERS = 200
_MAX_REDIRECTS = 5
_PASSES = frozenset({408, 429, *range(500, 600)})
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_WHAT_TO_CHECK = {
    400: "the stored cursor may be damaged or from another portal; forget it and everything is listed again",
    401: "check MTQG_PORTAL_TOKEN: it is missing, wrong or expired",
    403: "check MTQG_PORTAL_TOKEN: its owner may not read submissions",
    404: "check MTQG_PORTAL_URL; if it is right, the portal lists what it does not have",
    410: "the portal no longer knows this cursor or this version; forget the stored cursor to list everything again",
}


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


_PATIENCE = Patience()

_Key = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,200}$")]
_Address = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


class _Foreign(BaseModel):
    """JSON of a server that is not ours: a key we do not know is a newer portal, not a mistake."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class _Item(_Foreign):
    id: _Key
    version: _Key
    name: str
    unit: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z.-]{1,20}$")] | None = None
    submitted_at: AwareDatetime
    size: Annotated[int, Field(ge=0)] | None = None
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{64}$", to_lower=True)] | None = None
    href: _Address


class _Page(_Foreign):
    items: list[_Item]
    cursor: _Key | None = None
    next: _Address | None = None

    @model_validator(mode="after")
    def _says_where_to_go_on(self) -> Self:
        if self.items and self.cursor is None:
            raise ValueError("a page with items needs a cursor")
        return self


class _Cursor(_Foreign):
    """What is stored between two nights: the portal's own cursor and, where the list was read to its end, its ETag."""

    since: _Key | None = None
    etag: _Key | None = None


class Portal:
    """A portal that follows docs/portal.md, as a `Connector`.

    `fetch` knows the offers that `offers` of the same instance has yielded. Connections are kept open until `close`,
    the end of the `with`, or the instance itself is gone.
    """

    def __init__(self, url: str, token: str, patience: Patience = _PATIENCE) -> None:
        self._url = url.rstrip("/")
        self._patience = patience
        self._hrefs: dict[tuple[str, str], str] = {}
        self._session = _open_session(_origin_of_setting(url), token, patience)
        # Nobody has to remember `close`: a Connector has none, and a socket left open is a warning, hence an error in tests.
        self._finalizer = weakref.finalize(self, self._session.close)

    def close(self) -> None:
        """Close the kept connections. May be called more than once."""
        self._finalizer()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def offers(self, cursor: str | None) -> Iterator[tuple[Offer, str | None]]:
        """Yield what the portal lists since `cursor`, in its order, each with the cursor that follows it.

        The cursor moves with the last offer of a page: after a crash within a page that page is listed again.
        Raises SourceError or TransientError, possibly after some offers.
        """
        behind = cursor
        for page, ahead in self._pages(_parse_cursor(cursor)):
            for number, item in enumerate(page.items, start=1):
                yield _offer(item), ahead if number == len(page.items) else behind
            behind = ahead if page.items else behind

    def fetch(self, offer: Offer, max_bytes: int) -> bytes | None:
        """Return the offer's bytes, None where they are more than `max_bytes`.

        The bytes are of the size and sha256 that the offer claims. Raises SourceError, or TransientError for a body
        that broke off or is not what was claimed.
        """
        href = self._hrefs.get((offer.external_id, offer.external_version))
        if href is None:
            raise SourceError(f"{self._url}: {offer.external_id} version {offer.external_version} was not listed in this run")
        with self._ask(href, {}) as response:
            content = self._read(response, max_bytes)
        if content is not None:
            _verify(href, offer, content)
        return content

    def _pages(self, start: _Cursor) -> Iterator[tuple[_Page, str]]:
        """Yield each page with the cursor, ours, that follows its last item. An unchanged list has no pages."""
        url = f"{self._url}/submissions" + (f"?{urlencode({'since': start.since})}" if start.since else "")
        condition = {"If-None-Match": start.etag} if start.etag else {}
        asked: set[str] = set()
        while url not in asked:
            asked.add(url)
            with self._ask(url, condition) as response:
                if response.status_code == HTTPStatus.NOT_MODIFIED:
                    return
                page = self._page(response)
            # The ETag is that of the whole list, so it may only be remembered once the whole list is read.
            etag = None if page.next else _etag(response)
            yield page, _Cursor(since=page.cursor, etag=etag).model_dump_json(exclude_none=True)
            if page.next is None:
                return
            url, condition = _join(response.url, page.next), {}
        raise SourceError(f"{url}: `next` leads back to a page read before, expected a new one; tell the portal's operator")

    def _page(self, response: requests.Response) -> _Page:
        body = self._read(response, _MAX_LIST_BYTES)
        if body is None:
            raise SourceError(f"{response.url}: expected at most {_MAX_LIST_BYTES} bytes, found more; the pages must be smaller")
        page = _parse_page(response.url, body)
        for item in page.items:
            self._hrefs[item.id, item.version] = _join(response.url, item.href)
        return page

    def _ask(self, url: str, headers: dict[str, str]) -> requests.Response:
        """Return the answer, body unread, of `url` or of where it redirects to within the portal's own origin."""
        for _ in range(_MAX_REDIRECTS + 1):
            response = self._send(url, headers)
            if not response.is_redirect:
                break
            response.close()
            url = _join(url, response.headers["Location"])
        else:
            raise SourceError(f"{url}: more than {_MAX_REDIRECTS} redirects; check MTQG_PORTAL_URL")
        if response.status_code != HTTPStatus.OK and not (response.status_code == HTTPStatus.NOT_MODIFIED and headers):
            response.close()
            raise _refusal(url, response, self._patience)
        return response

    def _send(self, url: str, headers: dict[str, str]) -> requests.Response:
        time_out = (self._patience.connect_seconds, self._patience.read_seconds)
        try:
            return self._session.get(url, headers=headers, stream=True, timeout=time_out)
        except requests.exceptions.SSLError as untrusted:
            raise SourceError(f"{url}: no trusted TLS connection; check the portal's certificate: {untrusted}") from untrusted
        except (requests.ConnectionError, requests.Timeout, requests.exceptions.InvalidHeader) as failed:
            # InvalidHeader: a Retry-After that is neither seconds nor a date (urllib3 2.8).
            raise TransientError(f"{url}: no usable answer in {self._patience.retries + 1} attempts: {failed}") from failed
        except (requests.RequestException, HTTPError, ValueError) as wrong:
            raise SourceError(f"{url}: cannot be asked: {wrong}; check MTQG_PORTAL_URL or tell the portal's operator") from wrong

    def _read(self, response: requests.Response, max_bytes: int) -> bytes | None:
        """Return the body, None where it is longer than `max_bytes`; no more than that is ever kept in memory."""
        length = response.headers.get("Content-Length", "")
        if re.fullmatch(r"[0-9]{1,18}", length) and int(length) > max_bytes:
            return None
        content, deadline = bytearray(), time.monotonic() + self._patience.body_seconds
        try:
            # urllib3 counts the bytes against Content-Length and raises where the body is shorter.
            for chunk in response.iter_content(1 << 14):
                content += chunk
                if len(content) > max_bytes:
                    return None
                if time.monotonic() > deadline:
                    raise TransientError(f"{response.url}: {len(content)} bytes in {self._patience.body_seconds} s; gave up")
        except (requests.RequestException, HTTPError) as failed:
            raise TransientError(f"{response.url}: the body broke off; expected {length or 'all'} bytes: {failed}") from failed
        return bytes(content)


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


def _open_session(origin: str, token: str, patience: Patience) -> requests.Session:
    # http.client shows the value of a header that it refuses: a token that would be refused must not get there.
    if not re.fullmatch(r"[!-~]*", token):
        raise ConfigurationError("MTQG_PORTAL_TOKEN: expected visible ASCII characters only, found a space, line break or other")
    retry = Retry(
        total=patience.retries,
        status_forcelist=_PASSES,
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


def _origin_of_setting(url: str) -> str:
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


def _join(url: str, link: str) -> str:
    try:
        return urljoin(url, link)
    except ValueError as wrong:
        raise SourceError(f"{url}: expected a link, found {link!r:.80}: {wrong}") from wrong


def _refusal(url: str, response: requests.Response, patience: Patience) -> SourceError:
    status = response.status_code
    if status in _PASSES:
        return TransientError(f"{url}: expected 200, found {status} {response.reason} in {patience.retries + 1} attempts")
    check = _WHAT_TO_CHECK.get(status, "tell the portal's operator")
    return SourceError(f"{url}: expected 200, found {status} {response.reason}; {check}")


def _etag(response: requests.Response) -> str | None:
    """Return the ETag, None where there is none or where it is not fit to be sent back."""
    etag = response.headers.get("ETag", "")
    return etag if re.fullmatch(r"[!-~]{1,200}", etag) else None


def _parse_cursor(cursor: str | None) -> _Cursor:
    try:
        return _Cursor.model_validate_json(cursor) if cursor else _Cursor()
    except ValidationError as wrong:
        raise SourceError(f"portal: expected a cursor it gave, found {cursor!r:.80}; forget it to list all again") from wrong


def _parse_page(url: str, body: bytes) -> _Page:
    try:
        return _Page.model_validate_json(body)
    except ValidationError as wrong:
        first = wrong.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the page"
        more = f" (and {wrong.error_count() - 1} more)" if wrong.error_count() > 1 else ""
        found = f"{where}: {first['msg']}; found {first['input']!r:.80}{more}"
        raise SourceError(f"{url}: expected a page as in docs/portal.md, found {found}; tell the portal's operator") from wrong


def _offer(item: _Item) -> Offer:
    return Offer(
        external_id=item.id,
        external_version=item.version,
        name=_clean(item.name),
        offered_at=item.submitted_at.astimezone(UTC),
        sender_unit=item.unit,
        size=item.size,
        sha256=item.sha256,
    )


def _clean(name: str) -> str:
    """Return a file name as text to show: no path, nothing invisible (a right-to-left mark can hide an .exe), not endless."""
    shown = (c for c in name if c not in "/\\" and unicodedata.category(c) not in _INVISIBLE)
    return "".join(shown)[:_MAX_NAME_CHARACTERS].strip()


def _verify(url: str, offer: Offer, content: bytes) -> None:
    if offer.size is not None and offer.size != len(content):
        raise TransientError(f"{url}: expected {offer.size} bytes, found {len(content)}; fetch it again")
    found = hashlib.sha256(content).hexdigest()
    if offer.sha256 is not None and offer.sha256 != found:
        raise TransientError(f"{url}: expected sha256 {offer.sha256}, found {found}; fetch it again")
