"""The province's HTTP portal as a source. The contract is docs/portal.md.

All answers of the portal are untrusted.
"""

import hashlib
import re
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Self
from urllib.parse import urlencode, urljoin

import requests
from pydantic import JsonValue
from urllib3.exceptions import HTTPError

from connectors.sources.portal_contract import (
    PortalCursor,
    etag_of,
    offer_of,
    parse_cursor,
    parse_item,
    parse_page,
)
from connectors.sources.portal_session import PASSES, Patience, open_session, origin_of_setting
from program.delivery import Offer, UnusableOffer
from program.errors import SourceError, TransientError

_MAX_LIST_BYTES = 10_000_000
_MAX_REDIRECTS = 5
_CHUNK_BYTES = 1 << 14
_WHAT_TO_CHECK = {
    400: (
        "the stored cursor may be damaged or from another portal; "
        "forget it and everything is listed again"
    ),
    401: "check MTQG_PORTAL_TOKEN: it is missing, wrong or expired",
    403: "check MTQG_PORTAL_TOKEN: its owner may not read submissions",
    404: "check MTQG_PORTAL_URL; if it is right, the portal lists what it does not have",
    410: (
        "the portal no longer knows this cursor or this version; "
        "forget the stored cursor to list everything again"
    ),
}


@dataclass(frozen=True, slots=True)
class _Page:
    """A page of the list, with its items as offers."""

    offers: Sequence[Offer | UnusableOffer]
    cursor: str | None
    next: str | None


