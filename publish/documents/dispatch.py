"""The draft letter that asks units for what is late (công văn đôn đốc), with the list of units."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from program.calendar.period import Period
from program.calendar.stage import Stage
from program.pack.pack import Pack
from program.records.query_rows import ReportingRow
from program.records.report_state import ReportState
from program.records.reporting_rates import rates_of
from program.units.unit import UnitKind
from program.vietnamese import format_date
from publish.documents.fill import filled, template_of
from publish.documents.letterhead import letterhead
from publish.reports.awaited import AwaitedUnit, OpenReports

DISPATCH = "cong-van-don-doc.docx"
_LEVEL_NAMES = {
    UnitKind.DISTRICT: "Ủy ban nhân dân các huyện, thị xã, thành phố",
    UnitKind.COMMUNE: "Ủy ban nhân dân các xã, phường, đặc khu",
    UnitKind.PROVINCE: "Các phòng chuyên môn",
}


@dataclass(frozen=True, slots=True)
class _UnitText:
    """A line of the list: a unit, and what is awaited from it in words."""

    number: int
    name: str
    missing: str
    to_fix: str


def dispatch_bytes(
    awaited: OpenReports,
    reports: Sequence[ReportingRow],
    pack: Pack,
    day: date,
) -> bytes:
    """Return the draft letter: the pack's template, or ours.

    It asks the units of `awaited`. Number and symbol, signature and, where the office sets another,
    the last day are for the office to fill in.
    """
    rates = rates_of([row for row in reports if _is_open(row, pack, day)], day)
    kinds = sorted({each.unit.kind for each in awaited.units}, key=list(UnitKind).index)
    office = pack.correspondence.office
    within = pack.correspondence.mailing.answer_within_days
    values = letterhead(pack, day) | {
        "day": format_date(day),
        "program_name": pack.program.name,
        "receivers": [_LEVEL_NAMES[kind] for kind in kinds],
        "due": rates.expected,
        "accepted": rates.accepted,
        "missing": awaited.missing,
        "to_fix": awaited.to_fix,
        "units_awaited": len(awaited.units),
        "answer_by": format_date(pack.calendar.working_days.after(day, within)),
        "send_to": pack.correspondence.send_to,
        "office_contact": f"{office.name}, thư điện tử {office.email}",
        "units": [_unit_text(number, each) for number, each in enumerate(awaited.units, start=1)],
    }
    return filled(template_of(pack, DISPATCH), values)


def _is_open(row: ReportingRow, pack: Pack, day: date) -> bool:
    """Tell whether the unit of a report still exists on `day`."""
    unit = pack.unit_on(row.unit_code, row.period)
    return unit is not None and unit.is_valid_on(day)


def _unit_text(number: int, each: AwaitedUnit) -> _UnitText:
    return _UnitText(
        number,
        each.unit.name,
        _named(each, ReportState.MISSING),
        _named(each, ReportState.TO_FIX),
    )


def _named(each: AwaitedUnit, state: ReportState) -> str:
    """Return the reports in a state by form: "Báo cáo công trình: quý I năm 2024"."""
    periods: dict[str, list[tuple[date, str]]] = defaultdict(list)
    for report in each.reports:
        if report.state is state:
            period = Period.parse(report.row.period)
            stage = " (ước)" if report.row.stage is Stage.ESTIMATE else ""
            periods[report.title].append((period.end, f"{period.label_in_text}{stage}"))
    named = []
    for title in sorted(periods):
        labels = [label for _, label in sorted(periods[title])]
        named.append(f"{title}: {', '.join(labels)}")
    return "; ".join(named)
