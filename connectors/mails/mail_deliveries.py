"""A mail as a container: its attachments, and the files in zips among them, within limits.

`connectors.zip_deliveries` does the same for a zip.
"""

from collections.abc import Iterator
from dataclasses import replace
from email.message import Message
from itertools import islice

from connectors.mails.parts import AttachedFile, attached_files, opened_mail
from connectors.packed_file import PackedFile, packed_file
from connectors.reader.open.signatures import is_mail
from connectors.zip_deliveries import is_zip_of_reports, members_of, refuse_zip
from program.finding import ReaderFinding
from program.limits import Limits
from program.mail import InboundMail
from program.vietnamese import format_number

_TNEF_TYPES = ("application/ms-tnef", "application/vnd.ms-tnef")
_TNEF_NAME = "winmail.dat"
_TNEF_START = b"\x78\x9f\x3e\x22"
_CLOUD_FILE = "liên kết đến tệp trên mạng"
_DEEPEST = 5
"""How many mails may be attached within each other."""


def extractable_mail(content: bytes, limits: Limits) -> Message | ReaderFinding:
    """Return a mail for `files_of_mail`, or why it is not extracted."""
    try:
        message = opened_mail(content)
        # No more are counted than one too many.
        files = islice(_files(message, limits), limits.packed_files + 1)
        count = sum(1 for _ in files)
    except Exception:
        # Anybody can write a mail: with too many parts, nested a thousand deep, or such that it
        # breaks the library.
        return ReaderFinding("FILE-14")
    if count > limits.packed_files:
        limit = f"{format_number(limits.packed_files)} tệp trong một thư"
        return ReaderFinding("FILE-05", values={"limit": limit})
    return message


def files_of_mail(message: Message, mail: InboundMail, limits: Limits) -> Iterator[PackedFile]:
    """Yield the files of a mail, each as a zip's, or the one thing that its sender must learn.

    A mail without a file yields none, unless it has a link to a file in a cloud. What a program
    sent is kept, and never checked: its files are all marked as attachments.
    """
    if mail.is_automatic:
        yield from (_kept_unread(file) for file in _files(message, limits))
        return
    has_report = any(_is_to_check(file) for file in _files(message, limits))
    count = 0
    for count, file in enumerate(_files(message, limits), start=1):
        # Scans only: their sender learns that a report is more. In a reply they are the answer.
        is_alone = count == 1 and not has_report and not mail.thread_ids
        yield replace(file, is_attachment=file.is_attachment and not is_alone)
    if count == 0 and mail.links:
        values = {"link": mail.links[0]}
        yield PackedFile(_CLOUD_FILE, 0, None, ReaderFinding("FILE-12", values=values))


def _kept_unread(file: PackedFile) -> PackedFile:
    return replace(file, refusal=None, is_attachment=True)


def _is_to_check(file: PackedFile) -> bool:
    return not file.is_attachment


def _files(message: Message, limits: Limits, depth: int = 0) -> Iterator[PackedFile]:
    """Yield the attachments of a mail: of a zip and of an attached mail, the files in them."""
    for attached in attached_files(message):
        yield from _files_in(attached, limits, depth)


def _files_in(attached: AttachedFile, limits: Limits, depth: int) -> Iterator[PackedFile]:
    content = attached.content
    if _is_tnef(attached):
        yield PackedFile(attached.name, len(content), None, ReaderFinding("FILE-13"))
    elif is_zip_of_reports(content):
        yield from _files_of_zip(attached, limits)
    elif is_mail(content) and depth < _DEEPEST:
        yield from _files(opened_mail(content), limits, depth + 1)
    else:
        yield packed_file(attached.name, content)


def _is_tnef(attached: AttachedFile) -> bool:
    """Tell whether a file is how Outlook packs all attachments where only Outlook opens them."""
    if attached.content.startswith(_TNEF_START):
        return True
    return attached.media_type in _TNEF_TYPES or attached.name.lower() == _TNEF_NAME


def _files_of_zip(attached: AttachedFile, limits: Limits) -> Iterator[PackedFile]:
    content = attached.content
    refusal = refuse_zip(content, limits)
    if refusal is None:
        for member in members_of(content, limits):
            yield replace(member, name=f"{attached.name} / {member.name}")
        return
    # A zip of scans accompanies the tables; of any other that is refused its sender must learn.
    is_attachment = refusal.rule == "FILE-02"
    kept = content if is_attachment else None
    yield PackedFile(
        attached.name,
        len(content),
        kept,
        None if is_attachment else refusal,
        is_attachment=is_attachment,
    )
