"""A small JSON for each unit and each indicator, from the rows of the marts."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TypeAlias

from publish.output_folder import OutputFolder
from warehouse.queries.marts import Value, declared_marts

_Row: TypeAlias = dict[str, Value]
_Document: TypeAlias = dict[str, object]

_FIGURE = (
    "unit",
    "basis",
    "period",
    "stage",
    "actual",
    "qualifier",
    "measured",
    "reported",
    "expected",
    "target",
    "comparison",
    "target_scope",
    "target_tag",
    "status",
    "is_headline",
    "doubtful",
    "is_synthetic",
)
"""What a document says of each figure; an indicator's adds the unit, a unit's the indicator."""
_REPORT = (
    "form_code",
    "period",
    "stage",
    "due_date",
    "verdict",
    "version",
    "is_open",
    "received_at",
    "is_synthetic",
)
"""None of them changes with the day alone: so that the documents are not made again each day."""


def write_documents(
    output: OutputFolder,
    rows_by_mart: Mapping[str, Sequence[Sequence[Value]]],
    made_from: str,
) -> None:
    """Write `units/<code>.json` and `indicators/<code>.json`.

    A unit has one if anything is known of it, or a report is due from it; an indicator if it has a
    figure.
    """
    figures = [row for row in _named(rows_by_mart, "mart_progress") if row["actual"] is not None]
    reports = _by(_named(rows_by_mart, "mart_reporting"), "unit_code")
    units = _by(_named(rows_by_mart, "mart_units"), "unit_code")
    figures_by_unit = _by(figures, "unit_code")
    for code in sorted({*figures_by_unit, *reports}):
        document: _Document = {
            "unit_code": code,
            # Several units had the same code, one after the other.
            "units": units[code],
            "figures": _picked(figures_by_unit[code], ("indicator_code", "indicator_name")),
            "reports": [{name: row[name] for name in _REPORT} for row in reports[code]],
        }
        output.write(f"units/{code}.json", _json(document), made_from)
    for code, rows in _by(figures, "indicator_code").items():
        first = rows[0]
        document = {
            "indicator_code": code,
            "indicator_name": first["indicator_name"],
            "unit": first["unit"],
            "figures": _picked(rows, ("unit_code",)),
        }
        output.write(f"indicators/{code}.json", _json(document), made_from)


def _named(rows_by_mart: Mapping[str, Sequence[Sequence[Value]]], mart_name: str) -> list[_Row]:
    mart = next(mart for mart in declared_marts() if mart.name == mart_name)
    names = [column.name for column in mart.handed_on]
    return [dict(zip(names, row, strict=True)) for row in rows_by_mart[mart_name]]


def _by(rows: Sequence[_Row], name: str) -> dict[str, list[_Row]]:
    grouped: dict[str, list[_Row]] = defaultdict(list)
    for row in rows:
        grouped[str(row[name])].append(row)
    return grouped


def _picked(rows: Sequence[_Row], first: Sequence[str]) -> list[_Row]:
    return [{name: row[name] for name in (*first, *_FIGURE)} for row in rows]


def _json(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False, default=_iso).encode()


def _iso(value: object) -> str:
    # A day or an instant: nothing else in a mart is unknown to JSON.
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(value)
