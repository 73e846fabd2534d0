"""Files in a mail, under names with Vietnamese letters that Outlook and Gmail show."""

from collections.abc import Sequence
from email.encoders import encode_base64
from email.header import Header
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart

from publish.marking.attaching import Attachment

_TYPE = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")
_ONE_LINE = 10_000


def with_attachments(bodies: MIMEMultipart, attachments: Sequence[Attachment], *, boundary: str) -> MIMEMultipart:
    """Return `bodies` with the files beside them; as it is where there are none."""
    files = [_file(each.name, each.content) for each in attachments if each.content is not None]
    if not files:
        return bodies
    mixed = MIMEMultipart("mixed", boundary=boundary)
    for part in (bodies, *files):
        mixed.attach(part)
    return mixed


def _file(name: str, content: bytes) -> MIMEBase:
    # Twice: RFC 2231 is the standard, and RFC 2047 within quotes, which no standard has, is what older Outlook reads.
    file = MIMEBase(*_TYPE, name=Header(name, "utf-8", maxlinelen=_ONE_LINE).encode())
    file.set_payload(content)
    encode_base64(file)
    file.add_header("Content-Disposition", "attachment", filename=("utf-8", "", name))
    return file