class Portal:
    """A portal that follows docs/portal.md, as a `Connector`.

    `fetch` knows the offers that `offers` of the same instance has yielded. Connections stay
    open until `close`, the end of the `with`, or the end of the instance.
    """

    def __init__(self, url: str, token: str, patience: Patience | None = None) -> None:
        self._url = url.rstrip("/")
        self._patience = patience or Patience()
        self._hrefs: dict[tuple[str, str], str] = {}
        self._session = open_session(origin_of_setting(url), token, self._patience)
        # A Connector has no `close`, so nobody calls it. An open socket is a warning, and so an
        # error in tests.
        self._finalizer = weakref.finalize(self, self._session.close)

    def close(self) -> None:
        """Close the connections. May be called more than once."""
        self._finalizer()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def offers(self, cursor: str | None) -> Iterator[tuple[Offer | UnusableOffer, str | None]]:
        """Yield what the portal lists since `cursor`, in its order, each with the cursor after it.

        An item that does not follow the contract is an `UnusableOffer`. The cursor moves with the
        last offer of a page, so after a crash within a page that page is listed again. Raises
        SourceError or TransientError, possibly after some offers.
        """
        before_page = cursor
        for page, after_page in self._pages(parse_cursor(cursor)):
            last = len(page.offers)
            for position, offer in enumerate(page.offers, start=1):
                yield offer, after_page if position == last else before_page
            # An empty page has no last offer that could carry its cursor.
            if page.offers:
                before_page = after_page

    def fetch(self, offer: Offer, max_bytes: int) -> bytes | None:
        """Return the bytes of an offer, or None if they are more than `max_bytes`.

        Their size and sha256 are those of the offer. Raises TransientError if the body is cut
        short or differs from the offer, and SourceError if the portal refuses.
        """
        href = self._hrefs.get((offer.external_id, offer.external_version))
        if href is None:
            raise SourceError(
                f"{self._url}: {offer.external_id} version {offer.external_version} "
                "was not listed in this run"
            )
        with self._ask(href, {}) as response:
            content = self._read(response, max_bytes)
        if content is not None:
            _verify(href, offer, content)
        return content

    def _pages(self, start: PortalCursor) -> Iterator[tuple["_Page", str]]:
        """Yield each page with our cursor after its last item. An unchanged list has no pages."""
        url = f"{self._url}/submissions"
        if start.since:
            url += f"?{urlencode({'since': start.since})}"
        condition = {"If-None-Match": start.etag} if start.etag else {}
        visited: set[str] = set()
        while url not in visited:
            visited.add(url)
            with self._ask(url, condition) as response:
                if response.status_code == HTTPStatus.NOT_MODIFIED:
                    return
                page = self._page(response)
            # The ETag is that of the whole list, so it is stored with the last page only.
            etag = None if page.next else etag_of(response)
            yield (
                page,
                PortalCursor(since=page.cursor, etag=etag).model_dump_json(exclude_none=True),
            )
            if page.next is None:
                return
            url = _join(response.url, page.next)
            # The condition is about the whole list, so only its first page is asked with it.
            condition = {}
        raise SourceError(
            f"{url}: `next` leads back to a page read before, expected a new one; "
            "tell the portal's operator"
        )

    def _page(self, response: requests.Response) -> "_Page":
        """Return the page in an answer, and remember where its items can be fetched."""
        body = self._read(response, _MAX_LIST_BYTES)
        if body is None:
            raise SourceError(
                f"{response.url}: expected at most {_MAX_LIST_BYTES} bytes, found more; "
                "the pages must be smaller"
            )
        page = parse_page(response.url, body)
        offers = [self._offer(response.url, found) for found in page.items]
        return _Page(offers, page.cursor, page.next)

    def _offer(self, url: str, found: JsonValue) -> Offer | UnusableOffer:
        item = parse_item(url, found)
        if isinstance(item, UnusableOffer):
            return item
        try:
            href = _join(url, item.href)
        except SourceError as wrong:
            return UnusableOffer(f"item {item.id}", str(wrong))
        self._hrefs[item.id, item.version] = href
        return offer_of(item)

    def _ask(self, url: str, headers: dict[str, str]) -> requests.Response:
        """Return the answer for `url`, body unread, after redirects within the portal's origin.

        Its status is 200, or 304 if `headers` has a condition. Raises SourceError or
        TransientError for any other.
        """
        response = self._follow(url, headers)
        status = response.status_code
        is_unchanged = status == HTTPStatus.NOT_MODIFIED and bool(headers)
        if status != HTTPStatus.OK and not is_unchanged:
            response.close()
            raise _refusal(response, self._patience)
        return response

    def _follow(self, url: str, headers: dict[str, str]) -> requests.Response:
        """Return the first answer that is no redirect."""
        for _ in range(_MAX_REDIRECTS + 1):
            response = self._send(url, headers)
            if not response.is_redirect:
                return response
            response.close()
            url = _join(url, response.headers["Location"])
        raise SourceError(f"{url}: more than {_MAX_REDIRECTS} redirects; check MTQG_PORTAL_URL")

    def _send(self, url: str, headers: dict[str, str]) -> requests.Response:
        timeout = (self._patience.connect_seconds, self._patience.read_seconds)
        try:
            return self._session.get(url, headers=headers, stream=True, timeout=timeout)
        except requests.exceptions.SSLError as untrusted:
            raise SourceError(
                f"{url}: no trusted TLS connection; check the portal's certificate: {untrusted}"
            ) from untrusted
        except (
            requests.ConnectionError,
            requests.Timeout,
            # A Retry-After that is neither seconds nor a date (urllib3 2.8).
            requests.exceptions.InvalidHeader,
        ) as failed:
            attempts = self._patience.retries + 1
            raise TransientError(
                f"{url}: no usable answer in {attempts} attempts: {failed}"
            ) from failed
        except (requests.RequestException, HTTPError, ValueError) as wrong:
            raise SourceError(
                f"{url}: cannot be asked: {wrong}; "
                "check MTQG_PORTAL_URL or tell the portal's operator"
            ) from wrong

    def _read(self, response: requests.Response, max_bytes: int) -> bytes | None:
        """Return the body, or None if it is longer than `max_bytes`.

        No more than that is kept in memory. Raises TransientError if the body breaks off or takes
        too long.
        """
        announced = response.headers.get("Content-Length", "")
        # A body that is announced as too long is not read at all.
        if re.fullmatch(r"[0-9]{1,18}", announced) and int(announced) > max_bytes:
            return None
        content = bytearray()
        try:
            # urllib3 counts the bytes and raises if they are fewer than Content-Length.
            for chunk in response.iter_content(_CHUNK_BYTES):
                content += chunk
                # The announcement may be missing or wrong.
                if len(content) > max_bytes:
                    return None
        except (requests.RequestException, HTTPError) as failed:
            raise TransientError(
                f"{response.url}: the body broke off; expected {announced or 'all'} bytes: {failed}"
            ) from failed
        return bytes(content)


def _join(url: str, link: str) -> str:
    try:
        return urljoin(url, link)
    except ValueError as wrong:
        raise SourceError(f"{url}: expected a link, found {link!r:.80}: {wrong}") from wrong


def _refusal(response: requests.Response, patience: Patience) -> SourceError:
    """Return the error for a status that is not 200, with what to check."""
    status = response.status_code
    found = f"{response.url}: expected 200, found {status} {response.reason}"
    if status in PASSES:
        return TransientError(f"{found} in {patience.retries + 1} attempts")
    check = _WHAT_TO_CHECK.get(status, "tell the portal's operator")
    return SourceError(f"{found}; {check}")


def _verify(url: str, offer: Offer, content: bytes) -> None:
    """Raise TransientError if the bytes are not those that the portal listed."""
    if offer.size is not None and offer.size != len(content):
        raise TransientError(
            f"{url}: expected {offer.size} bytes, found {len(content)}; fetch it again"
        )
    found = hashlib.sha256(content).hexdigest()
    if offer.sha256 is not None and offer.sha256 != found:
        raise TransientError(
            f"{url}: expected sha256 {offer.sha256}, found {found}; fetch it again"
        )
