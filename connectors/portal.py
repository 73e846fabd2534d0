"""The province's HTTP portal as a source.

The contract is docs/portal.md. Everything that the portal sends is untrusted.
"""

import hashlib
import re
import time
import weakref
from collections.abc import Iterator
from http import HTTPStatus
from types import TracebackType
from typing import Self
from urllib.parse import urlencode, urljoin

import requests
from urllib3.exceptions import HTTPError

from connectors.portal_contract import Cursor, Page, etag_of, offer_of, parse_cursor, parse_page
from connectors.portal_session import PASSES, Patience, open_session, origin_of_setting
from program.delivery import Offer
from program.errors import SourceError, TransientError

_MAX_LIST_BYTES = 10_000_000
_MAX_REDIRECTS = 5
_CHUNK_BYTES = 1 << 14
_WHAT_TO_CHECK = {
    400: "the stored cursor may be damaged or from another portal; forget it and everything is "
    "listed again",
    401: "check MTQG_PORTAL_TOKEN: it is missing, wrong or expired",
    403: "check MTQG_PORTAL_TOKEN: its owner may not read submissions",
    404: "check MTQG_PORTAL_URL; if it is right, the portal lists what it does not have",
    410: "the portal no longer knows this cursor or this version; forget the stored cursor to "
    "list everything again",
}


