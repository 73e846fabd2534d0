"""Reading in the test's own process, where it is not looked at what a file may do to the process that reads it."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from connectors.reader.reader import read_parts
from connectors.reader.reader_pool import Outcome, Readers, Unread
from program.delivery import Delivery
from program.pack.pack import Pack
from program.settings import Settings


def read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `Readers` start no process: each costs half a second of the processor, more than reading a file."""
    prepare = Readers.__init__

    def note(self: Any, pack: Pack, settings: Settings, *read: Any) -> None:
        prepare(self, pack, settings, *read)
        self.noted = (pack, settings.limits)

    def read(
        self: Any, deliveries: Sequence[Delivery], content_of: Callable[[Delivery], bytes | None]
    ) -> Iterator[Outcome]:
        for delivery in deliveries:
            try:
                readings = read_parts(content_of(delivery), delivery, *self.noted)
            except Exception as error:
                yield Unread(delivery, error)
            else:
                yield from readings

    monkeypatch.setattr(Readers, "__init__", note)
    monkeypatch.setattr(Readers, "start", lambda _: None)
    monkeypatch.setattr(Readers, "read", read)
