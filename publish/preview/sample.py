"""What the sample mails speak of: a report that the pack's calendar asks for, its blank workbook, and invented findings."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml

from program.errors import ConfigurationError
from program.finding import Finding, Severity
from program.limits import DEFAULT_LIMITS
from program.pack import Pack
from program.schedule import Obligation, obligations
from publish.marking.attaching import Attachment
from publish.marking.marked import mark
from publish.marking.names import marked_name
from publish.marking.order import Order, Report
from publish.marking.shelf import Link
from publish.marking.words import words_of
from publish.template import write_template

_FINDINGS = Path(__file__).parents[1] / "templates" / "mail" / "preview.yaml"
_MOST = 4


@dataclass(frozen=True, slots=True)
class Sample:
    """A report with its file, the same report of a few other units, and findings by what they show."""

    owed: Obligation
    same: tuple[Obligation, ...]
    content: bytes
    findings: dict[str, tuple[Finding, ...]]

    @property
    def name(self) -> str:
        """What its sender called the file."""
        return f"Báo cáo {self.owed.period.code}.xlsx"


def sample_of(pack: Pack, today: date) -> Sample:
    """Return the sample of a pack. Raises ConfigurationError where it asks nobody for a report whom it can write to."""
    asked = [each for each in obligations(pack.calendar, pack.units, today) if each.unit_code in pack.correspondence.units]
    for owed in asked:
        form, unit = pack.form(owed.form_code, owed.period), pack.unit_on(owed.unit_code, owed.period.code)
        if form is not None and unit is not None:
            content = write_template(form, unit, owed.period, stage=owed.stage)
            texts = yaml.safe_load(_FINDINGS.read_text(encoding="utf-8"))
            findings = {key: tuple(_finding(each, form.tables[0].sheet) for each in group) for key, group in texts.items()}
            report = (owed.form_code, owed.period, owed.stage)
            same = (each for each in asked if (each.form_code, each.period, each.stage) == report)
            return Sample(owed, tuple(same)[:_MOST], content, findings)
    raise ConfigurationError(f"{pack.folder}/calendar.yaml: no unit with a contact owes a report; there is nothing to show")


def marked_sample(sample: Sample, delivery: int) -> Attachment:
    """Return the sample's workbook, marked, as the file of a delivery."""
    name = marked_name(sample.name, words_of("vi").suffix)
    order = Order(sample.content, sample.name, (Report(sample.name, sample.findings["worst"]),))
    return Attachment(name, sample.name, mark(order, None, DEFAULT_LIMITS), delivery)


def linked_sample(marked: Attachment, day: date) -> Attachment:
    """Return the marked workbook as it goes where it is too large for a mail: by a link, which leads nowhere."""
    link = Link(f"https://bao-cao.example/danh-dau/{'0' * 64}/{quote(marked.name)}", day + timedelta(days=30))
    return replace(marked, content=None, link=link)


def with_deadlines(pack: Pack) -> Pack:
    """Return the pack as if somebody had said each of its deadlines: placeholders too show where a letter tells them."""
    known = (duty.model_copy(update={"due": duty.due.model_copy(update={"source": "preview"})}) for duty in pack.calendar.duties)
    return replace(pack, calendar=pack.calendar.model_copy(update={"duties": tuple(known)}))


def working_day_from(pack: Pack, day: date, days: int) -> date:
    """Return the day so many working days after `day`, or before it where `days` is negative."""
    working, step = pack.calendar.working_days, timedelta(days=1 if days > 0 else -1)
    while days:
        day += step
        days -= (1 if days > 0 else -1) * working.is_working(day)
    return day


def _finding(values: dict[str, Any], sheet: str) -> Finding:
    return Finding(**values | {"severity": Severity(values["severity"]), "sheet": sheet if "cell" in values else None})
