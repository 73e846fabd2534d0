"""One letter as an e-mail: subject, text and HTML from the templates.

The same letter gives the same bytes.
"""

from collections.abc import Mapping, Sequence
from email.message import Message
from email.mime.multipart import MIMEMultipart

import css_inline

from program.pack.pack import Pack
from program.records.letter import Letter
from publish.mail.attachments import with_attachments
from publish.mail.context import LetterContext
from publish.mail.headers import address_message, message_id, text_part
from publish.mail.letter_context import letter_context, shortened
from publish.marking.letter_attachments import Attachment
from publish.rendering import render

_MAX_HTML_BYTES = 95_000
"""Gmail shows the first 102 kB of a mail only."""
_FEWER_ITEMS = (10, 5, 3, 1, 0)
"""How many items of each report are printed, where a letter is too long with more."""


def compose(
    letter: Letter,
    pack: Pack,
    attachments: Sequence[Attachment] = (),
    templates: Sequence[Attachment] = (),
    reply_to: str = "",
    *,
    has_intake: bool = True,
) -> Message:
    """Return the mail for `letter`, in the name of the pack's office.

    Marked workbooks that fit are attached. The text names the others, with a link where they have
    one. `templates` are blank workbooks of the reports that the letter reminds of. A letter about
    many reports prints fewer items of each, so that no mail program cuts it off.

    `reply_to` is the address of the mailbox from which answers are taken, "" if there is none.
    Only then does the letter ask for an answer by mail, and its subject has a code that an answer
    keeps where a mail program drops its headers.

    `has_intake`: intakes are deployed in the hours of the pack's calendar, if it has any. The
    letter says when a corrected file is checked.
    """
    about = letter_context(letter, pack, attachments)
    more = {
        "attachments": attachments,
        "templates": templates,
        "is_answered": bool(reply_to),
        "intake": pack.calendar.intake if has_intake else None,
    }
    html = _html(about, pack, more)
    for most in _FEWER_ITEMS:
        if len(html.encode()) <= _MAX_HTML_BYTES:
            break
        about = shortened(about, most)
        html = _html(about, pack, more)
    values = _values(about, pack, more)
    text = render("mail/letter.txt.j2", **values)
    # The older classes are on purpose: Python 3.11's EmailMessage loses and adds spaces where it
    # folds a long Vietnamese subject or name ("S óc Trăng"; seen 2026-11-23).
    bodies = MIMEMultipart("alternative", boundary=f"mtqg-{letter.message_id}")
    bodies.attach(text_part(text, "plain"))
    bodies.attach(text_part(html, "html"))
    files = (*attachments, *templates)
    message = with_attachments(bodies, files, boundary=f"mtqg-files-{letter.message_id}")
    address_message(
        message,
        pack.correspondence.office,
        pack.program,
        to=about.receiver,
        subject=_subject(letter, values),
        number=letter.message_id,
        at=letter.created_at,
        reply_to=reply_to,
    )
    for name, value in _thread_headers(letter, pack).items():
        message[name] = value
    message["Content-Language"] = "vi"
    return message


def _subject(letter: Letter, values: Mapping[str, object]) -> str:
    subject = render("mail/subject.j2", **values)
    if not values["is_answered"]:
        return subject
    return f"{subject} [mã {letter.code}]"


def _html(about: LetterContext, pack: Pack, more: Mapping[str, object]) -> str:
    # Many mail programs drop style sheets: the styles go into the elements.
    return css_inline.inline(render("mail/letter.html.j2", **_values(about, pack, more)))


def _values(about: LetterContext, pack: Pack, more: Mapping[str, object]) -> dict[str, object]:
    """Return what the templates of a letter print."""
    people = pack.correspondence
    return {
        "about": about,
        "office": people.office,
        "engineer": people.engineer,
        "program": pack.program,
        **more,
    }


def _thread_headers(letter: Letter, pack: Pack) -> dict[str, str]:
    """Return the headers that sort a letter below the earlier ones about the same reports."""
    ids = [message_id(number, pack.correspondence.office) for number in letter.references]
    if not ids:
        return {}
    # The oldest is first: a mail program puts this letter below the last one.
    return {"In-Reply-To": ids[-1], "References": "\r\n ".join(ids)}
