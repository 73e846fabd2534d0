"""The report that sample mails are about: due by the pack's calendar, with invented findings."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import TypeAlias
from urllib.parse import quote

from program.calendar.schedule import Obligation, obligations
from program.errors import ConfigurationError
from program.finding import Finding
from program.limits import DEFAULT_LIMITS
from program.pack.pack import Pack
from program.pack.yaml_file import Model, load_model
from publish.marking.download_links import Link
from publish.marking.file_names import marked_name
from publish.marking.letter_attachments import Attachment
from publish.marking.mark import mark
from publish.marking.request import MarkedReport, MarkRequest
from publish.marking.texts import marking_texts
from publish.template.workbook import write_template

_FINDINGS = Path(__file__).parents[1] / "templates" / "mail" / "preview.yaml"
_MOST_UNITS = 4
_LINK_FOLDER = f"https://bao-cao.example/danh-dau/{'0' * 64}"
_LINK_DAYS = 30


class SampleFinding(Model):
    """An invented finding: a rule, and the values of the placeholders in its words.

    `cell` is on the first sheet of the sample; None stands for the whole file.
    """

    rule: str
    cell: str | None = None
    value: str = ""
    case: str | None = None
    values: dict[str, str]
    waived_by: str = ""


WordFinding: TypeAlias = Callable[[SampleFinding, str], Finding]
"""Returns an invented finding on a sheet in the words of its rule."""


class _SampleFile(Model):
    worst: tuple[SampleFinding, ...]
    unreadable: tuple[SampleFinding, ...]
    waived: tuple[SampleFinding, ...]
    refusal: str


@dataclass(frozen=True, slots=True)
class SampleFindings:
    """Invented findings: one for each thing that a sample mail must show.

    `refusal` is an invented reason of an office that accepts no explanation.
    """

    worst: tuple[Finding, ...]
    unreadable: tuple[Finding, ...]
    waived: tuple[Finding, ...]
    refusal: str


@dataclass(frozen=True, slots=True)
class Sample:
    """A report with its file and findings. `same` is the same report of a few units."""

    obligation: Obligation
    same: tuple[Obligation, ...]
    content: bytes
    findings: SampleFindings

    @property
    def name(self) -> str:
        """The name of the file as its sender wrote it."""
        return f"Báo cáo {self.obligation.period.code}.xlsx"


def sample_of(pack: Pack, today: date, word: WordFinding) -> Sample:
    """Return the sample of a pack: the first report that is due from a unit with a contact.

    `word` gives its findings the words of the rules.

    Raises ConfigurationError if there is none.
    """
    contacts = pack.correspondence.units
    due = obligations(pack.calendar, pack.units, today)
    reachable = [each for each in due if each.unit_code in contacts]
    for obligation in reachable:
        form = pack.form(obligation.form_code, obligation.period)
        unit = pack.unit_on(obligation.unit_code, obligation.period.code)
        if form is not None and unit is not None:
            return Sample(
                obligation=obligation,
                same=_same_report(obligation, reachable),
                content=write_template(
                    form,
                    unit,
                    obligation.period,
                    stage=obligation.stage,
                ),
                findings=_load_findings(form.tables[0].sheet, word),
            )
    raise ConfigurationError(
        f"{pack.folder}/calendar.yaml: no unit with a contact has a report to send;"
        " there is nothing to show"
    )


def _same_report(obligation: Obligation, due: Sequence[Obligation]) -> tuple[Obligation, ...]:
    """Return the obligations of a few units for the same form, period and stage."""
    report = (obligation.form_code, obligation.period, obligation.stage)
    same = [each for each in due if (each.form_code, each.period, each.stage) == report]
    return tuple(same[:_MOST_UNITS])


def _load_findings(sheet: str, word: WordFinding) -> SampleFindings:
    samples = load_model(_FINDINGS, _SampleFile)
    return SampleFindings(
        worst=tuple(word(sample, sheet) for sample in samples.worst),
        unreadable=tuple(word(sample, sheet) for sample in samples.unreadable),
        waived=tuple(word(sample, sheet) for sample in samples.waived),
        refusal=samples.refusal,
    )


def marked_sample(sample: Sample, pack: Pack, delivery: int) -> Attachment:
    """Return the sample's marked workbook as the attachment of a delivery."""
    name = marked_name(sample.name, marking_texts("vi").suffix)
    report = MarkedReport(sample.name, sample.findings.worst)
    content = mark(MarkRequest(sample.content, sample.name, (report,)), pack, DEFAULT_LIMITS)
    return Attachment(name, sample.name, content, delivery)


def linked_sample(marked: Attachment, day: date) -> Attachment:
    """Return the marked workbook as a mail shows one that is too large: by an invented link."""
    url = f"{_LINK_FOLDER}/{quote(marked.name)}"
    link = Link(url, until=day + timedelta(days=_LINK_DAYS))
    return replace(marked, content=None, link=link)


def with_deadlines(pack: Pack) -> Pack:
    """Return the pack with all its deadlines confirmed.

    Real letters leave out a deadline that is still a placeholder; samples show where it is printed.
    """
    confirmed = []
    for duty in pack.calendar.duties:
        due = duty.due.model_copy(update={"source": "preview"})
        confirmed.append(duty.model_copy(update={"due": due}))
    calendar = pack.calendar.model_copy(update={"duties": tuple(confirmed)})
    return replace(pack, calendar=calendar)


def working_day_from(pack: Pack, day: date, days: int) -> date:
    """Return the day that is `days` working days after `day`; before it where negative."""
    one_day = timedelta(days=1)
    step = one_day if days > 0 else -one_day
    working_days_left = abs(days)
    while working_days_left:
        day += step
        if pack.calendar.working_days.is_working(day):
            working_days_left -= 1
    return day
