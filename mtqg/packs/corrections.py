"""Do a pack's corrections still meet what they were written about? Asked of the warehouse's last judgement on each report."""

from collections.abc import Iterator

from program.configuration import place_of
from program.correction import Correction, Match
from program.errors import WarehouseError
from program.finding import Finding
from program.pack import Pack


def stale_corrections(pack: Pack, warehouse_url: str) -> list[str] | None:
    """Return a line for each correction that matches nothing, or whose value has changed; None without a warehouse to ask."""
    from warehouse.engine import open_warehouse  # noqa: PLC0415  (keeps --help quick)
    from warehouse.findings import last_findings  # noqa: PLC0415

    if not pack.corrections:
        return []
    try:
        warehouse = open_warehouse(warehouse_url)
    except WarehouseError:
        return None
    return [
        f"{place_of(pack.folder / file, ('corrections', number))}{text}"
        for file, corrections in pack.correction_files.items()
        for number, correction in enumerate(corrections)
        for text in _stale(correction, last_findings(warehouse, *correction.report))
    ]


def _stale(correction: Correction, findings: list[Finding] | None) -> Iterator[str]:
    if findings is None:
        yield f"{correction.place}: no such report has come"
        return
    matches = {correction.match(finding): finding for finding in findings}
    if Match.EXACT in matches:
        return
    if Match.CHANGED in matches:
        found = matches[Match.CHANGED].value
        changed = f"expected {correction.value!r}, found {found!r}: the file has changed"
        yield f"{correction.place}: {changed}; decide again, or remove it"
    else:
        yield f"{correction.place}: the last version of the report has no such finding; remove it"
