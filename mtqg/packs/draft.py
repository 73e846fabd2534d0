"""A draft of another province's `units.csv` from the optional package vietnamadminunits.

The package knows the units shortly before July 2025 and the communes that they became. A person
must review the draft, because the package has errors: it sends some old communes to several new
ones, where it confuses communes of the same name. In Sóc Trăng, its default target was right in
all 108 rows and all eight other targets were wrong. In Hậu Giang, even one default seems wrong
(Xã Phú Tân, to a unit on Sóc Trăng's land). The draft therefore takes the default only, and
marks a doubtful row with "review". The package does not know that a code has an earlier use
(31513 and 31522), nor any unit that ended earlier.
"""

import csv
import io
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from importlib.metadata import version
from typing import Any, NamedTuple

from program.errors import UsageError, not_installed
from program.units.unit import COLUMNS, UnitKind

_PACKAGE = "vietnamadminunits"
_LAST_DAY = "2025-06-30"
_FIRST_DAY = "2025-07-01"
_COMMUNE = ["province", "provinceCode", "provinceKey", "ward", "wardCode", "wardKey"]
_DISTRICT = ["district", "districtCode", "districtKey"]


class _Row(NamedTuple):
    """A row of the draft, in the order of `COLUMNS`."""

    code: str
    name: str
    kind: UnitKind
    parent: str
    valid_from: str
    valid_to: str
    successors: str
    source: str


class _CommuneKey(NamedTuple):
    """The package's key of a new commune."""

    province: str
    commune: str


@dataclass(frozen=True, slots=True)
class _New:
    """A commune, ward or special zone since July 2025."""

    code: str
    name: str
    province: str
    province_name: str


@dataclass(frozen=True, slots=True)
class _Old:
    """A commune until June 2025, or one of the five island districts that had no communes.

    `code` and `name` are None for such a district. `targets` begin with the package's default.
    """

    code: str | None
    name: str | None
    district: str
    district_name: str
    province: str
    province_name: str
    targets: tuple[_New, ...]

    @property
    def target(self) -> _New:
        """The code of the new commune, by the default of the package."""
        return self.targets[0]


def draft_units(province_code: str) -> str:
    """Return a draft `units.csv` for one of the 63 provinces until June 2025.

    It has the province, its districts and its communes with their successors; then the province
    that it became, and the communes there on its land. Raises UsageError if the package is
    not installed or no province has the code.
    """
    country = _country()
    old = [unit for unit in country if unit.province == province_code]
    if not old:
        provinces = sorted({(unit.province, unit.province_name) for unit in country})
        known = ", ".join(f"{code} {name}" for code, name in provinces)
        raise UsageError(
            f"no province had the code {province_code!r} until June 2025; there were: {known}"
        )
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    table.writerows(_rows(old, country))
    return text.getvalue()


def _rows(old: Sequence[_Old], country: Iterable[_Old]) -> Iterator[_Row]:
    """Yield all rows of the draft: what ended in June 2025, then what began in July."""
    source = f"draft: {_PACKAGE} {version(_PACKAGE)}; check before official use"
    # From which provinces the default targets have their land.
    provinces_of: dict[_New, set[str]] = defaultdict(set)
    for unit in country:
        provinces_of[unit.target].add(unit.province_name)
    yield from _province_and_districts(old, provinces_of, source)
    yield from _old_communes(old, provinces_of, source)
    yield from _new_units(old, provinces_of, source)


def _province_and_districts(
    old: Sequence[_Old],
    provinces_of: Mapping[_New, set[str]],
    source: str,
) -> Iterator[_Row]:
    province = old[0]
    yield _Row(
        code=province.province,
        name=province.province_name,
        kind=UnitKind.PROVINCE,
        parent="",
        valid_from="",
        valid_to=_LAST_DAY,
        successors=province.target.province,
        source=source,
    )
    for code, name in sorted({(unit.district, unit.district_name) for unit in old}):
        communes = [unit for unit in old if unit.district == code]
        successors = sorted({commune.target.code for commune in communes})
        # The package lists an island district as a commune without a code.
        is_island = communes[0].code is None
        doubts = _doubts(communes[0], provinces_of) if is_island else ""
        yield _Row(
            code=code,
            name=name,
            kind=UnitKind.DISTRICT,
            parent=province.province,
            valid_from="",
            valid_to=_LAST_DAY,
            successors=";".join(successors),
            source=source + doubts,
        )


def _old_communes(
    old: Sequence[_Old],
    provinces_of: Mapping[_New, set[str]],
    source: str,
) -> Iterator[_Row]:
    for unit in sorted(old, key=lambda unit: (unit.district, unit.code or "")):
        if not unit.code or not unit.name:
            continue
        yield _Row(
            code=unit.code,
            name=unit.name,
            kind=UnitKind.COMMUNE,
            parent=unit.district,
            valid_from="",
            valid_to=_LAST_DAY,
            successors=unit.target.code,
            source=source + _doubts(unit, provinces_of),
        )


