"""One letter as an e-mail: subject, text and HTML from the templates.

The same letter gives the same bytes.
"""

from collections.abc import Sequence
from email.message import Message
from email.mime.multipart import MIMEMultipart

import css_inline

from program.pack.load import Pack
from program.records.letter import Letter
from publish.mail.attachments import with_attachments
from publish.mail.headers import address_message, message_id, text_part
from publish.mail.letter_context import letter_context
from publish.marking.letter_attachments import Attachment
from publish.rendering import render


def compose(
    letter: Letter,
    pack: Pack,
    attachments: Sequence[Attachment] = (),
    templates: Sequence[Attachment] = (),
) -> Message:
    """Return the mail for `letter`, in the name of the pack's office.

    Marked workbooks that fit are attached. The text names the others, with a link where they have
    one. `templates` are blank workbooks of the reports that the letter reminds of.
    """
    about = letter_context(letter, pack, attachments)
    values = {
        "about": about,
        "office": pack.correspondence.office,
        "program": pack.program,
        "attachments": attachments,
        "templates": templates,
    }
    text = render("mail/letter.txt.j2", **values)
    # Many mail programs drop style sheets: the styles go into the elements.
    html = css_inline.inline(render("mail/letter.html.j2", **values))
    # The older classes are on purpose: Python 3.11's EmailMessage loses and adds spaces where it
    # folds a long Vietnamese subject or name ("S óc Trăng"; seen 2026-11-23).
    bodies = MIMEMultipart("alternative", boundary=f"mtqg-{letter.message_id}")
    bodies.attach(text_part(text, "plain"))
    bodies.attach(text_part(html, "html"))
    files = (*attachments, *templates)
    message = with_attachments(bodies, files, boundary=f"mtqg-files-{letter.message_id}")
    address_message(
        message,
        pack,
        to=about.receiver,
        subject=render("mail/subject.j2", **values),
        number=letter.message_id,
        at=letter.created_at,
        more={**_thread_headers(letter, pack), "Content-Language": "vi"},
    )
    return message


def _thread_headers(letter: Letter, pack: Pack) -> dict[str, str]:
    """Return the headers that sort a letter below the earlier ones about the same reports."""
    ids = [message_id(number, pack) for number in letter.references]
    if not ids:
        return {}
    # The oldest is first: a mail program puts this letter below the last one.
    return {"In-Reply-To": ids[-1], "References": "\r\n ".join(ids)}
