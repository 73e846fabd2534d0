"""Marked workbooks of a letter: one for each file in it, within the size that a mail may have."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from program.calendar.stage import Stage
from program.finding import Finding
from program.pack.pack import Pack
from program.records.letter import Letter, Notice
from program.settings import Settings
from program.tools.field_places import is_field
from publish.marking.download_links import Link, may_be_linked, publish_download
from publish.marking.file_names import marked_name, numbered_names
from publish.marking.marking_process import MarkerPool, MarkingError
from publish.marking.request import MarkedReport, MarkRequest, actionable
from publish.marking.texts import marking_texts

logger = logging.getLogger("mtqg.marking")

_BASE64_LINE = 76


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a mail.

    `about` is the name of the sender's file that a workbook marks; of a report, what it is.

    `content` is None if the workbook is larger than the rest of the mail's limit. Then `link`
    says where to download it; None if there is no such place.
    """

    name: str
    about: str
    content: bytes | None
    delivery_id: int = 0
    link: Link | None = None

    @property
    def can_be_had(self) -> bool:
        """Whether the recipient can get the workbook: attached to the mail, or by a link."""
        return self.content is not None or self.link is not None


def attachments_of(
    letter: Letter,
    pack: Pack,
    settings: Settings,
    content_of: Callable[[str], bytes],
    marker: MarkerPool,
) -> tuple[Attachment, ...]:
    """Return the marked workbooks of a letter's files, in the order of their arrival.

    `content_of` returns the bytes of a sha256. A file has no marked workbook where its sender is
    not known, where it has no findings to act on, or where it cannot be marked; the log has the
    reason of the last case.
    """
    attachments: list[Attachment] = []
    bytes_left = settings.max_mail_bytes
    for notices in _group_by_delivery(letter.notices):
        # Files are taken in order: a small one after a large one may still fit.
        content = _mark(notices, pack, content_of, marker)
        if content is None:
            continue
        first = notices[0]
        wanted = marked_name(first.delivery_name, marking_texts("vi").suffix)
        name = free_name(wanted, attachments)
        size = mailed_bytes(content)
        if size <= bytes_left:
            bytes_left -= size
            link = None
            enclosed: bytes | None = content
        else:
            link = _link(content, name, notices, letter, pack, settings)
            enclosed = None
        attachments.append(
            Attachment(
                name,
                first.delivery_name,
                enclosed,
                first.delivery_id,
                link,
            )
        )
    return tuple(attachments)


def _group_by_delivery(notices: Sequence[Notice]) -> list[list[Notice]]:
    """Return the notices of each delivery, in the order of its reports."""
    groups: dict[int, list[Notice]] = {}
    for notice in sorted(notices, key=lambda notice: (notice.delivery_id, notice.report_no)):
        groups.setdefault(notice.delivery_id, []).append(notice)
    return list(groups.values())


def _mark(
    notices: Sequence[Notice],
    pack: Pack,
    content_of: Callable[[str], bytes],
    marker: MarkerPool,
) -> bytes | None:
    first = notices[0]
    reports = tuple(_reports(notices, pack))
    # A submission of a form tool is no file: it is corrected in the tool, field by field.
    if any(is_field(finding.sheet) for report in reports for finding in report.findings):
        return None
    # Only its sender gets a file back. Where the sender is not known, the letter goes to the unit
    # that the file claims, which may be a wrong one.
    if first.sha256 is None or first.sender_unit is None or not reports:
        return None
    try:
        order = MarkRequest(content_of(first.sha256), first.delivery_name, reports)
        return marker.mark(order)
    except Exception as error:  # the boundary of one attachment: the letter goes without it
        # A MarkingError has a sentence of ours; any other error needs its type to be understood.
        kind = "" if isinstance(error, MarkingError) else f"{type(error).__name__}: "
        logger.warning(
            "mark delivery=%d name=%r attached=no reason=%s%s",
            first.delivery_id,
            first.delivery_name,
            kind,
            error,
        )
        return None


def _link(
    content: bytes,
    name: str,
    notices: Sequence[Notice],
    letter: Letter,
    pack: Pack,
    settings: Settings,
) -> Link | None:
    if not may_be_linked(notices, pack):
        return None
    try:
        return publish_download(content, name, settings, letter.day)
    except OSError as error:  # the letter goes without a link
        logger.warning("mark delivery=%d link=no reason=%s", notices[0].delivery_id, error)
        return None


def _reports(notices: Sequence[Notice], pack: Pack) -> Iterator[MarkedReport]:
    """Yield each report of a file that has findings to act on, with those of all its notices."""
    by_report: dict[int, list[Notice]] = {}
    for notice in notices:
        by_report.setdefault(notice.report_no, []).append(notice)
    for report_no, same_report in by_report.items():
        found: list[Finding] = []
        for notice in same_report:
            found += notice.findings
        # Two notices of one report may have the same finding.
        distinct = dict.fromkeys(found)
        findings = actionable(distinct)
        if not findings:
            continue
        first = same_report[0]
        title = title_of(first.form_code, first.period, first.stage, pack)
        yield MarkedReport(title, findings, report_no)


def title_of(
    form_code: str | None,
    period: str | None,
    stage: Stage,
    pack: Pack,
) -> str:
    """Return a report's title: its form and its period, as far as they are known."""
    title = pack.short_title_of(form_code)
    label = pack.label_of(form_code, period, stage)
    return " – ".join(text for text in (title, label) if text)


def free_name(name: str, attachments: Sequence[Attachment]) -> str:
    """Return `name`, with a number where another attachment has it already."""
    taken = {attachment.name for attachment in attachments}
    return next(free for free in numbered_names(name) if free not in taken)


def mailed_bytes(content: bytes) -> int:
    """Return how many bytes a file takes in a mail: base64, in lines of 76."""
    encoded = 4 * _divide_up(len(content), 3)
    line_ends = _divide_up(encoded, _BASE64_LINE)
    return encoded + line_ends


def _divide_up(number: int, by: int) -> int:
    return -(-number // by)
