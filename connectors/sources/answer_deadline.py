"""A deadline for a whole HTTP answer, headers and body, checked while waiting for each byte.

A read time-out counts from byte to byte: a server that sends one byte a minute never meets it.
"""

import http.client
import io
import socket
import time
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection


class _TimedReader(io.RawIOBase):
    """The stream of a socket. It raises TimeoutError after the deadline (`time.monotonic`)."""

    def __init__(self, raw: io.RawIOBase, connection: socket.socket, seconds: float) -> None:
        self._raw = raw
        self._connection = connection
        self._seconds = seconds
        self._deadline = time.monotonic() + seconds
        self._longest_wait = connection.gettimeout()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        remaining = self._deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError(f"the answer is not complete after {self._seconds} s; gave up")
        wait = remaining if self._longest_wait is None else min(remaining, self._longest_wait)
        self._connection.settimeout(wait)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


def _answers_within(seconds: float) -> type[http.client.HTTPResponse]:
    class TimedResponse(http.client.HTTPResponse):
        def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
            super().__init__(sock, *args, **kwargs)
            stream = _TimedReader(self.fp.detach(), sock, seconds)
            self.fp = io.BufferedReader(stream)

    return TimedResponse


class DeadlineAdapter(HTTPAdapter):
    """An adapter of requests. An answer that is not complete after `seconds` is a time-out."""

    def __init__(self, seconds: float, **kwargs: Any) -> None:
        self._seconds = seconds
        super().__init__(**kwargs)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Have the pools make connections whose answers have a deadline."""
        super().init_poolmanager(*args, **kwargs)
        response = _answers_within(self._seconds)

        class Plain(HTTPConnection):
            response_class = response

        class Encrypted(HTTPSConnection):
            response_class = response

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class EncryptedPool(HTTPSConnectionPool):
            ConnectionCls = Encrypted

        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": EncryptedPool}
