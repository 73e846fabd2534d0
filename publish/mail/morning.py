"""The office's morning mail: what came, what waits, whom to call, with the reports attached."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from email.message import Message
from email.mime.multipart import MIMEMultipart
from pathlib import Path

import css_inline

from program.pack.load import Pack
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
from publish.reports.awaited import (
    AwaitedUnit,
    awaited_reports,
    awaited_units,
    of_open_units,
)
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
    """A report that came, in words, and the class that colours its result in HTML."""

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
    awaited = awaited_reports(reports, pack, letter.day)
    open_ones = of_open_units(awaited, letter.day)
    units = awaited_units(open_ones)
    # What must be corrected first: the office may have to explain it.
    in_order = sorted(came, key=lambda row: row.verdict.loads)
    values = {
        "office": pack.correspondence.office,
        "program": pack.program,
        "day": letter.day,
        "counts": verdict_counts(came),
        "came": [_came(row, pack) for row in in_order[:_MOST_LINES]],
        "total": len(came),
        "awaited": units,
        "missing": sum(report.state is ReportState.MISSING for report in open_ones),
        "to_fix": sum(report.state is ReportState.TO_FIX for report in open_ones),
        "of_ended": len(awaited) - len(open_ones),
        "calls": [_call(unit) for unit in units[:_MOST_CALLS]],
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
        pack,
        to=pack.correspondence.office,
        subject=_subject(len(came), len(units), pack),
        number=letter.message_id,
        at=letter.created_at,
        more={"Content-Language": "vi"},
    )
    return message


def verdict_counts(came: Sequence[RunSubmissionRow]) -> list[tuple[int, str]]:
    """Return how many of the reports got each verdict, with its words; none that is 0."""
    counts = Counter(row.verdict for row in came)
    return [(counts[kind], kind.label) for kind in Verdict if counts[kind]]


def open_counts(reports: Sequence[ReportingRow], pack: Pack, day: date) -> tuple[int, int, int]:
    """Return how many reports are missing and to be corrected, and of how many units."""
    open_ones = of_open_units(awaited_reports(reports, pack, day), day)
    missing = sum(report.state is ReportState.MISSING for report in open_ones)
    to_fix = sum(report.state is ReportState.TO_FIX for report in open_ones)
    return missing, to_fix, len(awaited_units(open_ones))


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


def _came(row: RunSubmissionRow, pack: Pack) -> _Came:
    code = row.unit_code or row.sender_unit
    unit = pack.unit_on(code, row.period)
    form = pack.short_title_of(row.form_code) or "Tệp chưa rõ biểu"
    period = None
    if row.form_code is not None and row.period is not None:
        period = pack.label_of(row.form_code, row.period, row.stage)
    questions = row.criticals + row.warnings
    more = f" ({questions} điểm)" if questions else ""
    return _Came(
        unit.name if unit else "Đơn vị chưa rõ",
        f"{form}, {period}" if period else form,
        f"{row.verdict.label}{more}",
        _TONES[row.verdict],
    )


def _call(unit: AwaitedUnit) -> _Call:
    return _Call(unit, unit.count(ReportState.MISSING), unit.count(ReportState.TO_FIX))
