"""The office's morning mail: what came, what waits, whom to call, with the reports attached."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.message import Message
from email.mime.multipart import MIMEMultipart
from pathlib import Path

import css_inline

from program.pack.pack import Pack
from program.records.came_reports import CameReport, came_reports, verdict_counts
from program.records.letter import Letter
from program.records.query_rows import ReportingRow, RunSubmissionRow
from program.records.report_state import ReportState
from program.settings import Settings
from program.submission import Verdict
from publish.documents.brief import BRIEF
from publish.documents.dispatch import DISPATCH
from publish.mail.attachments import with_attachments
from publish.mail.headers import address_message, text_part
from publish.marking.letter_attachments import Attachment, mailed_bytes
from publish.rendering import render
from publish.reports.awaited import AwaitedUnit, open_reports
from publish.reports.office_inbox import InboxLine
from publish.reports.office_reports import CHASING_LIST

ABOUT_FILES = {
    CHASING_LIST: "Danh sách đôn đốc",
    BRIEF: "Tóm tắt một trang cho lãnh đạo",
    DISPATCH: "Dự thảo công văn đôn đốc",
}
"""What each attached report is."""
_MOST_LINES = 40
_MOST_CALLS = 5
_MOST_WAITING = 10
_TONES = {
    Verdict.ACCEPTED: "good",
    Verdict.ACCEPTED_WITH_WARNINGS: "ask",
    Verdict.QUARANTINED: "bad",
    Verdict.UNREADABLE: "bad",
}


@dataclass(frozen=True, slots=True)
class _Came:
    """A report that came, in words: its last result, and the class that colours it in HTML."""

    unit: str
    report: str
    result: str
    tone: str


@dataclass(frozen=True, slots=True)
class _Call:
    """A unit to call, and why."""

    unit: AwaitedUnit
    missing: int
    to_fix: int


def compose_morning(
    letter: Letter,
    came: Sequence[RunSubmissionRow],
    reports: Sequence[ReportingRow],
    pack: Pack,
    attachments: Sequence[Attachment] = (),
    waiting: Sequence[InboxLine] = (),
) -> Message:
    """Return the office's mail: `came` is what its news are, `reports` what is due or came at all.

    `waiting` is what waits for the office's decision. It names units and posts, never the text of a
    file.
    """
    awaited = open_reports(reports, pack, letter.day)
    came_once = came_reports(came)
    in_order = sorted(came_once, key=_calm)
    values = {
        "office": pack.correspondence.office,
        "program": pack.program,
        "day": letter.day,
        "counts": verdict_counts(came_once),
        "came": [_came(report, pack) for report in in_order[:_MOST_LINES]],
        "total": len(came_once),
        "times": sum(report.times for report in came_once),
        "awaited": awaited,
        "calls": [_call(unit) for unit in awaited.units[:_MOST_CALLS]],
        "attachments": attachments,
        "waiting": waiting[:_MOST_WAITING],
        "more_waiting": max(len(waiting) - _MOST_WAITING, 0),
    }
    # As in `publish.mail.message`: the older classes keep a long Vietnamese subject whole.
    bodies = MIMEMultipart("alternative", boundary=f"mtqg-{letter.message_id}")
    bodies.attach(text_part(render("mail/morning.txt.j2", **values), "plain"))
    # Many mail programs drop style sheets: the styles go into the elements.
    html = css_inline.inline(render("mail/morning.html.j2", **values))
    bodies.attach(text_part(html, "html"))
    message = with_attachments(bodies, attachments, boundary=f"mtqg-files-{letter.message_id}")
    address_message(
        message,
        pack.correspondence.office,
        pack.program,
        to=pack.correspondence.office,
        subject=_subject(len(came_once), len(awaited.units), pack),
        number=letter.message_id,
        at=letter.created_at,
    )
    message["Content-Language"] = "vi"
    return message


def morning_files(settings: Settings) -> list[Attachment]:
    """Return the reports that go with the mail, those that are there and fit into it."""
    paths = (
        settings.office / CHASING_LIST,
        settings.site / "reports" / BRIEF,
        settings.office / DISPATCH,
    )
    return list(_fitting(paths, settings.max_mail_bytes))


def _fitting(paths: Sequence[Path], bytes_left: int) -> Iterator[Attachment]:
    for path in paths:
        if not path.exists():
            continue
        content = path.read_bytes()
        size = mailed_bytes(content)
        if size <= bytes_left:
            bytes_left -= size
            yield Attachment(path.name, ABOUT_FILES[path.name], content)


def _subject(came: int, awaited: int, pack: Pack) -> str:
    waiting = f"chờ {awaited} đơn vị" if awaited else "không còn đơn vị nào phải chờ"
    return f"{pack.program.short_name}: mới nhận {came} báo cáo, {waiting}"


def _calm(report: CameReport) -> tuple[bool, bool]:
    """What must be corrected sorts first, then what is to be looked at again.

    The office may have to explain both, and the list is cut after some lines.
    """
    verdict = report.last.verdict
    return verdict.loads, verdict is Verdict.ACCEPTED


def _came(report: CameReport, pack: Pack) -> _Came:
    row = report.last
    code = row.unit_code or row.sender_unit
    unit = pack.unit_on(code, row.period)
    form = pack.short_title_of(row.form_code) or "Tệp chưa rõ biểu"
    period = None
    if row.form_code is not None and row.period is not None:
        period = pack.label_of(row.form_code, row.period, row.stage)
    questions = row.criticals + row.warnings
    more = f" ({questions} điểm)" if questions else ""
    again = f"; đã gửi {report.times} lần" if report.times > 1 else ""
    return _Came(
        unit.name if unit else "Đơn vị chưa rõ",
        f"{form}, {period}" if period else form,
        f"{row.verdict.label}{more}{again}",
        _TONES[row.verdict],
    )


def _call(unit: AwaitedUnit) -> _Call:
    return _Call(unit, unit.count(ReportState.MISSING), unit.count(ReportState.TO_FIX))
