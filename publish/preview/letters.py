"""A letter of each kind about the sample report."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from enum import StrEnum

from program.calendar.schedule import Obligation
from program.finding import Finding, Severity
from program.pack.contact import Contact
from program.pack.pack import Pack
from program.records.letter import (
    Acknowledgement,
    Letter,
    MissingReport,
    Notice,
    NoticeKind,
    ReportName,
)
from program.submission import Verdict
from publish.preview.sample import Sample, working_day_from

DELIVERY = 1
"""The delivery id of the sample's file. Letters about other files do not attach it."""
_SCAN_DELIVERY = 2
_SENT_WORKING_DAYS = -2
"""When the sample was sent and checked, in working days from its deadline."""
_STILL_OPEN_WORKING_DAYS = 5
_EVENING = time(10)  # 17:00 in Vietnam
_OTHER_FORMS = 2


class MailKind(StrEnum):
    """The sample mails in the order of a report's life; the values are in their file names."""

    DUE_SOON = "due-soon"
    DUE_TODAY = "due-today"
    LATE = "late"
    LATE_TO_OFFICE = "late-to-office"
    LATE_TO_LEADER = "late-to-leader"
    RECEIVED = "received"
    NEEDS_FIXING = "needs-fixing"
    NOT_READ = "not-read"
    SEVERAL = "several"
    TOO_LARGE = "too-large"
    IN_PART = "in-part"
    PLEASE_CHECK = "please-check"
    TO_COMPARE = "to-compare"
    STILL_OPEN = "still-open"
    EXPLAINED = "explained"
    NOT_ACCEPTED = "not-accepted"
    EXPLANATION_ACCEPTED = "explanation-accepted"
    ALL_CLEAR = "all-clear"
    WAIVED = "waived"
    MORNING = "morning"
    DIGEST = "digest"
    ALARM = "alarm"


ABOUT_ANSWERS = (MailKind.EXPLAINED, MailKind.NOT_ACCEPTED, MailKind.EXPLANATION_ACCEPTED)
"""The kinds that follow an answer to a letter."""


def sample_letters(sample: Sample, pack: Pack) -> dict[MailKind, Letter]:
    """Return a letter of each kind that units get, in the order of a report's life."""
    letters = {**_reminders(sample, pack), **_results(sample, pack), **_answers(sample, pack)}
    letters = {kind: letters[kind] for kind in MailKind if kind in letters}
    return {kind: replace(letter, message_id=f"preview-{kind}") for kind, letter in letters.items()}


def _reminders(sample: Sample, pack: Pack) -> dict[MailKind, Letter]:
    people = pack.correspondence
    return {
        MailKind.DUE_SOON: _reminder(sample, pack, -3),
        MailKind.DUE_TODAY: _reminder(sample, pack, 0),
        MailKind.LATE: _reminder(sample, pack, 3),
        MailKind.LATE_TO_OFFICE: _reminder(sample, pack, 7, people.office),
        MailKind.LATE_TO_LEADER: _reminder(sample, pack, 15, people.leader),
    }


def _results(sample: Sample, pack: Pack) -> dict[MailKind, Letter]:
    due = sample.obligation.due_date
    sent = working_day_from(pack, due, _SENT_WORKING_DAYS)
    notices = _notices(sample, sent)
    letters = {kind: _letter(sample, pack, sent, *of_kind) for kind, of_kind in notices.items()}
    # The reminder comes days after the letter that asked for a correction.
    later = working_day_from(pack, due, _STILL_OPEN_WORKING_DAYS)
    bad = notices[MailKind.NEEDS_FIXING][0]
    still_open = replace(bad, kind=NoticeKind.STILL_OPEN)
    letters[MailKind.STILL_OPEN] = _letter(sample, pack, later, still_open)
    not_accepted = replace(bad, kind=NoticeKind.NOT_ACCEPTED, refusal=sample.findings.refusal)
    letters[MailKind.NOT_ACCEPTED] = _letter(sample, pack, later, not_accepted)
    return letters


