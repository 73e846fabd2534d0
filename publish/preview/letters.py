"""A letter of each kind about the sample."""

from dataclasses import replace
from datetime import UTC, date, datetime, time

from program.contact import Contact
from program.finding import Finding, Severity
from program.letter import Letter, Notice, NoticeKind, Reminder, ReportName
from program.pack import Pack
from program.schedule import Obligation
from program.submission import Verdict
from publish.preview.sample import Sample, working_day_from

DELIVERY = 1
"""The number of the sample's file; only its own letters have it attached."""
_SENT = -2
"""On which working day the sample was sent, and judged: so many before its deadline."""


def sample_letters(sample: Sample, pack: Pack) -> dict[str, Letter]:
    """Return a letter of each kind by its name, in the order of a report's life."""
    worst, due, people = sample.findings["worst"], sample.owed.due_date, pack.correspondence
    day = working_day_from(pack, due, _SENT)
    questions = tuple(finding for finding in worst if finding.severity is Severity.WARNING)
    bad = _notice(sample, day, Verdict.QUARANTINED, *worst)
    asked, good = _notice(sample, day, Verdict.ACCEPTED_WITH_WARNINGS, *questions), _notice(sample, day, Verdict.ACCEPTED)
    scan = _notice(sample, day, Verdict.UNREADABLE, *sample.findings["unreadable"])
    scan = replace(scan, submission_id=2, form_code=None, period=None, delivery_id=DELIVERY + 1)
    overruled = replace(good, findings=sample.findings["overruled"], kind=NoticeKind.OVERRULED)
    told = {
        "due-soon": _reminding(sample, pack, -3),
        "due-today": _reminding(sample, pack, 0),
        "late": _reminding(sample, pack, 3),
        "late-to-office": _reminding(sample, pack, 7, people.office),
        "late-to-leader": _reminding(sample, pack, 15, people.leader),
        "received": _letter(sample, pack, day, good),
        "needs-fixing": _letter(sample, pack, day, bad),
        "not-read": _letter(sample, pack, day, scan),
        "several": _letter(sample, pack, day, bad, scan),
        "too-large": _letter(sample, pack, day, bad),
        "in-part": _letter(sample, pack, day, replace(asked, findings=worst)),
        "please-check": _letter(sample, pack, day, asked),
        "to-compare": _letter(sample, pack, day, replace(asked, findings=questions[:1], kind=NoticeKind.COMPARED)),
        "still-open": _letter(sample, pack, working_day_from(pack, due, 5), replace(bad, kind=NoticeKind.OPEN)),
        "all-clear": _letter(sample, pack, day, replace(good, kind=NoticeKind.FIXED)),
        "overruled": _letter(sample, pack, day, overruled),
    }
    return {kind: replace(letter, message_id=f"preview-{kind}") for kind, letter in told.items()}


def _notice(sample: Sample, day: date, verdict: Verdict, *findings: Finding) -> Notice:
    owed = sample.owed
    return Notice(
        submission_id=1,
        verdict=verdict,
        form_code=owed.form_code,
        unit_code=owed.unit_code,
        period=owed.period.code,
        stage=owed.stage,
        sender_unit=owed.unit_code,
        delivery_name=sample.name,
        received_at=_evening(day),
        findings=findings,
        delivery_id=DELIVERY,
    )


def _letter(sample: Sample, pack: Pack, day: date, *notices: Notice) -> Letter:
    forms = dict.fromkeys(form.code for form in pack.forms if form.code != sample.owed.form_code)
    others = (replace(_report(sample.owed), form_code=code) for code in list(forms)[:2])
    recipient = pack.contact_of(sample.owed.unit_code).email
    return Letter("", recipient, _evening(day), day, notices, accepted=tuple(others))


def _reminding(sample: Sample, pack: Pack, days: int, to: Contact | None = None) -> Letter:
    asked = sample.same if to is not None else (sample.owed,)
    day = working_day_from(pack, sample.owed.due_date, days)
    recipient = (to or pack.contact_of(sample.owed.unit_code)).email
    return Letter("", recipient, _evening(day), day, reminders=tuple(Reminder(_report(each), each.due_date) for each in asked))


def _report(owed: Obligation) -> ReportName:
    return ReportName(owed.form_code, owed.unit_code, owed.period.code, owed.stage)


def _evening(day: date) -> datetime:
    return datetime.combine(day, time(10), UTC)
