"""What a letter comes to for its reader: what became of which report, and what is asked by when. Its words: `templates/mail`."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from program.contact import Contact
from program.finding import Finding, Severity
from program.letter import Letter, Notice, NoticeKind, Reminder, ReportName
from program.pack import Pack
from program.submission import Verdict
from publish.about import TASKS, About, AskedReport, Deadline, ToldReport
from publish.marking.attaching import Attachment
from publish.marking.order import to_act_on

_WORST = 3
"""So many findings stand in full in the mail; the marked workbook holds them all."""
_MOST = 40
"""Without a marked workbook the mail is all there is; more than this in one file is one mistake made many times."""


def about_of(letter: Letter, pack: Pack, attachments: Sequence[Attachment]) -> About:
    """Return what `letter` comes to, what is to be mended first. A letter is about something: one report at least."""
    receiver, is_for_unit = _receiver(letter.recipient, pack)
    told = [_told(notice, letter.day, pack, attachments) for notice in _each_report_once(letter.notices)]
    return About(
        receiver=receiver,
        is_for_unit=is_for_unit,
        day=letter.day,
        reports=tuple(sorted(told, key=lambda report: TASKS.index(report.task))),
        reminders=tuple(_asked(reminder, letter.day, pack) for reminder in letter.reminders),
        accepted=tuple(_name(report, pack) for report in letter.accepted),
    )


def _each_report_once(notices: Sequence[Notice]) -> Iterator[Notice]:
    """Yield one notice of what was found in a report and what comparing it brought; others, such as all clear, for themselves."""
    found = [notice for notice in notices if notice.kind in (NoticeKind.JUDGED, NoticeKind.COMPARED)]
    for notice in notices:
        same = [each for each in found if each.submission_id == notice.submission_id] if notice in found else [notice]
        if notice is same[0]:
            first, *others = [each for each in same if to_act_on(each.findings)] or same
            new = dict.fromkeys(finding for each in others for finding in each.findings if finding not in first.findings)
            yield replace(first, findings=(*first.findings, *new))


def _told(notice: Notice, day: date, pack: Pack, attachments: Sequence[Attachment]) -> ToldReport:
    result = _result(notice)
    findings = _findings(notice, result)
    marked = next((a.name for a in attachments if a.delivery_id == notice.delivery_id and a.can_be_had), "")
    shown = findings[: _WORST if marked else _MOST]
    # The sender is named, never the unit that a mistaken file claims: nobody is blamed for another's file.
    unit = pack.unit_on(notice.sender_unit or notice.unit_code, notice.period)
    return ToldReport(
        notice=notice,
        form=_form(notice.form_code, pack),
        unit=unit.name if unit else "đơn vị chưa xác định",
        period=pack.label_of(notice.form_code, notice.period, notice.stage) or "kỳ chưa xác định",
        result=result,
        shown=shown,
        more=len(findings) - len(shown),
        marked=marked,
        deadline=_deadline(notice.report, day, pack) if result in ("fix", "open", "part") else None,
    )


def _result(notice: Notice) -> str:
    """Return what became of a report, in the word that the templates know it by."""
    told = {NoticeKind.FIXED: "fixed", NoticeKind.OVERRULED: "overruled", NoticeKind.OPEN: "open"}
    if notice.kind in told:
        return told[notice.kind]
    if notice.verdict is Verdict.UNREADABLE:
        return "unreadable"
    if not notice.verdict.loads:
        return "fix"
    if any(finding.severity is Severity.CRITICAL for finding in notice.findings):
        return "part"
    if notice.kind is NoticeKind.COMPARED:
        return "compared"
    return "check" if to_act_on(notice.findings) else "received"


def _findings(notice: Notice, result: str) -> tuple[Finding, ...]:
    if result == "overruled":
        return tuple(finding for finding in notice.findings if finding.overruled)
    return () if result in ("fixed", "received") else to_act_on(notice.findings)


def _asked(reminder: Reminder, day: date, pack: Pack) -> AskedReport:
    report = reminder.report
    unit = pack.unit_on(report.unit_code, report.period)
    return AskedReport(
        form=_form(report.form_code, pack),
        unit=unit.name if unit else report.unit_code,
        period=pack.label_of(report.form_code, report.period, report.stage) or report.period,
        deadline=_seen_from(day, reminder.due_date, pack),
    )


def _deadline(report: ReportName | None, day: date, pack: Pack) -> Deadline | None:
    due = pack.deadline_of(report.form_code, report.unit_code, report.period, report.stage) if report else None
    return _seen_from(day, due, pack) if due else None


def _seen_from(day: date, due: date, pack: Pack) -> Deadline:
    working = pack.calendar.working_days
    # A deadline is a working day; from a closed day after it, it is past by the letter, though no working day has gone by.
    return Deadline(due, working.between(day, due), max(working.between(due, day), 1) if day > due else 0)


def _name(report: ReportName, pack: Pack) -> str:
    return f"{_form(report.form_code, pack)} – {pack.label_of(report.form_code, report.period, report.stage)}"


def _form(code: str | None, pack: Pack) -> str:
    return next((form.short_title for form in pack.forms if form.code == code), "Tệp báo cáo")


def _receiver(address: str, pack: Pack) -> tuple[Contact, bool]:
    """Return who gets the letter, and whether that is a unit that reports."""
    people = pack.correspondence
    unit = next((contact for contact in people.units.values() if contact.email == address), None)
    known = next((contact for contact in (people.office, people.leader) if contact.email == address), None)
    if unit is not None and known is None:
        return unit, True
    return known or Contact(name=address, email=address), False
