"""Blank workbooks that go with a reminder: those of the unit's reports that have not come."""

from collections.abc import Iterator, Sequence

from program.calendar.period import Period
from program.pack.pack import Pack
from program.records.letter import Letter, ReportName
from publish.marking.letter_attachments import Attachment, free_name, mailed_bytes
from publish.template.requests import TemplateRequest, request_of

MOST_BYTES = 500_000
"""How much of a mail blank workbooks may take: about twenty. A unit with more asks for them."""


def blank_templates(
    letter: Letter,
    pack: Pack,
    attachments: Sequence[Attachment] = (),
    max_mail_bytes: int = MOST_BYTES,
) -> tuple[Attachment, ...]:
    """Return the blank workbooks of the reports that a letter reminds its receiver of.

    Only the unit that must send a report gets its workbook: no office or leader fills it in.
    What no longer fits beside `attachments` is left out.
    """
    taken = sum(mailed_bytes(each.content) for each in attachments if each.content is not None)
    bytes_left = min(max_mail_bytes - taken, MOST_BYTES)
    blank: list[Attachment] = []
    for request in _requests(letter, pack):
        content = request.write()
        size = mailed_bytes(content)
        if size > bytes_left:
            continue
        bytes_left -= size
        name = free_name(request.path.name, [*attachments, *blank])
        blank.append(Attachment(name, str(request), content))
    return tuple(blank)


def _requests(letter: Letter, pack: Pack) -> Iterator[TemplateRequest]:
    reports = dict.fromkeys(reminder.report for reminder in letter.reminders)
    for report in reports:
        contact = pack.correspondence.units.get(report.unit_code)
        if contact is not None and contact.email == letter.recipient:
            request = _request(report, pack)
            if request is not None:
                yield request


def _request(report: ReportName, pack: Pack) -> TemplateRequest | None:
    period = Period.parse(report.period)
    form = pack.form(report.form_code, period)
    # As `Pack.unit_on`: the unit of an estimate may no longer exist at the end of its period.
    unit = pack.unit_on(report.unit_code, report.period)
    if form is None or unit is None:
        return None
    return request_of(pack, form, unit, period, report.stage)
