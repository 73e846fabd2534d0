"""The marked workbooks that go with a letter: one for each file in it, as far as a mail may hold them."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby

from program.letter import Letter, Notice
from program.pack import Pack
from program.settings import Settings
from program.stage import Stage
from publish.marking.names import marked_name
from publish.marking.order import Order, Report, to_act_on
from publish.marking.process import Marker, MarkingError
from publish.marking.shelf import Link, may_be_linked, put_on_shelf
from publish.marking.words import words_of

logger = logging.getLogger("mtqg.marking")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A marked workbook; `about` is the file it is made of.

    `content` is None where it is larger than what the mail still holds; `link` is then where it can be had, if anywhere.
    """

    name: str
    about: str
    content: bytes | None
    delivery_id: int = 0
    link: Link | None = None

    @property
    def can_be_had(self) -> bool:
        """Whether its receiver gets it, in the mail or by a link."""
        return self.content is not None or self.link is not None


def attachments_of(
    letter: Letter, pack: Pack, settings: Settings, content_of: Callable[[str], bytes], marker: Marker
) -> tuple[Attachment, ...]:
    """Return the marked workbooks of a letter's files, in order; `content_of` gives the bytes of a sha256.

    None for a file that its receiver did not send, that is no workbook, or that could not be marked: the log says which.
    """
    attachments: list[Attachment] = []
    room = settings.max_mail_bytes
    for _, group in groupby(sorted(letter.notices, key=lambda n: n.delivery_id), key=lambda n: n.delivery_id):
        notices = sorted(group, key=lambda notice: notice.part)
        content = _marked(notices, pack, content_of, marker)
        if content is not None:
            size = _mailed_bytes(content)
            name = _free_name(marked_name(notices[0].delivery_name, words_of("vi").suffix), attachments)
            fits = size <= room
            link = None if fits else _link(content, name, notices, letter, pack, settings)
            attachments.append(
                Attachment(name, notices[0].delivery_name, content if fits else None, notices[0].delivery_id, link)
            )
            room -= size if fits else 0
    return tuple(attachments)


def _marked(notices: list[Notice], pack: Pack, content_of: Callable[[str], bytes], marker: Marker) -> bytes | None:
    first, reports = notices[0], tuple(_reports(notices, pack))
    # Nobody but its sender gets a file back: where nobody knows who that is, the letter goes to the unit that it claims.
    if first.sha256 is None or first.sender_unit is None or not reports:
        return None
    try:
        order = Order(content_of(first.sha256), first.delivery_name, reports)
        return marker.mark(order)
    except Exception as wrong:  # the boundary of one attachment: its letter goes all the same
        kind = "" if isinstance(wrong, MarkingError) else f"{type(wrong).__name__}: "
        logger.warning("mark delivery=%d name=%r attached=no reason=%s%s", first.delivery_id, first.delivery_name, kind, wrong)
        return None


def _link(content: bytes, name: str, notices: list[Notice], letter: Letter, pack: Pack, settings: Settings) -> Link | None:
    try:
        return put_on_shelf(content, name, settings, letter.day) if may_be_linked(notices, pack) else None
    except OSError as wrong:  # its letter goes all the same
        logger.warning("mark delivery=%d link=no reason=%s", notices[0].delivery_id, wrong)
        return None


def _reports(notices: list[Notice], pack: Pack) -> Iterator[Report]:
    """Yield each part's report once, with all that the letter's notices say of it."""
    for part, group in groupby(notices, key=lambda notice: notice.part):
        same = list(group)
        findings = to_act_on(dict.fromkeys(finding for notice in same for finding in notice.findings))
        if findings:
            yield Report(title_of(same[0].form_code, same[0].period, same[0].stage, pack), findings, part)


def title_of(form_code: str | None, period: str | None, stage: Stage, pack: Pack) -> str:
    """Return what a report is, as an office calls it."""
    form = next((each for each in pack.forms if each.code == form_code), None)
    label = pack.label_of(form_code, period, stage)
    return " – ".join(text for text in (form.short_title if form else None, label) if text)


def _free_name(name: str, attachments: list[Attachment]) -> str:
    taken = {attachment.name for attachment in attachments}
    stem = name.removesuffix(".xlsx")
    return next(n for k in range(1, len(taken) + 2) if (n := name if k == 1 else f"{stem} {k}.xlsx") not in taken)


def _mailed_bytes(content: bytes) -> int:
    """Return how many bytes a file is in a mail: base64, in lines of 76."""
    encoded = 4 * -(-len(content) // 3)
    return encoded + -(-encoded // 76)
