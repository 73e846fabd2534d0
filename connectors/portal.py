"""The province's HTTP portal as a source. The contract is docs/portal.md; whatever the portal says is untrusted."""

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
_WHAT_TO_CHECK = {
    400: "the stored cursor may be damaged or from another portal; forget it and everything is listed again",
    401: "check MTQG_PORTAL_TOKEN: it is missing, wrong or expired",
    403: "check MTQG_PORTAL_TOKEN: its owner may not read submissions",
    404: "check MTQG_PORTAL_URL; if it is right, the portal lists what it does not have",
    410: "the portal no longer knows this cursor or this version; forget the stored cursor to list everything again",
}


class Portal:
    """A portal that follows docs/portal.md, as a `Connector`.

    `fetch` knows the offers that `offers` of the same instance has yielded. Connections are kept open until `close`,
    the end of the `with`, or the instance itself is gone.
    """

    def __init__(self, url: str, token: str, patience: Patience | None = None) -> None:
        self._url = url.rstrip("/")
        self._patience = patience or Patience()
        self._hrefs: dict[tuple[str, str], str] = {}
        self._session = open_session(origin_of_setting(url), token, self._patience)
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
        for page, ahead in self._pages(parse_cursor(cursor)):
            for number, item in enumerate(page.items, start=1):
                yield offer_of(item), ahead if number == len(page.items) else behind
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

    def _pages(self, start: Cursor) -> Iterator[tuple[Page, str]]:
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
            etag = None if page.next else etag_of(response)
            yield page, Cursor(since=page.cursor, etag=etag).model_dump_json(exclude_none=True)
            if page.next is None:
                return
            url, condition = _join(response.url, page.next), {}
        raise SourceError(f"{url}: `next` leads back to a page read before, expected a new one; tell the portal's operator")

    def _page(self, response: requests.Response) -> Page:
        body = self._read(response, _MAX_LIST_BYTES)
        if body is None:
            raise SourceError(f"{response.url}: expected at most {_MAX_LIST_BYTES} bytes, found more; the pages must be smaller")
        page = parse_page(response.url, body)
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


def _join(url: str, link: str) -> str:
    try:
        return urljoin(url, link)
    except ValueError as wrong:
        raise SourceError(f"{url}: expected a link, found {link!r:.80}: {wrong}") from wrong


def _refusal(url: str, response: requests.Response, patience: Patience) -> SourceError:
    status = response.status_code
    if status in PASSES:
        return TransientError(f"{url}: expected 200, found {status} {response.reason} in {patience.retries + 1} attempts")
    check = _WHAT_TO_CHECK.get(status, "tell the portal's operator")
    return SourceError(f"{url}: expected 200, found {status} {response.reason}; {check}")


def _verify(url: str, offer: Offer, content: bytes) -> None:
    if offer.size is not None and offer.size != len(content):
        raise TransientError(f"{url}: expected {offer.size} bytes, found {len(content)}; fetch it again")
    found = hashlib.sha256(content).hexdigest()
    if offer.sha256 is not None and offer.sha256 != found:
        raise TransientError(f"{url}: expected sha256 {offer.sha256}, found {found}; fetch it again")
