"""A first draft of another province's `units.csv`, from the optional package vietnamadminunits; a person reviews it.

The package knows the units as they stood shortly before July 2025 and where the communes went. Its known errors
(domain.md 4.6) are why this is a draft: it sends some old communes to several new ones by confusing communes of the same
name. In Sóc Trăng its default target was right in all 108 rows and all eight further targets were false; in Hậu Giang even a
default seems to be (Xã Phú Tân, to a unit on Sóc Trăng's land). So only the default is kept, and what is in doubt says
"review". It does not know that a code was used again before (31513 and 31522), nor any unit that ended earlier.
"""

import csv
import io
import warnings
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from importlib.metadata import version
from typing import Any

from program.errors import AskedError
from program.unit_table import COLUMNS, UnitKind

_PACKAGE = "vietnamadminunits"
_LAST, _FIRST = "2025-06-30", "2025-07-01"
_COMMUNE = ["province", "provinceCode", "provinceKey", "ward", "wardCode", "wardKey"]
_DISTRICT = ["district", "districtCode", "districtKey"]


@dataclass(frozen=True, slots=True)
class _New:
    """A commune, ward or special zone since July 2025."""

    code: str
    name: str
    province: str
    province_name: str


@dataclass(frozen=True, slots=True)
class _Old:
    """A commune until June 2025, or one of the five island districts that had none; `targets` begin with the default."""

    code: str | None
    name: str | None
    district: str
    district_name: str
    province: str
    province_name: str
    targets: tuple[_New, ...]


def draft_units(province_code: str) -> str:
    """Return the text of a draft `units.csv` for one of the 63 provinces until June 2025, in the columns of a pack's.

    It has the province, its districts and communes with successors, the province it became, and that one's communes as far
    as they took this one's land. Raises AskedError where the package is missing or no province has the code.
    """
    country = _country()
    old = [unit for unit in country if unit.province == province_code]
    if not old:
        known = ", ".join(f"{code} {name}" for code, name in sorted({(u.province, u.province_name) for u in country}))
        raise AskedError(f"no province had the code {province_code!r} until June 2025; there were: {known}")
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    table.writerows(_rows(old, country))
    return text.getvalue()


def _rows(old: list[_Old], country: tuple[_Old, ...]) -> Iterator[tuple[str, ...]]:
    draft = f"draft: {_PACKAGE} {version(_PACKAGE)}; check before official use"
    fed_by = defaultdict(set)
    for unit in country:
        fed_by[unit.targets[0]].add(unit.province_name)
    heirs = sorted(_heirs(old, fed_by), key=lambda new: new.code)
    here, became = old[0], old[0].targets[0]
    yield here.province, here.province_name, UnitKind.PROVINCE, "", "", _LAST, became.province, draft
    for code, name in sorted({(u.district, u.district_name) for u in old}):
        parts = [u for u in old if u.district == code]
        successors = ";".join(sorted({u.targets[0].code for u in parts}))
        doubts = _doubts(parts[0], fed_by) if parts[0].code is None else ""
        yield code, name, UnitKind.DISTRICT, here.province, "", _LAST, successors, draft + doubts
    for u in sorted(old, key=lambda u: (u.district, u.code or "")):
        if u.code and u.name:
            yield u.code, u.name, UnitKind.COMMUNE, u.district, "", _LAST, u.targets[0].code, draft + _doubts(u, fed_by)
    yield became.province, became.province_name, UnitKind.PROVINCE, "", _FIRST, "", "", draft
    for new in heirs:
        doubts = "" if new in fed_by else f"; review: {_PACKAGE} names it as no old commune's default target"
        yield new.code, new.name, UnitKind.COMMUNE, new.province, _FIRST, "", "", draft + doubts


def _heirs(old: list[_Old], fed_by: dict[_New, set[str]]) -> set[_New]:
    """Return the new communes of the province: the default targets, and such others as would be in no province's draft."""
    return {new for u in old for new in u.targets if new == u.targets[0] or new not in fed_by}


def _doubts(unit: _Old, fed_by: dict[_New, set[str]]) -> str:
    """Return what a reviewer must look at in the row of `unit`, to go behind its source."""
    doubts = ""
    if len(unit.targets) > 1:
        named = ", ".join(f"{new.code} {new.name}" for new in unit.targets)
        doubts += f"; review: {_PACKAGE} names {len(unit.targets)} targets: {named}; the first is its default"
    others = sorted(fed_by[unit.targets[0]] - {unit.province_name})
    if others:
        doubts += f"; review: {_PACKAGE} sends communes of {', '.join(others)} to {unit.targets[0].code} as well"
    return doubts


@lru_cache(maxsize=1)
def _country() -> tuple[_Old, ...]:
    """Return all communes of the 63 provinces with where each went. Raises AskedError where the package is missing."""
    try:
        database = import_module(f"{_PACKAGE}.database")
        converter = import_module(f"{_PACKAGE}.converter.converter_2025")
    except ImportError as missing:
        raise AskedError(f"drafting units needs the package {_PACKAGE}: pip install 'mtqg-monitor[draft]'") from missing
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # 1.0.4 leaves its SQLite connection to the garbage collector
        past = database.get_data(_COMMUNE + _DISTRICT, "admin_units_legacy")
        present = database.get_data(_COMMUNE, "admin_units")
    new = {
        (row["provinceKey"], row["wardKey"]): _New(row["wardCode"], row["ward"], row["provinceCode"], row["province"])
        for row in present
    }
    targets = _targets(converter)
    return tuple(
        _Old(
            code=row["wardCode"],
            name=row["ward"],
            district=row["districtCode"],
            district_name=row["district"],
            province=row["provinceCode"],
            province_name=row["province"],
            targets=tuple(new[target] for target in targets[f"{row['provinceKey']}_{row['districtKey']}_{row['wardKey'] or ''}"]),
        )
        for row in past
    )


def _targets(converter: Any) -> dict[str, list[tuple[str, str]]]:
    """Return the keys (province, commune) of the new communes for each old one's key, the default first.

    The converter's own data, not its function: that parses an address, and gives the default alone.
    """
    targets = {
        old: [(province, commune)]
        for province, communes in converter.DICT_PROVINCE_WARD_NO_DIVIDED.items()
        for commune, merged in communes.items()
        for old in merged
    }
    for province, divided in converter.DICT_PROVINCE_WARD_DIVIDED.items():
        for old, parts in divided.items():
            ordered = sorted(parts, key=lambda part: not part["isDefaultNewWard"])
            targets.setdefault(old, [(province, part["newWardKey"]) for part in ordered])
    return targets
