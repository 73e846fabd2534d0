"""A webhook for channels: an HTTP server on loopback that takes messages, refuses them or never answers."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Webhook:
    """What came, and how it is answered: a status, or 0 for an answer that never ends."""

    url: str = ""
    status: int = 200
    messages: list[dict[str, str]] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)


@contextmanager
def webhook() -> Iterator[Webhook]:
    """Run a webhook for the time of a block. Its URL has a secret in its path."""
    hook = Webhook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            if hook.status == 0:
                # A byte now and then: no time limit of a socket ends this.
                self.send_response(200)
                self.flush_headers()
                while not hook.is_over.wait(0.2):
                    self.wfile.write(b"X-Slow: 1\r\n")
                return
            if hook.status == 200:
                hook.messages.append(json.loads(content))
            self.send_response(hook.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    hook.url = f"json://127.0.0.1:{server.server_port}/s3cret"
    try:
        yield hook
    finally:
        hook.is_over.set()
        server.shutdown()
        server.server_close()
        thread.join()
