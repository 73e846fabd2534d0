"""How a figure of the whole province is divided among its districts.

The parts always add up to the whole. How large a district is, is published for three of them only,
as the share of ethnic-minority people; the others differ by dice.
"""

from collections.abc import Mapping
from datetime import date

from examples.published import (
    ETHNIC_SHARE_CHAU_THANH,
    ETHNIC_SHARE_TRAN_DE,
    ETHNIC_SHARES,
    HOA_SHARE_VINH_CHAU,
    KHMER_SHARE_VINH_CHAU,
)
from examples.synthetic.workbooks import dice_of, units_of
from program.pack.pack import Pack
from program.units.unit import Unit, UnitKind

LAST_DAY = date(2025, 6, 30)
"""The last day of the districts. What a district has is counted on it."""
_GROUP_SHARES = {("950", "khmer"): KHMER_SHARE_VINH_CHAU, ("950", "hoa"): HOA_SHARE_VINH_CHAU}
_DISTRICT_SHARES = {"942": ETHNIC_SHARE_CHAU_THANH, "951": ETHNIC_SHARE_TRAN_DE}
# With those above and the districts' communes, this gives the province's 35 %.
_SHARE_ELSEWHERE = 0.27
_RURAL = "Xã "


def communes_of(pack: Pack, district: Unit) -> list[Unit]:
    """Return the communes of a district, in the order of the pack."""
    return list(pack.units.children(district.code, LAST_DAY))


def rural_communes_of(pack: Pack, district: Unit) -> list[Unit]:
    """Return the communes of a district that are a xã: neither a phường nor a thị trấn."""
    return [commune for commune in communes_of(pack, district) if commune.name.startswith(_RURAL)]


def weights_of(pack: Pack, *groups: str) -> dict[str, float]:
    """Return how many people of these groups a district has, by code, against the others.

    A group is a line of the outcomes form.
    """
    weights: dict[str, float] = {}
    for district in units_of(pack, UnitKind.DISTRICT, LAST_DAY):
        share = sum(_share_of(district.code, group) for group in groups)
        weights[district.code] = len(communes_of(pack, district)) * share
    return weights


def _share_of(district: str, group: str) -> float:
    """Return the share of an ethnic group in the people of a district."""
    if (district, group) in _GROUP_SHARES:
        return _GROUP_SHARES[district, group]
    part = ETHNIC_SHARES[group] / sum(ETHNIC_SHARES.values())
    if district in _DISTRICT_SHARES:
        return _DISTRICT_SHARES[district] * part
    return _SHARE_ELSEWHERE * part * dice_of(district, "people", group).uniform(0.6, 1.4)


def divided(whole: int, weights: Mapping[str, float]) -> dict[str, int]:
    """Return the parts of `whole` by key: whole numbers in proportion to the weights.

    They add up to `whole`: what rounding leaves goes to the largest remainders.
    """
    total = sum(weights.values())
    exact = {key: whole * weight / total for key, weight in weights.items()}
    parts = {key: int(part) for key, part in exact.items()}
    by_remainder = sorted(parts, key=lambda key: parts[key] - exact[key])
    for key in by_remainder[: whole - sum(parts.values())]:
        parts[key] += 1
    return parts


def shared_out(pack: Pack, whole: int, *about: str) -> dict[str, int]:
    """Return each district's part of `whole`: by its ethnic-minority people, and by dice."""
    weights = weights_of(pack, *ETHNIC_SHARES)
    for code in weights:
        weights[code] *= dice_of(code, "part", *about).uniform(0.7, 1.3)
    return divided(whole, weights)
