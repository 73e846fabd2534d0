"""Attachments of a mail, with Vietnamese file names that Outlook and Gmail show."""

from collections.abc import Sequence
from email.encoders import encode_base64
from email.header import Header
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from pathlib import PurePath

from publish.marking.letter_attachments import Attachment

_OFFICE = "vnd.openxmlformats-officedocument"
_TYPES = {
    ".xlsx": ("application", f"{_OFFICE}.spreadsheetml.sheet"),
    ".docx": ("application", f"{_OFFICE}.wordprocessingml.document"),
}
_OTHER = ("application", "octet-stream")
_ONE_LINE = 10_000
"""A line length that no file name reaches: the header is not folded."""


def with_attachments(
    bodies: MIMEMultipart, attachments: Sequence[Attachment], *, boundary: str
) -> MIMEMultipart:
    """Return a message with `bodies` and the attachments that have content.

    Returns `bodies` itself where none has.
    """
    files = [_file(each.name, each.content) for each in attachments if each.content is not None]
    if not files:
        return bodies
    mixed = MIMEMultipart("mixed", boundary=boundary)
    mixed.attach(bodies)
    for file in files:
        mixed.attach(file)
    return mixed


def _file(name: str, content: bytes) -> MIMEBase:
    # The name stands there twice. RFC 2231 is the standard for Content-Disposition. RFC 2047
    # within quotes follows no standard, and older versions of Outlook read only that.
    kind = _TYPES.get(PurePath(name).suffix.lower(), _OTHER)
    file = MIMEBase(*kind, name=Header(name, "utf-8", maxlinelen=_ONE_LINE).encode())
    file.set_payload(content)
    encode_base64(file)
    file.add_header("Content-Disposition", "attachment", filename=("utf-8", "", name))
    return file