def _answers(sample: Sample, pack: Pack) -> dict[MailKind, Letter]:
    """Return the letters about an explanation of the sample report, the day after it came."""
    day = working_day_from(pack, sample.obligation.due_date, _STILL_OPEN_WORKING_DAYS)
    later = working_day_from(pack, day, 1)
    received = Acknowledgement(
        kind=NoticeKind.EXPLAINED,
        unit_code=sample.obligation.unit_code,
        received_at=_evening(day),
        reports=(_report(sample.obligation),),
        files=(),
        is_report_missing=False,
    )
    accepted = replace(received, kind=NoticeKind.EXPLANATION_ACCEPTED)
    letter = replace(_letter(sample, pack, later), accepted=())
    return {
        MailKind.EXPLAINED: replace(letter, acknowledgements=(received,)),
        MailKind.EXPLANATION_ACCEPTED: replace(letter, acknowledgements=(accepted,)),
    }


def _notices(sample: Sample, sent: date) -> dict[MailKind, tuple[Notice, ...]]:
    """Return the notices of each letter that is sent on the day of the check."""
    found = sample.findings
    worst = found.worst
    warnings = tuple(finding for finding in worst if finding.severity is Severity.WARNING)
    bad = _notice(sample, sent, Verdict.QUARANTINED, *worst)
    warned = _notice(sample, sent, Verdict.ACCEPTED_WITH_WARNINGS, *warnings)
    good = _notice(sample, sent, Verdict.ACCEPTED)
    # Nobody can tell what a file is about that cannot be read.
    scan = replace(
        _notice(sample, sent, Verdict.UNREADABLE, *found.unreadable),
        submission_id=2,
        form_code=None,
        period=None,
        delivery_id=_SCAN_DELIVERY,
    )
    in_part = replace(warned, findings=worst)
    compared = replace(warned, findings=warnings[:1], kind=NoticeKind.CROSS_CHECKED)
    fixed = replace(good, kind=NoticeKind.ALL_CLEAR)
    waived = replace(good, findings=found.waived, kind=NoticeKind.WAIVED)
    return {
        MailKind.RECEIVED: (good,),
        MailKind.NEEDS_FIXING: (bad,),
        MailKind.NOT_READ: (scan,),
        MailKind.SEVERAL: (bad, scan),
        MailKind.TOO_LARGE: (bad,),
        MailKind.IN_PART: (in_part,),
        MailKind.PLEASE_CHECK: (warned,),
        MailKind.TO_COMPARE: (compared,),
        MailKind.ALL_CLEAR: (fixed,),
        MailKind.WAIVED: (waived,),
    }


def _notice(
    sample: Sample,
    day: date,
    verdict: Verdict,
    *findings: Finding,
) -> Notice:
    obligation = sample.obligation
    return Notice(
        submission_id=1,
        verdict=verdict,
        form_code=obligation.form_code,
        unit_code=obligation.unit_code,
        period=obligation.period.code,
        stage=obligation.stage,
        sender_unit=obligation.unit_code,
        delivery_name=sample.name,
        received_at=_evening(day),
        findings=findings,
        delivery_id=DELIVERY,
    )


def _letter(
    sample: Sample,
    pack: Pack,
    day: date,
    *notices: Notice,
) -> Letter:
    codes = [form.code for form in pack.forms if form.code != sample.obligation.form_code]
    # Versions of a form share its code.
    other_codes = list(dict.fromkeys(codes))[:_OTHER_FORMS]
    report = _report(sample.obligation)
    recipient = pack.contact_of(sample.obligation.unit_code).email
    return Letter(
        message_id="",
        recipient=recipient,
        created_at=_evening(day),
        day=day,
        notices=notices,
        accepted=tuple(replace(report, form_code=code) for code in other_codes),
    )


def _reminder(
    sample: Sample,
    pack: Pack,
    days: int,
    to: Contact | None = None,
) -> Letter:
    """Return a reminder so many working days from the deadline.

    The unit is reminded of its own report; `to`, somebody else, of the reports of several units.
    """
    missing = (sample.obligation,) if to is None else sample.same
    recipient = to or pack.contact_of(sample.obligation.unit_code)
    day = working_day_from(pack, sample.obligation.due_date, days)
    return Letter(
        message_id="",
        recipient=recipient.email,
        created_at=_evening(day),
        day=day,
        reminders=tuple(MissingReport(_report(each), each.due_date) for each in missing),
    )


def _report(obligation: Obligation) -> ReportName:
    return ReportName(
        obligation.form_code,
        obligation.unit_code,
        obligation.period.code,
        obligation.stage,
    )


def _evening(day: date) -> datetime:
    return datetime.combine(day, _EVENING, UTC)
