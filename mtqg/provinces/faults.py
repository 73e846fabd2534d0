"""What is wrong with the provinces of a `provinces.yaml`, before anything is deployed."""

import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from program.errors import ConfigurationError
from program.pack.load import load_pack
from program.pack.pack import Pack
from program.provinces.provinces_file import Province, Provinces
from program.settings import Settings, settings_of


def _partition(settings: Settings, pack: Pack) -> str:
    """Return where a province's marts go for the country; empty where it sends none."""
    url = settings.national_url.rstrip("/")
    return f"{url} {pack.province.code}" if url else ""


_OWN_TO_EACH: dict[str, Callable[[Settings, Pack], str]] = {
    "pack": lambda settings, _: str(settings.pack.resolve()),
    "var": lambda settings, _: str(settings.var.resolve()),
    "metrics": lambda settings, _: str(settings.metrics_folder.resolve()),
    "warehouse_url": lambda settings, _: settings.warehouse_url,
    "archive_url": lambda settings, _: settings.archive_url.rstrip("/"),
    "inbox_url": lambda settings, _: settings.inbox_url.rstrip("/"),
    "mailbox_url": lambda settings, _: settings.mailbox_url.get_secret_value(),
    "bounces_url": lambda settings, _: settings.bounces_url.get_secret_value(),
    "province in the pack's program.yaml": _partition,
}
"""What no two provinces share: one would take in, or write over, what is the other's."""


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
    loaded: dict[str, tuple[Settings, Pack]] = {}
    for province in provinces:
        faults += _readable_by_others(province)
        try:
            settings = settings_of(province)
            loaded[province.code] = settings, load_pack(settings.pack)
        except ConfigurationError as wrong:
            faults.append(Fault(province.code, str(wrong)))
    for name, value_of in _OWN_TO_EACH.items():
        faults += _shared(name, value_of, loaded)
    order = [province.code for province in provinces]
    return sorted(faults, key=lambda fault: order.index(fault.code))


def _readable_by_others(province: Province) -> Iterator[Fault]:
    for file in province.env_files:
        # A missing file is a fault of the settings.
        if file.is_file() and _mode(file) & stat.S_IRWXO:
            yield Fault(province.code, f"{file}: everybody can read it: chmod o= {file}")


def _shared(
    name: str,
    value_of: Callable[[Settings, Pack], str],
    loaded: Mapping[str, tuple[Settings, Pack]],
) -> Iterator[Fault]:
    first: dict[str, str] = {}
    for code, (settings, pack) in loaded.items():
        value = value_of(settings, pack)
        if not value:
            continue
        other = first.setdefault(value, code)
        if other != code:
            # The value may be a secret.
            yield Fault(code, f"{name} is the same as of {other}: each province has its own")


def _mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)
