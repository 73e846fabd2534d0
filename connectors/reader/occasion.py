"""When a workbook is about: its period and stage, as written above its tables; where nothing is written, as its template says.

What people read counts. A template of the first quarter that says "Quý 2" is a report of the second, and its sender is
asked whether that is meant.
"""

from dataclasses import dataclass

from connectors.reader.identity import Mention, at, mentions_of
from connectors.reader.recognition import Recognised
from program.delivery import Delivery
from program.finding import Problem
from program.form import Form
from program.marker import Marker
from program.period import Period
from program.stage import Stage, split_stage
from program.vietnamese import format_date


@dataclass(frozen=True, slots=True)
class Occasion:
    """The period and, as far as it is said, the stage that a workbook names, where, and what is wrong with them."""

    period: Period | None
    stage: Stage | None = None
    place: Mention | None = None
    problems: tuple[Problem, ...] = ()


def read_occasion(found: Recognised) -> Occasion:
    """Return the one period and stage that the workbook names. Every place that says it must say the same."""
    label, marker = found.form.identity.period, found.marker
    mentions = mentions_of(found, label)
    if not mentions:
        if marker is not None:
            return Occasion(Period.parse(marker.period), Stage(marker.stage))
        return Occasion(None, problems=(Problem("FORM-05", sheet=found.first_sheet, values={"label": label.label}),))
    staged = [split_stage(m.text) for m in mentions]
    first, stage = Period.read(staged[0].text), next((s.stage for s in staged if s.stage), None)
    for mention, (text, said) in zip(mentions, staged, strict=True):
        period = Period.read(text)
        if period is None:
            return Occasion(None, place=mention, problems=(at(mention, "FORM-05", label=label.label),))
        if period != first or said not in (None, stage):
            return Occasion(None, place=mention, problems=(at(mention, "FORM-10", other=mentions[0].text),))
    return Occasion(first, stage, mentions[0], tuple(_other_template(first, stage, mentions[0], found)))


def _other_template(period: Period | None, stage: Stage | None, place: Mention, found: Recognised) -> list[Problem]:
    """Return a question where the workbook was made from a template of another period or stage."""
    marker = found.marker
    if marker is None or period is None or (marker.period == period.code and stage in (None, Stage(marker.stage))):
        return []
    return [at(place, "FORM-26", made_for=found.form.label_of(Period.parse(marker.period), Stage(marker.stage)))]


def check_occasion(occasion: Occasion, form: Form, delivery: Delivery, first_sheet: str, *, in_force: bool) -> list[Problem]:
    """Return what is wrong with a period: not begun when the delivery came, none of this form's, final before its end.

    `in_force`: a version of the form exists for the period. What only the template says is told of the `first_sheet`.
    """
    period, problems = occasion.period, list[Problem]()
    if period is None:
        return []
    place = occasion.place or Mention(first_sheet, None, period.label)
    received = delivery.received_on
    if period.start > received:
        problems.append(at(place, "FORM-13", received=format_date(received)))
    if not in_force or period.kind not in form.periods:
        problems.append(at(place, "FORM-12"))
    if occasion.stage is not None and occasion.stage not in form.stages:
        problems.append(at(place, "FORM-28", stage=occasion.stage.label))
    elif occasion.stage is Stage.FINAL and len(form.stages) > 1 and period.start <= received <= period.end:
        problems.append(at(place, "FORM-35", received=format_date(received)))
    return problems


def stage_of(occasion: Occasion, form: Form, delivery: Delivery, marker: Marker | None) -> tuple[Stage, list[Problem]]:
    """Return the stage of a report: as written, else as its template says, else by the day it came, with a note of that.

    A year that has not ended when its report comes can only be an estimate.
    """
    if occasion.stage is not None:
        return occasion.stage, []
    if len(form.stages) == 1 or occasion.period is None:
        return form.stages[0], []
    if marker is not None and Stage(marker.stage) in form.stages:
        return Stage(marker.stage), []
    stage = Stage.ESTIMATE if delivery.received_on <= occasion.period.end else Stage.FINAL
    place = occasion.place
    values = {"stage": stage.label, "received": format_date(delivery.received_on)}
    return stage, [Problem("FORM-29", place.sheet if place else None, place.cell if place else None, None, values)]
