"""One letter as an e-mail: subject, text and HTML, from the templates; the same letter gives the same bytes."""

from collections.abc import Sequence
from email.message import Message
from email.mime.multipart import MIMEMultipart

import css_inline

from program.letter import Letter
from program.pack import Pack
from publish.enclosing import with_attachments
from publish.letterhead import address_message, message_id, text_part
from publish.marking.attaching import Attachment
from publish.rendering import render
from publish.wording import about_of


def compose(letter: Letter, pack: Pack, attachments: Sequence[Attachment] = ()) -> Message:
    """Return the mail for `letter`, in the office's name, with its marked workbooks; it says which were too large."""
    about = about_of(letter, pack, attachments)
    values = {"about": about, "office": pack.correspondence.office, "program": pack.program, "attachments": attachments}
    # The older classes, on purpose: EmailMessage of Python 3.11 loses and adds spaces where it folds a long Vietnamese
    # subject or name into several encoded words ("S óc Trăng"; seen 2026-11-23).
    bodies = MIMEMultipart("alternative", boundary=f"mtqg-{letter.message_id}")
    bodies.attach(text_part(render("mail/letter.txt.j2", **values), "plain"))
    bodies.attach(text_part(css_inline.inline(render("mail/letter.html.j2", **values)), "html"))
    message = with_attachments(bodies, attachments, boundary=f"mtqg-files-{letter.message_id}")
    subject = render("mail/subject.j2", **values)
    more = {**_thread(letter, pack), "Content-Language": "vi"}
    address_message(message, pack, to=about.receiver, subject=subject, number=letter.message_id, at=letter.created_at, more=more)
    return message


def _thread(letter: Letter, pack: Pack) -> dict[str, str]:
    """Return the headers that put a letter under the earlier ones about the same reports."""
    ids = [message_id(number, pack) for number in letter.references]
    return {"In-Reply-To": ids[-1], "References": "\r\n ".join(ids)} if ids else {}
