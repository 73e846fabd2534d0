"""Earlier reports: values of earlier periods and of peers, as the warehouse gives them to rules.

Which of them are comparable with a report is decided in `expectations/history/`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from program.calendar.period import Period
from program.forms.form import Form
from program.forms.table import Table
from program.units.register import UnitRegister
from program.units.unit import UnitKind

if TYPE_CHECKING:
    import pandas as pd

    from program.parsed_report import ParsedReport

HISTORY_PERIODS = 8
"""How many earlier periods a report is compared with.

These are two years of quarters, so that each quarter of the year occurs twice.
"""

REPORT_COLUMNS = (
    *("report", "form", "unit", "period", "stage", "received_at"),
    *("delivery", "claimed_at"),
)
FACT_COLUMNS = ("report", "element", "line", "value", "text")


@dataclass(frozen=True, slots=True)
class HistoryKeys:
    """A report whose history is needed. `peers` are the units of its unit's kind, with itself."""

    form: str
    unit: str
    period: Period
    peers: frozenset[str]


@dataclass(frozen=True, slots=True)
class History:
    """Reports that are current, with their values.

    `reports` has a row for each report: its number in the warehouse, the codes of form, unit,
    period and stage, its time of arrival (UTC), the number of its delivery, and the time that the
    delivery's source claims for it (`Delivery.claimed_at`). `facts` has a row for each value:
    `element` and `line` are as in `program.submission.Fact`, and `value` is NaN where the value is
    a text.
    """

    reports: "pd.DataFrame"
    facts: "pd.DataFrame"


def no_history() -> History:
    """Return a history without any report."""
    # The import takes half a second. Code that compares nothing does without.
    import pandas as pd  # noqa: PLC0415

    reports = pd.DataFrame(columns=list(REPORT_COLUMNS))
    facts = pd.DataFrame(columns=list(FACT_COLUMNS))
    return History(reports, facts)


def history_keys(readings: Iterable["ParsedReport"], units: UnitRegister) -> list[HistoryKeys]:
    """Return the reports whose history these parsed reports need, each once, in order.

    A parsed report with an unknown form, unit or period needs none.
    """
    peers: dict[tuple[UnitKind | None, date], frozenset[str]] = {}
    found: list[HistoryKeys] = []
    for form, code, period in _reports_of(readings):
        unit = units.get(code, period.end)
        kind = unit.kind if unit is not None else None
        key = (kind, period.end)
        # Reports of one period share their peers, of which a country has thousands.
        if key not in peers:
            peers[key] = _codes_of_kind(units, kind, period.end)
        keys = HistoryKeys(form, code, period, peers[key])
        found.append(keys)
    return found


def _reports_of(readings: Iterable["ParsedReport"]) -> Iterable[tuple[str, str, Period]]:
    """Return form, unit and period of each report, without repetition."""
    reports: dict[tuple[str, str, Period], None] = {}
    for reading in readings:
        if reading.form and reading.unit_code and reading.period:
            reports[reading.form.code, reading.unit_code, reading.period] = None
    return reports


def _codes_of_kind(
    units: UnitRegister,
    kind: UnitKind | None,
    day: date,
) -> frozenset[str]:
    of_kind = (unit for unit in units if unit.kind is kind)
    return frozenset(unit.code for unit in of_kind if unit.is_valid_on(day))


def line_elements(forms: Iterable[Form]) -> set[str]:
    """Return the columns of lists whose lines count as history.

    These are the figures of every list, and all columns of a list whose lines have a key.
    """
    names: set[str] = set()
    for form in forms:
        for table in form.tables:
            if table.kind == "list":
                names.update(_history_columns(table))
    return names


def _history_columns(table: Table) -> Iterable[str]:
    if table.key:
        return (column.name for column in table.columns)
    # Without a key, nobody can tell to which earlier line a text belongs.
    return (column.name for column in table.columns if column.type.is_numeric)
