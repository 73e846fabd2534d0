"""What a template says of itself on a sheet that nobody sees, so that its reader need not guess from labels.

The workbook's own words, not a proof: the checksum finds a marker that was cut or mixed up, not one that was forged.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields

from program.period import Period
from program.stage import Stage

MARKER_SHEET = "_mtqg"
HIDDEN_SHEETS = (MARKER_SHEET, "_mtqg_lists")
"""The sheets of a template that are no part of the report; the second holds the words of its drop-downs."""

OVERVIEW_MARK = "mtqg:findings"
"""The first cell of the sheet of findings that stands in front of a marked workbook; its row is hidden."""

_CHECKSUM = "checksum"


@dataclass(frozen=True, slots=True)
class Marker:
    """Which form a workbook was made for, whose, and for when: all as codes (`942`, `2024-Q4`, `final`)."""

    form: str
    version: str
    unit: str
    period: str
    stage: str


_NAMES = tuple(field.name for field in fields(Marker))


def is_overview(rows: Sequence[Sequence[object]]) -> bool:
    """Tell whether a sheet is the list of findings that was put in front of a workbook: our words, and no report."""
    return bool(rows) and bool(rows[0]) and rows[0][0] == OVERVIEW_MARK


def rows_of(marker: Marker) -> list[tuple[str, str]]:
    """Return the rows of the marker's sheet, from A1 on: a name and its code, the checksum last."""
    return [*_pairs(marker), (_CHECKSUM, _checksum(marker))]


def read_marker(rows: Sequence[Sequence[object]]) -> Marker | None:
    """Return the marker that a sheet's rows hold; None where it is not whole or its checksum does not fit. Never raises.

    Blank rows, further columns and names that a later template may add are passed over; a name said twice is not whole. A
    period and a stage that are none make it not whole either, so that whoever gets a marker may parse them.
    """
    said = [(row[0], row[1]) for row in rows if len(row) > 1 and isinstance(row[0], str) and row[0] in (*_NAMES, _CHECKSUM)]
    texts = {name: text for name, text in said if isinstance(text, str)}
    if len(said) != len(_NAMES) + 1 or len(texts) != len(said):
        return None
    marker = Marker(**{name: texts[name] for name in _NAMES})
    return marker if texts[_CHECKSUM] == _checksum(marker) and _is_sound(marker) else None


def _is_sound(marker: Marker) -> bool:
    try:
        return Period.parse(marker.period).code == marker.period and Stage(marker.stage) is not None
    except ValueError:
        return False


def _pairs(marker: Marker) -> Iterator[tuple[str, str]]:
    return zip(_NAMES, astuple(marker), strict=True)


def _checksum(marker: Marker) -> str:
    said = "".join(f"{name}={text}\n" for name, text in _pairs(marker))
    # A file may hold half of a surrogate pair, which no encoding takes.
    return hashlib.sha256(said.encode(errors="replace")).hexdigest()[:16]
