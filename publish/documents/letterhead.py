"""What stands at the head of a province's document (Decree 30/2020/NĐ-CP, Annex I)."""

from datetime import date

from program.pack.pack import Pack


def letterhead(pack: Pack, day: date) -> dict[str, str]:
    """Return the values of a document's head: the authorities, the place and the day.

    Number and symbol stay open: the clerk gives them when the document is issued. The authority
    above the office is written short, as Annex I allows: in full it is longer than its column.
    """
    province = pack.province.name
    office = _without_ending(pack.program.office, province)
    _, _, place = province.partition(" ")
    return {
        "authority": f"UBND {province.upper()}",
        "office": office.upper(),
        "office_name": pack.program.office,
        "place_and_day": f"{place}, ngày {day:%d} tháng {day:%m} năm {day:%Y}",
        "program": pack.program.short_name,
        "province": province,
    }


def _without_ending(office: str, province: str) -> str:
    """Return an office's name without the province, which its authority names already."""
    if office.casefold().endswith(province.casefold()):
        return office[: -len(province)].strip()
    return office
