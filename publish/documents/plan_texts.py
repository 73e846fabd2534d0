"""The brief's table of plans beside their results, in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from program.vietnamese import format_date, format_number
from publish.site.tables.plans import PlanGroup, PlanLine

_MONEY_FORM = "disbursement"
"""Its plan is a sentence of the brief already."""
SYNTHETIC_MARK = "GL"
"""Beside invented figures; a note of the brief explains it."""
_MOST_LINES = 4
"""The brief is one page."""


@dataclass(frozen=True, slots=True)
class PlanText:
    """A line of the table: what is planned, how much, and what was done, each with its coverage."""

    name: str
    plan: str
    result: str
    percent: str


def plan_texts(groups: Sequence[PlanGroup]) -> list[PlanText]:
    """Return the first figures of each form that have a plan, with how many units gave them."""
    texts: list[PlanText] = []
    for group in groups:
        if _form_of(group) != _MONEY_FORM:
            texts += [_text(group, line) for line in group.headlines if line.plan is not None]
    return texts[:_MOST_LINES]


def without_plan(groups: Sequence[PlanGroup]) -> str:
    """Return of which forms no planned figure is known, and why, in words; "" if there is none."""
    planned = {_year_of(group) for group in groups if any(line.row.plans for line in group.lines)}
    awaited: dict[tuple[str, int], PlanGroup] = {}
    for group in groups:
        if group.has_plan_form and _year_of(group) not in planned:
            # The province's own plan, where it has one, comes before sums without any.
            kept = awaited.setdefault(_year_of(group), group)
            awaited[_year_of(group)] = kept if kept.document else group
    return "; ".join(_gap(group) for group in awaited.values())


def _gap(group: PlanGroup) -> str:
    about = f"{_subject(group)}, {_source(group)}"
    is_silent = any(line.row.status == "plan_unknown" for line in group.lines)
    return f"{about} không nêu số" if is_silent else f"{about}: chưa có kế hoạch"


def _form_of(group: PlanGroup) -> str:
    return group.lines[0].row.form_code


def _year_of(group: PlanGroup) -> tuple[str, int]:
    return _form_of(group), group.year


def _subject(group: PlanGroup) -> str:
    """Return what a form is about: "Báo cáo công trình" is about "công trình"."""
    return group.title.removeprefix("Báo cáo ")


def _text(group: PlanGroup, line: PlanLine) -> PlanText:
    measure = f" ({line.row.measure})" if line.row.measure else ""
    subject = _subject(group)
    # "Công trình hoàn thành" needs no "công trình" after it: each line of a page counts.
    about = "" if subject in line.label.lower() else f" – {subject}"
    percent = line.row.percent
    return PlanText(
        name=f"{line.label}{measure}{about}, {_source(group)}",
        plan=_plan(line),
        result=_result(line),
        percent="" if percent is None else f"{format_number(percent, decimals=1)}%",
    )


def _source(group: PlanGroup) -> str:
    """Return the year, and the plan's number and date where the province's own plan has them."""
    document = group.document
    if document is None:
        return f"năm {group.year}"
    dated = f" ngày {format_date(document.plan_date)}" if document.plan_date else ""
    return f"năm {group.year}, kế hoạch số {document.plan_number}{dated}"


def _plan(line: PlanLine) -> str:
    if line.plan is None:
        return ""
    row = line.row
    by = "tỉnh" if row.basis == "reported" else f"{row.plans}/{row.units} đơn vị"
    return f"{format_number(line.plan, decimals=1)} ({by})"


def _result(line: PlanLine) -> str:
    if line.result is None:
        return "chưa có kết quả"
    row = line.row
    by = "tỉnh" if row.basis == "reported" else f"{row.reported}/{row.expected} báo cáo"
    notes = [by]
    if row.doubtful:
        notes.append("cần kiểm tra")
    if row.is_synthetic:
        notes.append(SYNTHETIC_MARK)
    return f"{format_number(line.result, decimals=1)} ({'; '.join(notes)})"
