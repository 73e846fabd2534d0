"""A client of one foreign HTTP service: bounded answers, retries, and errors that say what to do.

`connectors.sources.portal_session` keeps the token with the service's own origin.
"""

import re
import weakref
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin

import requests
from urllib3.exceptions import HTTPError

from connectors.sources.portal_session import PASSES, HttpService, Patience, open_session
from program.errors import SourceError, TransientError

_MAX_REDIRECTS = 5
_CHUNK_BYTES = 1 << 14


class HttpClient:
    """Asks one service. Connections stay open until `close`, or the end of the client."""

    def __init__(self, service: HttpService, patience: Patience | None = None) -> None:
        self._service = service
        self._patience = patience or Patience()
        self._session = open_session(service, self._patience)
        # A Connector has no `close`, so nobody calls it. An open socket is a warning, and so an
        # error in tests.
        self._finalizer = weakref.finalize(self, self._session.close)

    def close(self) -> None:
        """Close the connections. May be called more than once."""
        self._finalizer()

    def ask(self, url: str, headers: Mapping[str, str] | None = None) -> requests.Response:
        """Return the answer for `url`, body unread, after redirects within the service's origin.

        Its status is 200, or 304 if `headers` has a condition. Raises SourceError or
        TransientError for any other.
        """
        condition = dict(headers or {})
        response = self._follow(url, condition)
        status = response.status_code
        is_unchanged = status == HTTPStatus.NOT_MODIFIED and bool(condition)
        if status != HTTPStatus.OK and not is_unchanged:
            response.close()
            raise self.refusal(response)
        return response

    def post(self, url: str, body: Any) -> requests.Response:
        """Return the answer to `body`, sent as JSON; the answer's body is unread.

        Its status is any but those that pass: the caller reads what a refusal says. A redirect is
        not followed. Sent again after a failure, so only for what may be sent twice.
        """
        response = self._send("POST", url, {}, body)
        if response.status_code in PASSES:
            response.close()
            raise self.refusal(response)
        return response

    def read(self, response: requests.Response, max_bytes: int) -> bytes | None:
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

    def refusal(self, response: requests.Response) -> SourceError:
        """Return the error for a status that is not 200, with what to check."""
        status = response.status_code
        found = f"{response.url}: expected 200, found {status} {response.reason}"
        if status in PASSES:
            return TransientError(f"{found} in {self._patience.retries + 1} attempts")
        check = self._service.advice.get(status, f"tell {self._service.operator}")
        return SourceError(f"{found}; {check}")

    def _follow(self, url: str, headers: dict[str, str]) -> requests.Response:
        """Return the first answer that is no redirect."""
        for _ in range(_MAX_REDIRECTS + 1):
            response = self._send("GET", url, headers)
            if not response.is_redirect:
                return response
            response.close()
            url = join(url, response.headers["Location"])
        setting = self._service.url_setting
        raise SourceError(f"{url}: more than {_MAX_REDIRECTS} redirects; check {setting}")

    def _send(
        self, method: str, url: str, headers: dict[str, str], body: Any = None
    ) -> requests.Response:
        patience = self._patience
        timeout = (patience.connect_seconds, patience.read_seconds)
        service = self._service
        try:
            return self._session.request(
                method,
                url,
                headers=headers,
                json=body,
                stream=True,
                timeout=timeout,
            )
        except requests.exceptions.SSLError as untrusted:
            raise SourceError(
                f"{url}: no trusted TLS connection; "
                f"check {service.title}'s certificate: {untrusted}"
            ) from untrusted
        except (
            requests.ConnectionError,
            requests.Timeout,
            # A Retry-After that is neither seconds nor a date (urllib3 2.8).
            requests.exceptions.InvalidHeader,
        ) as failed:
            attempts = patience.retries + 1
            raise TransientError(
                f"{url}: no usable answer in {attempts} attempts: {failed}"
            ) from failed
        except (requests.RequestException, HTTPError, ValueError) as wrong:
            raise SourceError(
                f"{url}: cannot be asked: {wrong}; "
                f"check {service.url_setting} or tell {service.operator}"
            ) from wrong


def join(url: str, link: str) -> str:
    """Return the address that `link` means on the page `url`. Raises SourceError for none."""
    try:
        return urljoin(url, link)
    except ValueError as wrong:
        raise SourceError(f"{url}: expected a link, found {link!r:.80}: {wrong}") from wrong
