"""What is wrong with the provinces of a `provinces.yaml`, before anything is deployed."""

import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from program.errors import ConfigurationError
from program.pack.load import load_pack
from program.provinces.provinces_file import Province, Provinces
from program.settings import Settings, settings_of

_OWN_TO_EACH: dict[str, Callable[[Settings], str]] = {
    "pack": lambda settings: str(settings.pack.resolve()),
    "var": lambda settings: str(settings.var.resolve()),
    "metrics": lambda settings: str(settings.metrics_folder.resolve()),
    "warehouse_url": lambda settings: settings.warehouse_url,
    "archive_url": lambda settings: settings.archive_url.rstrip("/"),
    "inbox_url": lambda settings: settings.inbox_url.rstrip("/"),
    "mailbox_url": lambda settings: settings.mailbox_url.get_secret_value(),
    "bounces_url": lambda settings: settings.bounces_url.get_secret_value(),
}
"""Settings that no two provinces share: one would take in, or write over, what is the other's."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with the province that has a code. No secret is in the text."""

    code: str
    text: str

    def __str__(self) -> str:
        return f"{self.code}: {self.text}"


def faults_of(provinces: Provinces) -> list[Fault]:
    """Return what is wrong, in the order of the file. No server is asked."""
    faults: list[Fault] = []
    settings: dict[str, Settings] = {}
    for province in provinces:
        faults += _readable_by_others(province)
        try:
            settings[province.code] = settings_of(province)
            load_pack(settings[province.code].pack)
        except ConfigurationError as wrong:
            faults.append(Fault(province.code, str(wrong)))
    for name, value_of in _OWN_TO_EACH.items():
        faults += _shared(name, value_of, settings)
    order = [province.code for province in provinces]
    return sorted(faults, key=lambda fault: order.index(fault.code))


def _readable_by_others(province: Province) -> Iterator[Fault]:
    for file in province.env_files:
        # A missing file is a fault of the settings.
        if file.is_file() and _mode(file) & stat.S_IRWXO:
            yield Fault(province.code, f"{file}: everybody can read it: chmod o= {file}")


def _shared(
    name: str, value_of: Callable[[Settings], str], settings: dict[str, Settings]
) -> Iterator[Fault]:
    first: dict[str, str] = {}
    for code, each in settings.items():
        value = value_of(each)
        if not value:
            continue
        other = first.setdefault(value, code)
        if other != code:
            # The value may be a secret.
            yield Fault(code, f"{name} is the same as of {other}: each province has its own")


def _mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)
