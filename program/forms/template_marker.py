"""What a template records about itself on a hidden sheet, so that the reader need not guess.

The marker is the workbook's own statement and proves nothing. Its checksum detects a marker that
was cut or mixed up, not a forged one.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields

from program.calendar.period import Period
from program.calendar.stage import Stage

MARKER_SHEET = "_mtqg"
HIDDEN_SHEETS = (MARKER_SHEET, "_mtqg_lists")
"""The sheets of a template that are no part of the report.

The second one holds the words of the drop-down lists.
"""

OVERVIEW_MARK = "mtqg:findings"
"""The first cell of the list of findings in a marked workbook. Its row is hidden."""

_CHECKSUM = "checksum"


@dataclass(frozen=True, slots=True)
class TemplateMarker:
    """The form, unit, period and stage of a template, as codes (`942`, `2024-Q4`, `final`)."""

    form: str
    version: str
    unit: str
    period: str
    stage: str


_NAMES = tuple(field.name for field in fields(TemplateMarker))


def is_overview(rows: Sequence[Sequence[object]]) -> bool:
    """Tell whether a sheet is our list of findings in a marked workbook, and so no report."""
    return bool(rows) and bool(rows[0]) and rows[0][0] == OVERVIEW_MARK


def rows_of(marker: TemplateMarker) -> list[tuple[str, str]]:
    """Return the rows of the marker's sheet from A1 on: names with codes, then the checksum."""
    return [*_pairs(marker), (_CHECKSUM, _checksum(marker))]


def read_marker(rows: Sequence[Sequence[object]]) -> TemplateMarker | None:
    """Return the marker in the rows of a sheet. Never raises.

    None if a name is missing or stands twice, where the checksum does not fit, or where period
    or stage cannot be parsed: a caller may parse both. Blank rows, further columns and other names,
    which a later template may add, are ignored.
    """
    texts = _read_texts(rows)
    if texts is None:
        return None
    checksum = texts.pop(_CHECKSUM)
    marker = TemplateMarker(**texts)
    if checksum != _checksum(marker) or not _can_be_parsed(marker):
        return None
    return marker


def _read_texts(rows: Sequence[Sequence[object]]) -> dict[str, str] | None:
    """Return the text of each name and the checksum; None if one is missing or stands twice."""
    expected = {*_NAMES, _CHECKSUM}
    texts: dict[str, str] = {}
    for row in rows:
        if len(row) < 2:
            continue
        name, text = row[0], row[1]
        if not isinstance(name, str) or name not in expected:
            continue
        if name in texts or not isinstance(text, str):
            return None
        texts[name] = text
    return texts if texts.keys() == expected else None


def _can_be_parsed(marker: TemplateMarker) -> bool:
    try:
        period = Period.parse(marker.period)
        Stage(marker.stage)
    except ValueError:
        return False
    # A period has one code. A template writes no other.
    return period.code == marker.period


def _pairs(marker: TemplateMarker) -> Iterator[tuple[str, str]]:
    return zip(_NAMES, astuple(marker), strict=True)


def _checksum(marker: TemplateMarker) -> str:
    text = "".join(f"{name}={code}\n" for name, code in _pairs(marker))
    # A file may hold half of a surrogate pair, which no encoding takes.
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:16]
