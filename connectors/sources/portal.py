"""The province's HTTP portal as a source. The contract is docs/portal.md.

All answers of the portal are untrusted.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Self
from urllib.parse import urlencode

import requests
from pydantic import JsonValue

from connectors.sources.http_client import HttpClient, join
from connectors.sources.portal_contract import (
    PortalCursor,
    etag_of,
    offer_of,
    parse_cursor,
    parse_item,
    parse_page,
)
from connectors.sources.portal_session import HttpService, Patience, with_scheme
from program.delivery import Offer, UnusableOffer
from program.errors import SourceError, TransientError

_MAX_LIST_BYTES = 10_000_000
_MOST_EMPTY_PAGES = 20
"""Empty pages in a row. A run asks its budget at offers, which a list of such pages has none of."""
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
        self._hrefs: dict[tuple[str, str], str] = {}
        service = HttpService(
            title="the portal",
            url=url,
            authorization=with_scheme("Bearer", token, "MTQG_PORTAL_TOKEN"),
            url_setting="MTQG_PORTAL_URL",
            advice=_WHAT_TO_CHECK,
            operator="the portal's operator",
        )
        self._client = HttpClient(service, patience)

    def close(self) -> None:
        """Close the connections. May be called more than once."""
        self._client.close()

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
        with self._client.ask(href, {}) as response:
            content = self._client.read(response, max_bytes)
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
        empty_pages = 0
        while url not in visited:
            visited.add(url)
            with self._client.ask(url, condition) as response:
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
            empty_pages = 0 if page.offers else empty_pages + 1
            if empty_pages > _MOST_EMPTY_PAGES:
                raise SourceError(
                    f"{url}: {empty_pages} pages in a row without a submission, and `next` leads "
                    f"on; expected at most {_MOST_EMPTY_PAGES}: tell the portal's operator"
                )
            url = join(response.url, page.next)
            # The condition is about the whole list, so only its first page is asked with it.
            condition = {}
        raise SourceError(
            f"{url}: `next` leads back to a page read before, expected a new one; "
            "tell the portal's operator"
        )

    def _page(self, response: requests.Response) -> "_Page":
        """Return the page in an answer, and remember where its items can be fetched."""
        body = self._client.read(response, _MAX_LIST_BYTES)
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
            href = join(url, item.href)
        except SourceError as wrong:
            return UnusableOffer(f"item {item.id}", str(wrong))
        self._hrefs[item.id, item.version] = href
        return offer_of(item)


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
