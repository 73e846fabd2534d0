"""What was sent to DHIS2: the last value of each cell, and a record of each push.

`var/dhis2/sent.json` has what the server has from us. `var/dhis2/<time>.json` is a push: who reads
them later sees what was sent, and what the server said.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from program.errors import ConfigurationError
from program.machine.atomic_write import write_atomic
from publish.dhis2.data_values import DataValue

_SENT = "sent.json"


@dataclass(frozen=True, slots=True)
class SentValues:
    """The values that a server has from us, by the key of their cell."""

    values: Mapping[str, DataValue]

    def changed(self, values: Sequence[DataValue]) -> list[DataValue]:
        """Return the values, in their order, that the server does not have, or has otherwise."""
        return [value for value in values if not self._has(value)]

    def gone(self, values: Sequence[DataValue]) -> list[DataValue]:
        """Return what the server has and we no longer report: of a withdrawn report, for one."""
        keys = {value.key for value in values}
        return [value for key, value in self.values.items() if key not in keys]

    def after(self, sent: Iterable[DataValue], deleted: Iterable[DataValue]) -> "SentValues":
        """Return what the server has after a push that sent and deleted these values."""
        values = dict(self.values)
        for value in deleted:
            values.pop(value.key, None)
        values.update((value.key, value) for value in sent)
        return SentValues(values)

    def _has(self, value: DataValue) -> bool:
        known = self.values.get(value.key)
        return known is not None and known.value == value.value


def read_sent(folder: Path, url: str) -> SentValues:
    """Return what the server at `url` has from us; nothing where the last push was to another.

    Raises ConfigurationError for a file that this program did not write.
    """
    path = folder / _SENT
    if not path.is_file():
        return SentValues({})
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        if stored["url"] != url:
            return SentValues({})
        values = [DataValue(**each) for each in stored["values"]]
    except (ValueError, KeyError, TypeError) as wrong:
        raise ConfigurationError(
            f"{path}: not as it was written: {wrong}; remove it, and everything is sent again"
        ) from wrong
    return SentValues({value.key: value for value in values})


@dataclass(frozen=True, slots=True)
class Push:
    """What is sent to a server and deleted there, and when (UTC)."""

    url: str
    sent: Sequence[DataValue]
    deleted: Sequence[DataValue]
    at: datetime


def record_push(folder: Path, push: Push, answer: str) -> Path:
    """Write the record of a push with what the server said; return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{push.at:%Y%m%dT%H%M%S%f}Z.json"
    record = {
        "url": push.url,
        "at": push.at.isoformat(),
        "answer": answer,
        "sent": [asdict(value) for value in push.sent],
        "deleted": [asdict(value) for value in push.deleted],
    }
    write_atomic(path, _as_json(record))
    return path


def keep_sent(folder: Path, url: str, after: SentValues) -> None:
    """Write down what the server has from us now."""
    values = [asdict(value) for value in after.values.values()]
    write_atomic(folder / _SENT, _as_json({"url": url, "values": values}))


def _as_json(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=1).encode() + b"\n"
