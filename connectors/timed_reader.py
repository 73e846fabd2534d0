"""The stream of a socket with a deadline for all that is read from it.

A time-out of a socket counts from byte to byte: a server that sends one byte a minute never meets
it.
"""

import io
import socket
import time
from typing import Any


class TimedReader(io.RawIOBase):
    """The stream of a socket. It raises TimeoutError after `seconds` from its beginning."""

    def __init__(self, raw: io.RawIOBase, connection: socket.socket, seconds: float) -> None:
        self._raw = raw
        self._connection = connection
        self._seconds = seconds
        self._deadline = time.monotonic() + seconds
        self._longest_wait = connection.gettimeout()

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read some bytes, as soon as there are any, and return how many; 0 at the end.

        Raises TimeoutError after the deadline.
        """
        remaining = self._deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError(f"the answer is not complete after {self._seconds} s; gave up")
        wait = remaining if self._longest_wait is None else min(remaining, self._longest_wait)
        self._connection.settimeout(wait)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        """Close the stream, and with it its hold on the socket."""
        self._raw.close()
        super().close()
