"""Where a value of a form tool stands: the path of its field in place of sheet and cell.

The reader makes sheets of a submission, so that all that reads workbooks reads it too. The sender
cannot see these sheets. A message names the field `/ds_lop[2]/so_hoc_vien`, which is an XPath
within the submission. Facts and findings have it as their sheet; their cell is then empty.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TypeAlias

from program.finding import Finding
from program.submission import Fact

FieldPlaces: TypeAlias = Mapping[tuple[str, str], str]
"""The path of the field behind each sheet and cell."""

_ENTRY = re.compile(r"\[\d+\]")


def is_field(sheet: str | None) -> bool:
    """Tell whether a place is a field of a form tool. No sheet of a workbook can have a slash."""
    return sheet is not None and sheet.startswith("/")


def field_at(places: FieldPlaces, sheet: str | None, cell: str | None) -> str | None:
    """Return the path of the field behind a cell; None where there is none.

    For a range it is the path without the numbers of entries, or the first and the last path.
    """
    if sheet is None or cell is None:
        return None
    first, _, last = cell.partition(":")
    # A summary without lines has the letter of its column: the heading stands for it.
    found = places.get((sheet, first)) or places.get((sheet, f"{first}1"))
    if found is None or not last:
        return found
    end = places.get((sheet, last), found)
    of_all = _ENTRY.sub("", found)
    if of_all == _ENTRY.sub("", end):
        return of_all
    return f"{found} … {end}"


def finding_in_fields(finding: Finding, places: FieldPlaces) -> Finding:
    """Return a finding at the path of its field, if its report came from a form tool."""
    if not places:
        return finding
    path = field_at(places, finding.sheet, finding.cell)
    if path is not None:
        return replace(finding, sheet=path, cell="")
    if is_field(finding.sheet):
        return finding
    # A cell without a field is one that only our sheets have.
    return replace(finding, cell=None)


def fact_in_fields(fact: Fact, places: FieldPlaces) -> Fact:
    """Return a fact at the path of its field, if its report came from a form tool."""
    path = field_at(places, fact.sheet, fact.cell)
    if path is None:
        return fact
    return fact._replace(sheet=path, cell="")
