"""Blank workbooks of a pack: for which report, what they offer and say, and their file names."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from program.calendar.period import Period
from program.calendar.schedule import Obligation
from program.calendar.stage import Stage
from program.forms.form import Form
from program.labels import fold
from program.pack.pack import Pack
from program.units.unit import Unit, UnitKind
from publish.template.values import Sending
from publish.template.workbook import write_template

_TYPES = re.compile(r"^(?:Tỉnh|Thành phố|Huyện|Thị xã|Quận|Phường|Xã|Thị trấn) ")


@dataclass(frozen=True, slots=True)
class TemplateRequest:
    """A workbook to write: its form, unit, period and stage.

    `communes` are the communes that its drop-downs offer. `sending` is what it says of deadline,
    place and contact.
    """

    form: Form
    unit: Unit
    period: Period
    stage: Stage
    communes: tuple[Unit, ...]
    sending: Sending

    @property
    def path(self) -> Path:
        """The workbook's path below the folder of all templates.

        It has ASCII letters only, because some systems and zip tools break Vietnamese names:
        942-chau-thanh/942-2024-uoc-thuc-hien-bao-cao-muc-tieu.xlsx
        """
        unit = self.unit
        parts = [unit.code, self.period.code]
        # A form with one stage needs no word for it.
        if len(self.form.stages) > 1:
            parts.append(_ascii_words(self.stage.label))
        parts.append(_ascii_words(self.form.short_title))
        file_name = "-".join(parts)
        name_without_type = _TYPES.sub("", unit.name)
        folder = f"{unit.code}-{_ascii_words(name_without_type)}"
        return Path(folder) / f"{file_name}.xlsx"

    def __str__(self) -> str:
        period = self.form.label_of(self.period, self.stage)
        return f"{self.form.short_title} – {self.unit.name} – {period}"

    def write(self) -> bytes:
        """Return the blank workbook; the same request gives the same bytes."""
        return write_template(
            self.form,
            self.unit,
            self.period,
            stage=self.stage,
            communes=self.communes,
            sending=self.sending,
        )


def request_of(pack: Pack, form: Form, unit: Unit, period: Period, stage: Stage) -> TemplateRequest:
    """Return the request for a report.

    Its drop-downs offer the communes directly below the unit, or the unit itself if it is one.
    """
    communes: Iterable[Unit]
    if unit.kind is UnitKind.COMMUNE:
        communes = (unit,)
    else:
        children = pack.units.children(unit.code, period.end)
        communes = (child for child in children if child.kind is UnitKind.COMMUNE)
    sending = _sending(pack, form, unit, period, stage)
    return TemplateRequest(form, unit, period, stage, tuple(communes), sending)


def _sending(pack: Pack, form: Form, unit: Unit, period: Period, stage: Stage) -> Sending:
    report = (form.code, stage, unit.kind, period)
    return Sending(
        office=pack.correspondence.office,
        deadline=pack.calendar.planned(*report),
        is_planned=not pack.calendar.is_deadline_known(*report),
        place=pack.correspondence.send_to,
    )


def due_request(pack: Pack, obligation: Obligation) -> TemplateRequest | None:
    """Return the request for a due report; None where no form or unit is valid for it."""
    period = obligation.period
    # An estimate is due before its period ends: the unit may no longer exist at the end.
    is_estimate = obligation.stage is Stage.ESTIMATE
    day = obligation.due_date if is_estimate else period.end
    form = pack.form(obligation.form_code, period)
    unit = pack.units.get(obligation.unit_code, day)
    if form is None or unit is None:
        return None
    return request_of(pack, form, unit, period, obligation.stage)


def _ascii_words(text: str) -> str:
    """Return the words of a text in lower-case ASCII, joined by hyphens."""
    return fold(text).replace(" ", "-")
