"""The one-page brief for the leaders: targets, money, training, reports."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from program.calendar.period import Period
from program.forms.measure import to_printed
from program.pack.catalogue import COMPARISON_WORDS
from program.pack.pack import Pack
from program.records.plan_rows import PlanRow
from program.records.query_rows import ProgressRow, ReportingRow
from program.records.reporting_rates import rates_of
from program.records.site_rows import DisbursementRow
from program.records.target_status import URGENT
from program.vietnamese import format_date, format_number
from publish.documents.fill import filled, template_of
from publish.documents.letterhead import letterhead
from publish.documents.plan_texts import SYNTHETIC_MARK, plan_texts, without_plan
from publish.reports.awaited import AwaitedUnit, OpenReports
from publish.site.tables.money import left_vnd, most_left, short_names
from publish.site.tables.plans import PlanGroup
from publish.site.tables.target_summary import TargetLine, status_counts
from publish.site.tables.training import TrainingAnswer
from warehouse.queries.report_facts import TrainingOfPeriod

BRIEF = "tom-tat.docx"
_SHOWN_TARGETS = 5
_SHOWN = 3
_BILLION = "tỷ đồng"


@dataclass(frozen=True, slots=True)
class BriefFacts:
    """What the brief is made of.

    `money_rows` are those of the period of `money`.
    """

    day: date
    targets: Sequence[TargetLine]
    money: DisbursementRow | None
    money_rows: Sequence[DisbursementRow]
    training: TrainingAnswer
    plans: Sequence[PlanGroup]
    reports: Sequence[ReportingRow]
    awaited: OpenReports


@dataclass(frozen=True, slots=True)
class _TargetText:
    """A line of the table of targets."""

    name: str
    figure: str
    target: str
    status: str


def brief_bytes(facts: BriefFacts, pack: Pack) -> bytes:
    """Return the brief as a Word document: the pack's template, or ours."""
    values = letterhead(pack, facts.day) | {
        "day": format_date(facts.day),
        "notice": pack.program.notice,
        "is_synthetic": _is_synthetic(facts),
        "targets_sentence": _targets_sentence(facts.targets),
        "targets": [_target_text(line) for line in _urgent(facts.targets)],
        "money_sentence": _money_sentence(facts.money),
        "slow_units": _slow_units(facts, pack),
        "money_left": _money_left(facts, pack),
        "plans": plan_texts(facts.plans),
        "without_plan": without_plan(facts.plans),
        "training_sentence": _training_sentence(facts.training),
        "reports_sentence": _reports_sentence(facts),
        "late_units": _late_units(facts.awaited.units),
    }
    return filled(template_of(pack, BRIEF), values)


def _targets_sentence(lines: Sequence[TargetLine]) -> str:
    counts = status_counts(lines)
    words = [f"{count} {status.label}" for status, count in counts.items()]
    unverified = sum(not line.is_verified for line in lines)
    doubt = ""
    if unverified:
        doubt = f" Trong đó {unverified} mục tiêu chưa đối chiếu văn bản gốc, đánh dấu (*)."
    return f"{len(lines)} chỉ tiêu có mục tiêu: {'; '.join(words)}.{doubt}"


def _urgent(lines: Sequence[TargetLine]) -> list[TargetLine]:
    urgent = [line for line in lines if line.status in URGENT]
    urgent.sort(key=lambda line: URGENT.index(line.status))
    return urgent[:_SHOWN_TARGETS]


def _target_text(line: TargetLine) -> _TargetText:
    row = line.row
    if row is None:
        return _TargetText(line.indicator.name, "", "", line.status.label)
    measured = row.actual if row.measured is None else row.measured
    doubt = "; cần kiểm tra" if row.is_flagged else ""
    period = Period.parse(row.period).short_label
    figure = f"{_printed(line, measured)} ({period}; {_coverage(row)}{doubt}{_invented(row)})"
    mark = "" if line.is_verified else " (*)"
    comparison = COMPARISON_WORDS[row.comparison] if row.comparison else ""
    target = f"{comparison} {_printed(line, row.target)}{mark}"
    return _TargetText(line.indicator.name, figure, target.strip(), line.status.label)


def _printed(line: TargetLine, value: float | None) -> str:
    if value is None:
        return ""
    number = format_number(line.indicator.printed(value), decimals=line.indicator.decimals)
    unit = line.indicator.unit
    return f"{number}{unit}" if unit.startswith("%") else f"{number} {unit}"


def _coverage(row: ProgressRow | DisbursementRow | TrainingOfPeriod) -> str:
    """Return of how many units a figure is: n/m."""
    if row.basis == "reported":
        return "tỉnh báo cáo"
    return f"{row.reported}/{row.expected} đơn vị"


def _money_sentence(money: DisbursementRow | None) -> str:
    if money is None or money.plan_vnd is None or money.disbursed_vnd is None:
        return "Chưa có số liệu giải ngân."
    period = Period.parse(money.period).label_in_text
    rate = "" if money.rate is None else f", đạt {format_number(money.rate, decimals=1)}%"
    return (
        f"Lũy kế đến hết {period}: giải ngân {_billions(money.disbursed_vnd)} trên kế hoạch "
        f"{_billions(money.plan_vnd)}{rate} ({_coverage(money)}{_invented(money)})."
    )


