"""A reference server for docs/portal.md: it lists and serves a folder on loopback.

It is for trials, not for production.

python examples/portal/server.py --folder examples/inbox --port 8801 --token secret

A sub-folder's name begins with the code of the unit that sends: 942-chau-thanh/x.xlsx.
"""

import argparse
import contextlib
import hashlib
import hmac
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qs, quote, urlsplit

_UNIT = re.compile(r"(\d{2,5})[^/]*/")
_CURSOR = re.compile(r"(\d{1,20})-([0-9a-f]{16})")


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a request.

    Content-Length is added if no header says how the body ends.
    """

    status: HTTPStatus
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, order=True)
class Submission:
    """A file of the list, sorted by its time of arrival.

    `came_ns` is the change time of the file, which a copy of an old file cannot set back.
    """

    came_ns: int
    id: str
    path: Path
    unit: str | None

    @property
    def cursor(self) -> str:
        """The place in the list just after this submission."""
        return f"{self.came_ns}-{self.id}"


class ReferencePortal(ThreadingHTTPServer):
    """The portal of a folder, at `url`; start it with `running`.

    It lists the folder again for each request.
    """

    def __init__(self, folder: Path, token: str, port: int = 0, page_items: int = 100) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.folder = folder
        self.url = f"http://127.0.0.1:{self.server_port}"
        self._authorization = f"Bearer {token}".encode()
        self._page_items = page_items

    def answer(self, target: str, headers: Message) -> Answer:
        """Return the answer to a GET of `target`, path and query."""
        if not hmac.compare_digest(headers.get("Authorization", "").encode(), self._authorization):
            return Answer(HTTPStatus.UNAUTHORIZED, headers={"WWW-Authenticate": "Bearer"})
        address = urlsplit(target)
        match address.path.split("/")[1:]:
            case ["submissions"]:
                since = parse_qs(address.query).get("since", [""])[0]
                return self._list(since, headers.get("If-None-Match"))
            case ["submissions", id_, version]:
                return self._content(id_, version)
            case _:
                return Answer(HTTPStatus.NOT_FOUND)

    def _list(self, since: str, known_etag: str | None) -> Answer:
        place = _CURSOR.fullmatch(since)
        if since and place is None:
            return Answer(HTTPStatus.BAD_REQUEST)
        submissions = _submissions(self.folder)
        etag = f'"{_digest(repr(submissions).encode())}"'
        if known_etag == etag:
            return Answer(HTTPStatus.NOT_MODIFIED, headers={"ETag": etag})
        last_seen = (int(place[1]), place[2]) if place else (0, "")
        new = [each for each in submissions if (each.came_ns, each.id) > last_seen]
        page = new[: self._page_items]
        has_more = len(new) > self._page_items
        # An empty page does not move the cursor.
        cursor = page[-1].cursor if page else since or None
        listing = {
            "items": [_item(submission) for submission in page],
            "cursor": cursor,
            "next": f"/submissions?since={cursor}" if has_more else None,
        }
        body = f"{json.dumps(listing, ensure_ascii=False, indent=1)}\n".encode()
        return Answer(HTTPStatus.OK, body, {"Content-Type": "application/json", "ETag": etag})

    def _content(self, id_: str, version: str) -> Answer:
        submissions = {each.id: each for each in _submissions(self.folder)}
        found = submissions.get(id_)
        if found is None:
            return Answer(HTTPStatus.NOT_FOUND)
        body = found.path.read_bytes()
        # The file was replaced: the list has it as a new version. The old version must never
        # answer with other bytes.
        if _digest(body) != version:
            return Answer(HTTPStatus.GONE)
        return Answer(HTTPStatus.OK, body, {"Content-Type": "application/octet-stream"})


AnyPortal = TypeVar("AnyPortal", bound=ReferencePortal)


@contextlib.contextmanager
def running(portal: AnyPortal) -> Iterator[AnyPortal]:
    """Serve in another thread until the `with` block ends."""
    thread = threading.Thread(target=portal.serve_forever, kwargs={"poll_interval": 0.02})
    with portal:
        thread.start()
        try:
            yield portal
        finally:
            portal.shutdown()
            thread.join()


def _submissions(folder: Path) -> list[Submission]:
    """Return the files of a folder, oldest first, without hidden files and Excel's ~$ files."""
    submissions = []
    for path in folder.rglob("*"):
        if path.is_file() and not path.name.startswith((".", "~$")):
            name = path.relative_to(folder).as_posix()
            match = _UNIT.match(name)
            unit = match[1] if match else None
            came_ns = path.stat().st_ctime_ns
            submissions.append(Submission(came_ns, _digest(name.encode()), path, unit))
    return sorted(submissions)


def _item(submission: Submission) -> dict[str, object]:
    content = submission.path.read_bytes()
    version = _digest(content)
    submitted_at = datetime.fromtimestamp(submission.came_ns // 1_000_000_000, UTC)
    return {
        "id": submission.id,
        "version": version,
        "name": submission.path.name,
        "unit": submission.unit,
        "submitted_at": submitted_at.isoformat(),
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "href": f"/submissions/{quote(submission.id)}/{version}",
    }


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: ReferencePortal

    def handle(self) -> None:
        # A client may hang up when a body is too long for it. That is no error of the server.
        with contextlib.suppress(ConnectionError):
            super().handle()

    def do_GET(self) -> None:
        answer = self.server.answer(self.path, self.headers)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        ends_itself = answer.headers.keys() & {"Content-Length", "Transfer-Encoding", "Connection"}
        if not ends_itself and answer.status != HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's own name
        """Print nothing: the address of a request may hold what a terminal must not show."""


def main() -> None:
    """Serve a folder until interrupted."""
    parser = argparse.ArgumentParser(
        description="Reference server for docs/portal.md, on loopback only."
    )
    parser.add_argument(
        "--folder", type=Path, required=True, help="sub-folders begin with the unit's code"
    )
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--token", required=True, help="the value of MTQG_PORTAL_TOKEN")
    parser.add_argument("--page-items", type=int, default=100, help="items in a page of the list")
    arguments = parser.parse_args()
    folder = arguments.folder
    with ReferencePortal(folder, arguments.token, arguments.port, arguments.page_items) as portal:
        count = len(_submissions(folder))
        print(f"{count} submissions at {portal.url}; Ctrl-C stops", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            portal.serve_forever()


if __name__ == "__main__":
    main()
