"""Reports for the second pack, `config/example-province`: a province that does not exist.

All figures are invented.

Usage: python -m examples.example_province
"""

from collections.abc import Iterator
from pathlib import Path

from program.calendar.period import Period
from program.calendar.stage import Stage
from program.pack.load import load_pack
from program.settings import ROOT
from publish.template.values import Cell, Values
from publish.template.workbook import write_template

PACK = ROOT / "config" / "example-province"
INBOX = Path(__file__).parent / "example-province-inbox"
Lines = dict[str, dict[str, Cell]]

_LAND: Lines = {
    "land": {"needed": 20, "met": 8, "land_spent_vnd": 410_500},
    "house": {"needed": 30, "met": 27, "land_spent_vnd": 1_200_000},
}
# Not the figures of its neighbour: HIS-08 warns about a copy of another unit's report.
_MORE_LAND: Lines = {
    "land": {"needed": 14, "met": 5, "land_spent_vnd": 265_000},
    "house": {"needed": 41, "met": 33, "land_spent_vnd": 1_470_000},
}
_TOO_MANY: Lines = {"land": {"needed": 20, "met": 28, "land_spent_vnd": 410_500}}
_READY: Lines = {"commune": {"plan_issued": "yes", "staff": 3}}
_NOT_READY: Lines = {"commune": {"plan_issued": "no", "staff": 2}}

# Form, unit, period, stage, table and lines. The third report is bad: it has more households
# supported than in need.
_REPORTS: tuple[tuple[str, str, str, Stage, str, Lines], ...] = (
    ("land", "00101", "2024-H1", Stage.FINAL, "needs", _LAND),
    ("land", "00102", "2024-H1", Stage.FINAL, "needs", _MORE_LAND),
    ("land", "00104", "2024-H2", Stage.FINAL, "needs", _TOO_MANY),
    ("readiness", "00101", "2024", Stage.ESTIMATE, "readiness", _READY),
    ("readiness", "00101", "2024", Stage.FINAL, "readiness", _NOT_READY),
    ("readiness", "00104", "2024", Stage.ESTIMATE, "readiness", _READY),
)


def build() -> Iterator[tuple[str, bytes]]:
    """Yield (path below the inbox, bytes) of each file."""
    pack = load_pack(PACK)
    for code, unit_code, period_code, stage, table, lines in _REPORTS:
        period = Period.parse(period_code)
        form = pack.form(code, period)
        unit = pack.units.get(unit_code, period.end)
        assert form is not None
        assert unit is not None
        remark = " ước" if stage is Stage.ESTIMATE else ""
        name = f"{unit_code}/{code} {period_code}{remark}.xlsx"
        yield name, write_template(form, unit, period, Values({table: lines}), stage=stage)


if __name__ == "__main__":
    for path, content in build():
        target = INBOX / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    print(f"{len(_REPORTS)} synthetic files below {INBOX.relative_to(ROOT)}")
