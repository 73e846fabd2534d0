"""What a letter means for its receiver: the result of each report, and what is due by when.

The sentences themselves are in `templates/mail`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date

from program.finding import Finding, Severity
from program.finding_groups import Group, grouped
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
from publish.mail.context import (
    TASKS,
    AnsweredItem,
    Deadline,
    LetterContext,
    ReportedItem,
    ReportResult,
    RequestedItem,
)
from publish.marking.letter_attachments import Attachment
from publish.marking.request import actionable

_MOST_WITH_MARKED = 3
"""How many items a mail prints in full; the marked workbook lists all of them."""
_MOST_WITHOUT_MARKED = 40
"""The same without a marked workbook. More in one file are usually one mistake made many times."""

_UNKNOWN_UNIT = "đơn vị chưa xác định"
_UNKNOWN_PERIOD = "kỳ chưa xác định"

_Statement = tuple[str, str]
"""A rule and its message."""
_CHECK_NOTICES = (NoticeKind.CHECKED, NoticeKind.CROSS_CHECKED)
_RESULTS_OF_KINDS = {
    NoticeKind.ALL_CLEAR: ReportResult.FIXED,
    NoticeKind.WAIVED: ReportResult.WAIVED,
    NoticeKind.STILL_OPEN: ReportResult.OPEN,
    NoticeKind.NOT_ACCEPTED: ReportResult.REFUSED,
}
_TO_SEND_AGAIN = (
    ReportResult.FIX,
    ReportResult.OPEN,
    ReportResult.REFUSED,
    ReportResult.PART,
)
_WITHOUT_FINDINGS = (ReportResult.FIXED, ReportResult.RECEIVED)
_WITHOUT_TASK = (*_WITHOUT_FINDINGS, ReportResult.WAIVED)


def letter_context(letter: Letter, pack: Pack, attachments: Sequence[Attachment]) -> LetterContext:
    """Return the values that a letter's templates print; the reports to correct come first.

    A letter has at least one notice, reminder or acknowledgement.
    """
    receiver, is_for_unit = _receiver(letter.recipient, pack)
    notices = _merge_notices(letter.notices)
    reports = [_report_of(notice, letter.day, pack, attachments) for notice in notices]
    reports.sort(key=lambda report: TASKS.index(report.task))
    # After the sorting: what several reports share is printed at the first that is read.
    of_cross_checks = _cross_checked(letter.notices)
    reports = list(_each_printed_once(reports, of_cross_checks))
    reminders = [_missing(reminder, letter.day, pack) for reminder in letter.reminders]
    accepted = [_name(report, pack) for report in letter.accepted]
    return LetterContext(
        receiver=receiver,
        is_for_unit=is_for_unit,
        is_for_office=receiver == pack.correspondence.office,
        day=letter.day,
        reports=tuple(reports),
        reminders=tuple(reminders),
        answered=tuple(_answered(each, pack) for each in letter.acknowledgements),
        accepted=tuple(accepted),
    )


def shortened(about: LetterContext, most: int) -> LetterContext:
    """Return the same letter with at most so many items printed in full for each report."""
    reports = []
    for report in about.reports:
        kept = report.shown[:most]
        more = report.more + len(report.shown) - len(kept)
        reports.append(replace(report, shown=kept, more=more))
    return replace(about, reports=tuple(reports))


def _merge_notices(notices: Sequence[Notice]) -> Iterator[Notice]:
    """Yield one notice per submission for what its check and its cross-checks found.

    It stands where the first of them stood. Notices of other kinds pass one by one.
    """
    by_submission: dict[int, list[Notice]] = {}
    for notice in notices:
        if notice.kind in _CHECK_NOTICES:
            by_submission.setdefault(notice.submission_id, []).append(notice)
    for notice in notices:
        if notice.kind not in _CHECK_NOTICES:
            yield notice
        elif notice.submission_id in by_submission:
            yield _merged(by_submission.pop(notice.submission_id))


def _merged(notices: Sequence[Notice]) -> Notice:
    """Return the first notice that asks for something, with the other findings of all that do."""
    # A notice of a check without findings says less than one of a cross-check that has some.
    asking = [notice for notice in notices if actionable(notice.findings)]
    first, *others = asking or notices
    findings = list(first.findings)
    for notice in others:
        for finding in notice.findings:
            if finding not in findings:
                findings.append(finding)
    return replace(first, findings=tuple(findings))


def _report_of(
    notice: Notice, day: date, pack: Pack, attachments: Sequence[Attachment]
) -> ReportedItem:
    result = _result(notice)
    findings = _findings(notice, result)
    marked = _marked_name(notice, attachments)
    most_shown = _MOST_WITH_MARKED if marked else _MOST_WITHOUT_MARKED
    items = grouped(findings)
    shown = tuple(items[:most_shown])
    # A mistaken file may claim another unit. The mail names the sender: nobody is blamed for
    # a file of somebody else.
    unit_code = notice.sender_unit or notice.unit_code
    period = pack.label_of(notice.form_code, notice.period, notice.stage)
    # A deadline matters only where the report is to be sent again.
    deadline = None
    if result in _TO_SEND_AGAIN:
        deadline = _deadline_of(notice.report, day, pack)
    return ReportedItem(
        notice=notice,
        form=_form(notice.form_code, pack),
        unit=_unit_name(unit_code, notice.period, pack) or _UNKNOWN_UNIT,
        period=period or _UNKNOWN_PERIOD,
        result=result,
        shown=shown,
        more=len(items) - len(shown),
        is_listed_above=False,
        marked=marked,
        deadline=deadline,
        answer_by=_answer_by(result, deadline, day, pack),
    )


def _answer_by(
    result: ReportResult, deadline: Deadline | None, day: date, pack: Pack
) -> date | None:
    """Return the day for an answer; None where a deadline is ahead, or nothing is asked."""
    is_ahead = deadline is not None and not deadline.days_late
    if is_ahead or result in _WITHOUT_TASK:
        return None
    days = pack.correspondence.mailing.answer_within_days
    return pack.calendar.working_days.after(day, days)


def _cross_checked(notices: Sequence[Notice]) -> set[_Statement]:
    """Return what cross-checks found, which says the same at each report that they compared."""
    found: set[_Statement] = set()
    for notice in notices:
        if notice.kind is not NoticeKind.CROSS_CHECKED:
            continue
        for finding in notice.findings:
            found.add((finding.rule, finding.message))
    return found


def _each_printed_once(
    reports: Iterable[ReportedItem], of_cross_checks: set[_Statement]
) -> Iterator[ReportedItem]:
    """Yield the reports of a letter; what a cross-check found is printed at the first of them.

    A mistake that two files have each of their own is printed at both.
    """
    printed: set[_Statement] = set()
    for report in reports:
        new = [group for group in report.shown if _statement(group) not in printed]
        statements = {_statement(group) for group in new}
        printed |= statements & of_cross_checks
        is_shortened = len(new) < len(report.shown)
        yield replace(report, shown=tuple(new), is_listed_above=is_shortened)


def _statement(group: Group) -> _Statement:
    return group.first.rule, group.first.message


def _marked_name(notice: Notice, attachments: Sequence[Attachment]) -> str:
    """Return the name of the marked workbook that the receiver gets; empty if there is none."""
    for attachment in attachments:
        if attachment.delivery_id == notice.delivery_id and attachment.can_be_had:
            return attachment.name
    return ""


def _result(notice: Notice) -> ReportResult:
    if notice.kind in _RESULTS_OF_KINDS:
        return _RESULTS_OF_KINDS[notice.kind]
    if notice.verdict is Verdict.UNREADABLE:
        return ReportResult.UNREADABLE
    if not notice.verdict.loads:
        return ReportResult.FIX
    # From here on the submission is loaded. A critical finding in it costs single lines only.
    if any(finding.severity is Severity.CRITICAL for finding in notice.findings):
        return ReportResult.PART
    if notice.kind is NoticeKind.CROSS_CHECKED:
        return ReportResult.COMPARED
    return ReportResult.CHECK if actionable(notice.findings) else ReportResult.RECEIVED


def _findings(notice: Notice, result: ReportResult) -> tuple[Finding, ...]:
    """Return the findings that the mail is about."""
    if result is ReportResult.WAIVED:
        return tuple(finding for finding in notice.findings if finding.waived_by)
    if result in _WITHOUT_FINDINGS:
        return ()
    return actionable(notice.findings)


def _missing(reminder: MissingReport, day: date, pack: Pack) -> RequestedItem:
    form, unit, period = _full_name(reminder.report, pack)
    return RequestedItem(
        form=form,
        unit=unit,
        period=period,
        deadline=_distance(day, reminder.due_date, pack),
    )


def _answered(acknowledgement: Acknowledgement, pack: Pack) -> AnsweredItem:
    names = [_full_name(report, pack) for report in acknowledgement.reports]
    sender = _unit_name(acknowledgement.unit_code, None, pack) or _UNKNOWN_UNIT
    names += [(f"Tệp “{file}”", sender, _UNKNOWN_PERIOD) for file in acknowledgement.files]
    return AnsweredItem(
        received_at=acknowledgement.received_at,
        names=tuple(names),
        is_accepted=acknowledgement.kind is NoticeKind.EXPLANATION_ACCEPTED,
        is_report_missing=acknowledgement.is_report_missing,
    )


def _full_name(report: ReportName, pack: Pack) -> tuple[str, str, str]:
    """Return the form, unit and period of a report in words."""
    period = pack.label_of(report.form_code, report.period, report.stage) or report.period
    unit = _unit_name(report.unit_code, report.period, pack) or report.unit_code
    return _form(report.form_code, pack), unit, period


def _deadline_of(report: ReportName | None, day: date, pack: Pack) -> Deadline | None:
    if report is None:
        return None
    due = pack.deadline_of(report.form_code, report.unit_code, report.period, report.stage)
    # A report may come that no duty asks for.
    if due is None:
        return None
    return _distance(day, due, pack)


def _distance(day: date, due: date, pack: Pack) -> Deadline:
    working = pack.calendar.working_days
    if day <= due:
        return Deadline(due, days_left=working.between(day, due), days_late=0)
    return Deadline(due, days_left=0, days_late=working.overdue(due, day))


def _unit_name(code: str | None, period: str | None, pack: Pack) -> str | None:
    unit = pack.unit_on(code, period)
    if unit is None:
        return None
    return unit.name


def _name(report: ReportName, pack: Pack) -> str:
    period = pack.label_of(report.form_code, report.period, report.stage)
    return f"{_form(report.form_code, pack)} – {period}"


def _form(code: str | None, pack: Pack) -> str:
    return pack.short_title_of(code) or "Tệp báo cáo"


def _receiver(address: str, pack: Pack) -> tuple[Contact, bool]:
    """Return the contact of a mail address, and whether it is a unit that reports."""
    correspondence = pack.correspondence
    for contact in (correspondence.office, correspondence.leader):
        if contact.email == address:
            # One address may be the office's and a unit's: the office comes first.
            return contact, False
    for contact in correspondence.units.values():
        if contact.email == address:
            return contact, True
    return Contact(name=address, email=address), False