class Portal:
    """A portal that follows docs/portal.md, as a `Connector`.

    `fetch` accepts the offers that `offers` of the same instance has yielded. Connections stay
    open until `close`, the end of the `with`, or the end of the instance.
    """

    def __init__(self, url: str, token: str, patience: Patience | None = None) -> None:
        self._url = url.rstrip("/")
        self._patience = patience or Patience()
        self._hrefs: dict[tuple[str, str], str] = {}
        self._session = open_session(origin_of_setting(url), token, self._patience)
        # A `Connector` has no `close`, so callers may never call it. An open socket would be a
        # warning, which is an error in tests.
        self._finalizer = weakref.finalize(self, self._session.close)

    def close(self) -> None:
        """Close the open connections. Idempotent."""
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

    def offers(self, cursor: str | None) -> Iterator[tuple[Offer, str | None]]:
        """Yield what the portal lists after `cursor`, in its order, each with its next cursor.

        Only the last offer of a page has a new cursor: after a crash within a page, that page is
        listed again.

        Raises:
            SourceError: where the portal breaks the contract; possibly after some offers.
            TransientError: where a retry may help; possibly after some offers.
        """
        before_page = cursor
        for page, after_page in self._pages(parse_cursor(cursor)):
            if not page.items:
                continue
            *items, last_item = page.items
            for item in items:
                yield offer_of(item), before_page
            yield offer_of(last_item), after_page
            before_page = after_page

    def fetch(self, offer: Offer, max_bytes: int) -> bytes | None:
        """Return the bytes of an offer, None where they are more than `max_bytes`.

        The bytes have the size and the sha256 that the offer declares.

        Raises:
            SourceError: for an offer that was not listed, and where the portal refuses.
            TransientError: for a body that broke off or differs from the declaration.
        """
        href = self._hrefs.get((offer.external_id, offer.external_version))
        if href is None:
            submission = f"{offer.external_id} version {offer.external_version}"
            raise SourceError(f"{self._url}: {submission} was not listed in this run")
        with self._ask(href, {}) as response:
            content = self._read(response, max_bytes)
        if content is not None:
            _verify(href, offer, content)
        return content

    def _pages(self, start: Cursor) -> Iterator[tuple[Page, str]]:
        """Yield each page with the cursor that follows its last item, as it is stored.

        An unchanged list has no pages.
        """
        query = f"?{urlencode({'since': start.since})}" if start.since else ""
        url = f"{self._url}/submissions{query}"
        condition = {"If-None-Match": start.etag} if start.etag else {}
        requested: set[str] = set()
        while url not in requested:
            requested.add(url)
            with self._ask(url, condition) as response:
                if response.status_code == HTTPStatus.NOT_MODIFIED:
                    return
                page = self._page(response)
            # The ETag is that of the whole list: store it only with the list's last page.
            etag = None if page.next else etag_of(response)
            yield page, Cursor(since=page.cursor, etag=etag).model_dump_json(exclude_none=True)
            if page.next is None:
                return
            url, condition = _join(response.url, page.next), {}
        raise SourceError(
            f"{url}: `next` leads back to a page read before, expected a new one; "
            "tell the portal's operator"
        )

    def _page(self, response: requests.Response) -> Page:
        body = self._read(response, _MAX_LIST_BYTES)
        if body is None:
            raise SourceError(
                f"{response.url}: expected at most {_MAX_LIST_BYTES} bytes, found more; "
                "the pages must be smaller"
            )
        page = parse_page(response.url, body)
        for item in page.items:
            self._hrefs[item.id, item.version] = _join(response.url, item.href)
        return page

    def _ask(self, url: str, headers: dict[str, str]) -> requests.Response:
        """Return the response of `url`, its body unread.

        Follows redirects within the portal's own origin.
        """
        for _ in range(_MAX_REDIRECTS + 1):
            response = self._send(url, headers)
            if not response.is_redirect:
                break
            response.close()
            url = _join(url, response.headers["Location"])
        else:
            raise SourceError(f"{url}: more than {_MAX_REDIRECTS} redirects; check MTQG_PORTAL_URL")
        # "Not modified" answers a condition; without one it makes no sense.
        is_unchanged = response.status_code == HTTPStatus.NOT_MODIFIED and bool(headers)
        if response.status_code != HTTPStatus.OK and not is_unchanged:
            response.close()
            raise _refusal(url, response, self._patience)
        return response

    def _send(self, url: str, headers: dict[str, str]) -> requests.Response:
        time_out = (self._patience.connect_seconds, self._patience.read_seconds)
        try:
            return self._session.get(url, headers=headers, stream=True, timeout=time_out)
        except requests.exceptions.SSLError as untrusted:
            raise SourceError(
                f"{url}: no trusted TLS connection; check the portal's certificate: {untrusted}"
            ) from untrusted
        except (
            requests.ConnectionError,
            requests.Timeout,
            requests.exceptions.InvalidHeader,
        ) as failed:
            # InvalidHeader: a Retry-After that is neither seconds nor a date (urllib3 2.8).
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
        """Return the body, None where it is longer than `max_bytes`.

        Memory never holds more than `max_bytes` and one chunk.
        """
        length = response.headers.get("Content-Length", "")
        if re.fullmatch(r"[0-9]{1,18}", length) and int(length) > max_bytes:
            return None
        content = bytearray()
        deadline = time.monotonic() + self._patience.body_seconds
        try:
            # urllib3 counts the bytes against Content-Length and raises where the body is shorter.
            for chunk in response.iter_content(_CHUNK_BYTES):
                content += chunk
                if len(content) > max_bytes:
                    return None
                if time.monotonic() > deadline:
                    seconds = self._patience.body_seconds
                    raise TransientError(
                        f"{response.url}: {len(content)} bytes in {seconds} s; gave up"
                    )
        except (requests.RequestException, HTTPError) as failed:
            expected = length or "all"
            raise TransientError(
                f"{response.url}: the body broke off; expected {expected} bytes: {failed}"
            ) from failed
        return bytes(content)


def _join(url: str, link: str) -> str:
    try:
        return urljoin(url, link)
    except ValueError as wrong:
        raise SourceError(f"{url}: expected a link, found {link!r:.80}: {wrong}") from wrong


def _refusal(url: str, response: requests.Response, patience: Patience) -> SourceError:
    status = response.status_code
    found = f"expected 200, found {status} {response.reason}"
    if status in PASSES:
        return TransientError(f"{url}: {found} in {patience.retries + 1} attempts")
    what_to_check = _WHAT_TO_CHECK.get(status, "tell the portal's operator")
    return SourceError(f"{url}: {found}; {what_to_check}")


def _verify(url: str, offer: Offer, content: bytes) -> None:
    """Raise TransientError for bytes that differ from what their offer declares."""
    if offer.size is not None and offer.size != len(content):
        raise TransientError(
            f"{url}: expected {offer.size} bytes, found {len(content)}; fetch it again"
        )
    found = hashlib.sha256(content).hexdigest()
    if offer.sha256 is not None and offer.sha256 != found:
        raise TransientError(
            f"{url}: expected sha256 {offer.sha256}, found {found}; fetch it again"
        )
