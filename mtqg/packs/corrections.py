"""Whether a pack's corrections still match the last findings in the warehouse."""

from program.errors import WarehouseError
from program.finding import Finding
from program.pack.pack import Pack
from program.pack.waiver import WaiverEntry, WaiverMatch
from program.pack.yaml_file import yaml_location


def stale_corrections(pack: Pack, warehouse_url: str) -> list[str] | None:
    """Return a line for each correction that matches no finding, or whose value has changed.

    None if there is no warehouse to compare with.
    """
    from warehouse.database.engine import open_warehouse  # noqa: PLC0415  (keeps --help quick)
    from warehouse.lifecycle.stored_findings import last_findings  # noqa: PLC0415

    if not pack.corrections:
        return []
    try:
        warehouse = open_warehouse(warehouse_url)
    except WarehouseError:
        # A pack is also checked before its first run.
        return None
    lines = []
    for file, corrections in pack.correction_files.items():
        for number, correction in enumerate(corrections):
            problem = _problem_of(correction, last_findings(warehouse, *correction.report))
            if problem is not None:
                place = yaml_location(pack.folder / file, ("corrections", number))
                lines.append(f"{place}{correction.place}: {problem}")
    return lines


def _problem_of(correction: WaiverEntry, findings: list[Finding] | None) -> str | None:
    """Return why a correction matches none of a report's last findings, None if it matches.

    `findings` is None if the report has never come.
    """
    if findings is None:
        return "no such report has come"
    matches = {correction.match(finding): finding for finding in findings}
    if WaiverMatch.EXACT in matches:
        return None
    if WaiverMatch.CHANGED in matches:
        value = matches[WaiverMatch.CHANGED].value
        return (
            f"expected {correction.value!r}, found {value!r}: the file has changed; "
            "decide again, or remove it"
        )
    return "the last version of the report has no such finding; remove it"
