"""When a workbook is about: its period and stage.

They are written above the tables behind a label. Where nothing is written, the template's marker
says them, and without a marker a title: "Báo cáo giải ngân quý II năm 2025". What
people read counts: a template of the first quarter that says "Quý 2" is a report of the second
quarter, and its sender is asked whether that is meant.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from connectors.reader.find.recognition import Recognised
from connectors.reader.find.unit_cell import Mention, at, mentions_of, title_parts, titles_of
from program.calendar.period import Period
from program.calendar.stage import Stage, split_stage
from program.delivery import Delivery
from program.finding import ReaderFinding
from program.forms.form import Form
from program.forms.template_marker import TemplateMarker
from program.labels import fold
from program.vietnamese import format_date

# The years of the Program, as its name has them, say nothing of a report's period.
_PHASE = re.compile(
    r"\bgiai doan (?:[ivx]+ )?(?:tu )?(?:nam )?20[0-9]{2} (?:den )?(?:nam )?20[0-9]{2}\b"
)
# What follows is what the figures are compared with: "quý III năm 2025 so với quý III năm 2024".
_COMPARED = re.compile(r"\b(?:so (?:voi|sanh|cung)|cung ky)\b")
# A day is no period of a report, but for the first and the last one of a span.
_OTHER_TIMES = re.compile(rf"\b(?:ngay|giai doan)\b|{_COMPARED.pattern}")
# "Báo cáo năm 2024, lũy kế đến 30/9/2024" is no report of the whole year.
_UNTIL = re.compile(r"\b(?:den|toi) (?:het )?(?:(?:ngay|thang|quy) )?(?:[0-9]+|[ivx]+)\b")
# A period in a title begins with one of these words; a year alone may be any number.
_OPENS_PERIOD = re.compile(
    r"(?:tu|quy|q|thang|nam|ca nam|nien do|[0-9]+ thang|sau thang|nua) ?[0-9ivx]*\b"
)
# "9 tháng đầu năm 2024", "Quý III và quý IV năm 2024", "ngày 5 tháng 1 năm 2025": the last words
# alone mean something else. "Đầu tư năm 2024" is no span that begins in 2024.
_GOES_ON_BEFORE = re.compile(
    r"(?:^| )(?:dau|cuoi|va|den|toi|het|(?<!dau )tu|ngay|thang|quy|ky|[0-9]+|[ivx]+)$"
)


@dataclass(frozen=True, slots=True)
class ReportedPeriod:
    """The period and stage that a workbook names.

    Attributes:
        period: None if none can be read.
        stage: None if none is written.
        place: the first mention of the period; None if only the template's marker says it.
        problems: what is wrong with the mentions.
    """

    period: Period | None
    stage: Stage | None = None
    place: Mention | None = None
    problems: tuple[ReaderFinding, ...] = ()


def read_period(found: Recognised) -> ReportedPeriod:
    """Return the one period and stage that the workbook names. All places must say the same."""
    label = found.form.identity.period
    mentions = mentions_of(found, label)
    if not mentions:
        return _occasion_of_marker(found)
    first_mention = mentions[0]
    staged = [split_stage(mention.text) for mention in mentions]
    first = Period.read(staged[0].text)
    # A place that names no stage does not contradict one that does.
    stages = [each.stage for each in staged if each.stage]
    stage = stages[0] if stages else None
    for mention, (text, own_stage) in zip(mentions, staged, strict=True):
        period = Period.read(text)
        if period is None:
            problem = at(mention, "FORM-05", label=label.label)
            return ReportedPeriod(None, place=mention, problems=(problem,))
        if period != first or own_stage not in (None, stage):
            problem = at(mention, "FORM-10", other=first_mention.text)
            return ReportedPeriod(None, place=mention, problems=(problem,))
    problems = _template_problems(first, stage, first_mention, found)
    return ReportedPeriod(first, stage, first_mention, tuple(problems))


def _occasion_of_marker(found: Recognised) -> ReportedPeriod:
    """Return the period and stage that the template's marker names; without one, the titles."""
    marker = found.marker
    if marker is not None:
        return ReportedPeriod(Period.parse(marker.period), Stage(marker.stage))
    titled = list(_periods_in_titles(found))
    periods = {each.period for each in titled}
    stages = {each.stage for each in titled if each.stage is not None}
    # Titles that name two periods leave a choice that only the sender can make.
    if len(periods) == 1 and len(stages) <= 1:
        return replace(titled[0], stage=next(iter(stages), None))
    values = {"label": found.form.identity.period.label}
    problem = ReaderFinding("FORM-05", sheet=found.first_sheet, values=values)
    return ReportedPeriod(None, problems=(problem,))