def _new_units(
    old: Sequence[_Old],
    provinces_of: Mapping[_New, set[str]],
    source: str,
) -> Iterator[_Row]:
    province = old[0].target
    yield _Row(
        code=province.province,
        name=province.province_name,
        kind=UnitKind.PROVINCE,
        parent="",
        valid_from=_FIRST_DAY,
        valid_to="",
        successors="",
        source=source,
    )
    for commune in sorted(_new_communes(old, provinces_of), key=lambda commune: commune.code):
        doubt = ""
        if commune not in provinces_of:
            doubt = f"; review: {_PACKAGE} names it as no old commune's default target"
        yield _Row(
            code=commune.code,
            name=commune.name,
            kind=UnitKind.COMMUNE,
            parent=commune.province,
            valid_from=_FIRST_DAY,
            valid_to="",
            successors="",
            source=source + doubt,
        )


def _new_communes(old: Iterable[_Old], provinces_of: Mapping[_New, set[str]]) -> set[_New]:
    """Return the default targets, and other targets that are no default of any old commune.

    Such another target would otherwise be in no province's draft.
    """
    communes = set()
    for unit in old:
        communes.add(unit.target)
        communes |= {target for target in unit.targets if target not in provinces_of}
    return communes


def _doubts(unit: _Old, provinces_of: Mapping[_New, set[str]]) -> str:
    """Return what a reviewer must check in a unit's row, to append to its source."""
    review = f"; review: {_PACKAGE}"
    doubts = ""
    count = len(unit.targets)
    if count > 1:
        targets = ", ".join(f"{target.code} {target.name}" for target in unit.targets)
        doubts += f"{review} names {count} targets: {targets}; the first is its default"
    others = provinces_of[unit.target] - {unit.province_name}
    if others:
        provinces = ", ".join(sorted(others))
        doubts += f"{review} sends communes of {provinces} to {unit.target.code} as well"
    return doubts


@lru_cache(maxsize=1)
def _country() -> tuple[_Old, ...]:
    """Return all communes of the 63 provinces with the communes that they became.

    Raises UsageError if the package is not installed.
    """
    try:
        database = import_module(f"{_PACKAGE}.database")
        converter = import_module(f"{_PACKAGE}.converter.converter_2025")
    except ImportError as missing:
        raise not_installed(_PACKAGE, "draft") from missing
    with warnings.catch_warnings():
        # Version 1.0.4 leaves its SQLite connection to the garbage collector.
        warnings.simplefilter("ignore", ResourceWarning)
        past = database.get_data(_COMMUNE + _DISTRICT, "admin_units_legacy")
        present = database.get_data(_COMMUNE, "admin_units")
    new_communes = {}
    for row in present:
        key = _CommuneKey(row["provinceKey"], row["wardKey"])
        new_communes[key] = _New(
            code=row["wardCode"],
            name=row["ward"],
            province=row["provinceCode"],
            province_name=row["province"],
        )
    targets = _targets(converter)
    return tuple(_old_unit(row, targets, new_communes) for row in past)


def _old_unit(
    row: Mapping[str, Any],
    targets: Mapping[str, Sequence[_CommuneKey]],
    new_communes: Mapping[_CommuneKey, _New],
) -> _Old:
    key = f"{row['provinceKey']}_{row['districtKey']}_{row['wardKey'] or ''}"
    return _Old(
        code=row["wardCode"],
        name=row["ward"],
        district=row["districtCode"],
        district_name=row["district"],
        province=row["provinceCode"],
        province_name=row["province"],
        targets=tuple(new_communes[target] for target in targets[key]),
    )


def _targets(converter: Any) -> dict[str, list[_CommuneKey]]:
    """Return the keys of the new communes for each old commune's key, the default first.

    They come from the converter's data. Its function parses an address and returns the default
    alone.
    """
    targets: dict[str, list[_CommuneKey]] = {}
    merged_by_province = converter.DICT_PROVINCE_WARD_NO_DIVIDED
    for province, communes in merged_by_province.items():
        for commune, merged in communes.items():
            key = _CommuneKey(province, commune)
            for old in merged:
                targets[old] = [key]
    divided_by_province = converter.DICT_PROVINCE_WARD_DIVIDED
    for province, divided in divided_by_province.items():
        for old, parts in divided.items():
            default_first = sorted(parts, key=lambda part: not part["isDefaultNewWard"])
            keys = [_CommuneKey(province, part["newWardKey"]) for part in default_first]
            targets.setdefault(old, keys)
    return targets
