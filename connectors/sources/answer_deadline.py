"""A deadline for a whole HTTP answer, headers and body, checked while waiting for each byte."""

import http.client
import io
import socket
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from connectors.timed_reader import TimedReader


def _answers_within(seconds: float) -> type[http.client.HTTPResponse]:
    class TimedResponse(http.client.HTTPResponse):
        def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
            super().__init__(sock, *args, **kwargs)
            stream = TimedReader(self.fp.detach(), sock, seconds)
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