def _periods_in_titles(found: Recognised) -> Iterator[ReportedPeriod]:
    """Yield each period of the form's kinds that a title above the tables ends with.

    A part of a title may end with a period too: "Quý II/2025 – Huyện Kế Sách".
    """
    for title in titles_of(found):
        for each in (title.text, *_parts_alone(title.text)):
            text, stage = split_stage(each)
            period = _period_at_end(text)
            if period is not None and period.kind in found.form.periods:
                note = at(title, "FORM-55", read_as=period.label)
                yield ReportedPeriod(period, stage, title, (note,))


def _parts_alone(title: str) -> Iterator[str]:
    """Yield the parts of a title that mean the same without what stands before them.

    None does where the title also says until when its figures are. The year of "ngày … tháng …,
    năm 2025" is a day's, and that of "giai đoạn từ năm 2021 – năm 2025" ends the Program.
    """
    folded = fold(title)
    if _UNTIL.search(folded):
        return
    for part in title_parts(title):
        before, _, _ = folded.partition(fold(part))
        if not _OTHER_TIMES.search(_PHASE.sub("", before)):
            yield part


def _period_at_end(text: str) -> Period | None:
    """Return the period that the last words of a text name; None where they go on before it."""
    own_words = _COMPARED.split(fold(text), maxsplit=1)[0]
    words = _PHASE.sub("", own_words).split()
    for first in range(len(words)):
        rest = " ".join(words[first:])
        if not _OPENS_PERIOD.match(rest):
            continue
        period = Period.read(rest)
        if period is None:
            continue
        before = " ".join(words[:first])
        goes_on = _GOES_ON_BEFORE.search(before) or _OTHER_TIMES.search(before)
        # "Quý IV/2024 (từ ngày 01/10/2024 đến ngày 31/12/2024)" says one period in two ways.
        if goes_on and _period_at_end(before) != period:
            return None
        return period
    return None


def _template_problems(
    period: Period | None, stage: Stage | None, place: Mention, found: Recognised
) -> list[ReaderFinding]:
    """Return a problem where the template was made for another period or stage."""
    marker = found.marker
    if marker is None or period is None:
        return []
    made_for_stage = Stage(marker.stage)
    if marker.period == period.code and stage in (None, made_for_stage):
        return []
    made_for = found.form.label_of(Period.parse(marker.period), made_for_stage)
    return [at(place, "FORM-26", made_for=made_for)]


def check_period(
    occasion: ReportedPeriod, form: Form, delivery: Delivery, first_sheet: str, *, in_force: bool
) -> list[ReaderFinding]:
    """Return what is wrong with a period and stage.

    The period may begin after the delivery came, or be none of this form's. The stage may be none
    of this form's, or be final before the period ends. `in_force`: a version of the form exists
    for the period. A problem with what only the marker says is reported on `first_sheet`.
    """
    period = occasion.period
    if period is None:
        return []
    problems: list[ReaderFinding] = []
    place = occasion.place or Mention(first_sheet, None, period.label)
    received = delivery.received_on
    # A plan is made before its year.
    if period.start > received and form.plan_of is None:
        problems.append(at(place, "FORM-13", received=format_date(received)))
    if not in_force or period.kind not in form.periods:
        problems.append(at(place, "FORM-12"))
    stage = occasion.stage
    # A form with one stage has no estimates. Its report may come before the period ends.
    has_estimates = len(form.stages) > 1
    is_running = period.start <= received <= period.end
    if stage is not None and stage not in form.stages:
        problems.append(at(place, "FORM-28", stage=stage.label))
    elif stage is Stage.FINAL and has_estimates and is_running:
        # A period that has not ended can only be estimated.
        problems.append(at(place, "FORM-35", received=format_date(received)))
    return problems


def stage_of(
    occasion: ReportedPeriod, form: Form, delivery: Delivery, marker: TemplateMarker | None
) -> tuple[Stage, list[ReaderFinding]]:
    """Return the stage of a report, with a note if nothing in the workbook says it (FORM-29).

    It is as written, else as the template says. Else the day of arrival decides: a period that has
    not ended when its report comes can only be an estimate.
    """
    if occasion.stage is not None:
        return occasion.stage, []
    # Where the form leaves no choice, there is nothing to note.
    if len(form.stages) == 1 or occasion.period is None:
        return form.stages[0], []
    if marker is not None and Stage(marker.stage) in form.stages:
        return Stage(marker.stage), []
    received = delivery.received_on
    stage = Stage.FINAL
    if received <= occasion.period.end:
        stage = Stage.ESTIMATE
    values = {"stage": stage.label, "received": format_date(received)}
    place = occasion.place
    if place is None:
        return stage, [ReaderFinding("FORM-29", values=values)]
    return stage, [ReaderFinding("FORM-29", place.sheet, place.cell, None, values)]
