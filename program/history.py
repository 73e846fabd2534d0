"""What was reported before: values of earlier periods and of peers, as the warehouse hands them to the rules.

Which of them a report may be compared with is the rules' own affair (`expectations/history/`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from program.form import Form
from program.period import Period
from program.reading import Reading
from program.units import UnitKind, UnitRegister

if TYPE_CHECKING:
    import pandas as pd

HISTORY_PERIODS = 8
"""How many periods back a report is compared: two years of quarters, so that each quarter of the year is met twice."""

REPORT_COLUMNS = ("report", "form", "unit", "period", "stage", "received_at")
FACT_COLUMNS = ("report", "element", "line", "value", "text")


@dataclass(frozen=True, slots=True)
class Asked:
    """A report whose past is asked for; `peers` are the units of its unit's kind, itself among them."""

    form: str
    unit: str
    period: Period
    peers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Past:
    """Reports that are believed now, with their values.

    `reports` has a row a report: its number in the warehouse, codes of form, unit, period and stage, and when it came
    (UTC). `facts` has a row a value: `element` and `line` as in `program.submission.Fact`, `value` NaN where it is a text.
    """

    reports: "pd.DataFrame"
    facts: "pd.DataFrame"


def no_past() -> Past:
    """Return a past in which nothing was reported."""
    import pandas as pd  # noqa: PLC0415  (settings know a constant of this module, and need no pandas)

    return Past(pd.DataFrame(columns=list(REPORT_COLUMNS)), pd.DataFrame(columns=list(FACT_COLUMNS)))


def asked_of(readings: Iterable[Reading], units: UnitRegister) -> list[Asked]:
    """Return which reports' past these readings ask for; none for one whose form, unit or period nobody knows."""
    about = dict.fromkeys((r.form.code, r.unit_code, r.period) for r in readings if r.form and r.unit_code and r.period)
    kin: dict[tuple[UnitKind | None, date], frozenset[str]] = {}
    asked = []
    for form, unit, period in about:
        bearer = units.get(unit, period.end)
        key = (bearer.kind if bearer else None, period.end)
        if key not in kin:
            kin[key] = frozenset(u.code for u in units if u.kind is key[0] and u.is_valid_on(period.end))
        asked.append(Asked(form, unit, period, kin[key]))
    return asked


def line_elements(forms: Iterable[Form]) -> set[str]:
    """Return the columns of lists whose lines count as history: figures, and all that belongs to a line with a key."""
    return {
        column.name
        for form in forms
        for table in form.tables
        if table.kind == "list"
        for column in table.columns
        if column.type.is_numeric or table.key
    }