def _slow_units(facts: BriefFacts, pack: Pack) -> str:
    """Return the units with the lowest rates, in words; "" where nobody reported money."""
    totals = [
        row
        for row in facts.money_rows
        if (row.basis, row.project_code, row.source) == ("reported", "total", "total")
    ]
    with_rates = [row for row in totals if row.rate is not None]
    with_rates.sort(key=lambda row: (row.rate or 0, row.unit_code))
    period = facts.money.period if facts.money else None
    named = []
    for row in with_rates[:_SHOWN]:
        unit = pack.unit_on(row.unit_code, period)
        if unit is not None and unit != pack.province:
            named.append(f"{unit.name} {format_number(row.rate or 0, decimals=1)}%")
    return "; ".join(named)


def _money_left(facts: BriefFacts, pack: Pack) -> str:
    """Return the projects of which most money is left, in words."""
    if facts.money is None:
        return ""
    names = short_names(facts.money.period, pack)
    of_province = [
        row
        for row in facts.money_rows
        if (row.unit_code, row.basis) == (pack.program.province, facts.money.basis)
    ]
    left = most_left(of_province, pack)[:_SHOWN]
    return "; ".join(f"{names[project.code]}: {_billions(left_vnd(row))}" for project, row in left)


def _training_sentence(training: TrainingAnswer) -> str:
    """Return the last period and the year beside its plan, each with what it stands for."""
    sentences = []
    if training.latest is not None:
        sentences.append(_latest_training(training.latest))
    if training.of_year is not None:
        sentences.append(_training_of_year(training.of_year))
    return " ".join(sentences) or "Chưa có số liệu đào tạo, tập huấn."


def _latest_training(training: TrainingOfPeriod) -> str:
    counted = []
    if training.classes is not None:
        counted.append(f"{format_number(training.classes, decimals=0)} lớp")
    if training.participants is not None:
        counted.append(f"{format_number(training.participants, decimals=0)} người tham dự")
    if training.women_percent is not None:
        counted.append(f"nữ {format_number(training.women_percent, decimals=1)}%")
    if training.ethnic_minority_percent is not None:
        counted.append(f"người DTTS {format_number(training.ethnic_minority_percent, decimals=1)}%")
    period = Period.parse(training.period).label_in_text
    coverage = f"{_coverage(training)}{_invented(training)}"
    return f"Kỳ gần nhất, {period}: {', '.join(counted)} ({coverage})."


def _training_of_year(group: PlanGroup) -> str:
    results = []
    for line in group.headlines:
        if line.result is not None:
            planned = "" if line.plan is None else f"/{format_number(line.plan, decimals=0)}"
            measure = line.row.measure or line.label.lower()
            doubt = " (cần kiểm tra)" if line.row.doubtful else ""
            done = format_number(line.result, decimals=0)
            results.append(f"{done}{planned} {measure}{doubt}")
    by = (
        "tỉnh báo cáo"
        if group.basis == "reported"
        else f"{group.reported}/{group.expected} báo cáo"
    )
    invented = f"; {SYNTHETIC_MARK}" if any(line.row.is_synthetic for line in group.lines) else ""
    result = f"{', '.join(results)} ({by}{invented})" if results else "chưa có kết quả"
    return f"Cả năm {group.year}, so với kế hoạch năm: {result}{_without_planned(group)}."


def _without_planned(group: PlanGroup) -> str:
    if group.has_plan:
        return ""
    return "; kế hoạch không nêu số" if group.is_plan_known else "; chưa có kế hoạch"


def _reports_sentence(facts: BriefFacts) -> str:
    rates = rates_of(facts.reports, facts.day)
    if not rates.expected:
        return "Chưa có báo cáo nào đến hạn."
    awaited = facts.awaited
    sentence = (
        f"Đến hạn {rates.expected} báo cáo: đã gửi {rates.actual} ({_percent(rates.rate)}), "
        f"đúng hạn {rates.on_time} ({_percent(rates.on_time_rate)}), đạt {rates.accepted}. "
        f"Còn chờ {len(awaited.units)} đơn vị: {awaited.missing} báo cáo chưa gửi, "
        f"{awaited.to_fix} chờ sửa."
    )
    if awaited.of_ended:
        sentence += f" Ngoài ra còn {awaited.ended_words}."
    return sentence


def _percent(rate: float | None) -> str:
    return "" if rate is None else f"{format_number(rate, decimals=1)}%"


def _late_units(awaited: Sequence[AwaitedUnit]) -> str:
    """Return the units that most is awaited from, and how many others there are."""
    named = [f"{each.unit.name} ({len(each.reports)} báo cáo)" for each in awaited[:_SHOWN]]
    others = awaited[_SHOWN:]
    if others:
        reports = sum(len(each.reports) for each in others)
        named.append(f"và {len(others)} đơn vị khác ({reports} báo cáo)")
    return "; ".join(named)


def _billions(vnd: float) -> str:
    return f"{format_number(to_printed(vnd, _BILLION), decimals=1)} {_BILLION}"


def _invented(row: ProgressRow | DisbursementRow | TrainingOfPeriod) -> str:
    return f"; {SYNTHETIC_MARK}" if row.is_synthetic else ""


def _is_synthetic(facts: BriefFacts) -> bool:
    """Tell whether any figure of the brief is invented for a sample."""
    rows: list[ProgressRow | DisbursementRow | TrainingOfPeriod | PlanRow | None] = [
        facts.money,
        facts.training.latest,
    ]
    rows += [line.row for line in facts.targets]
    for group in facts.plans:
        rows += [line.row for line in group.headlines]
    return any(row is not None and row.is_synthetic for row in rows)
