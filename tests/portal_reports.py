"""The report of `tests.workbooks` as the portal sends it."""

from datetime import date
from typing import Any

from tests.workbooks import CLASS, COMMUNE, DISTRICT, OTHER_CLASS, TOTAL

_LEVEL_COLUMNS = (
    "classes", "participants", "women", "ethnic_minority", "officials", "community", "days", "budget_planned_vnd", "budget_spent_vnd",
)  # fmt: skip
_KEYS = ("district", "commune", "total")
LEVELS: list[dict[str, Any]] = [
    {"line": key, **dict(zip(_LEVEL_COLUMNS, line[1:], strict=True))}
    for key, line in zip(_KEYS, (DISTRICT, COMMUNE, TOTAL), strict=True)
]
_CLASS_COLUMNS = (
    "class_title", "class_topic", "class_level", "class_place", "class_first_day", "class_last_day", "class_participants", "class_organiser",
)  # fmt: skip
CLASSES: list[dict[str, Any]] = [
    dict(
        zip(
            _CLASS_COLUMNS,
            (f"{cell:%d/%m/%Y}" if isinstance(cell, date) else cell for cell in line[1:]),
            strict=True,
        )
    )
    for line in (CLASS, OTHER_CLASS)
]
REPORT: dict[str, Any] = {
    "form": "training",
    "version": "v2",
    "unit": "942",
    "period": "2024-Q4",
    "tables": {"levels": LEVELS, "class_list": CLASSES},
}
