"""Writing of the sample mails into a folder: as HTML, text and .eml, with an index."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from pathlib import Path

from connectors.mails.headers import readable_value
from program.pack.alarm_addresses import AlarmAddresses
from program.pack.pack import Pack
from program.records.digest import Counted, Digest, Undelivered
from program.records.letter import Letter, RunAlarm
from program.records.storage import Storage
from publish.mail.blank_templates import blank_templates
from publish.mail.channel_texts import alarm_text, office_text
from publish.mail.message import compose
from publish.mail.operator_mails import compose_alarm, compose_digest
from publish.marking.letter_attachments import Attachment
from publish.preview.letters import ABOUT_ANSWERS, DELIVERY, MailKind, sample_letters
from publish.preview.morning import morning_of, sample_morning
from publish.preview.sample import (
    Sample,
    WordFinding,
    linked_sample,
    marked_sample,
    sample_of,
    with_deadlines,
)
from publish.rendering import render

_SUFFIXES = {"html": "html", "plain": "txt"}
"""Of the files by the subtype of a mail's body."""
_DECISIONS = 2
"""What waits for the office itself, in the sample text of its channel."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A sample mail in the index: its name, headers and files."""

    name: str
    subject: str
    to: str
    has_html: bool
    files: tuple[Path, ...]


def write_previews(
    pack: Pack,
    today: date,
    folder: Path,
    word: WordFinding,
    *,
    has_intake: bool = True,
) -> list[Path]:
    """Write each kind of mail into `folder`; return the files, the index first.

    `word` gives their findings the words of the rules, `has_intake` is as for `compose`. The same
    pack and day give the same files.
    Raises ConfigurationError if no report is due from a unit with a contact.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # Deadlines of a new pack are placeholders, which letters leave out.
    pack = with_deadlines(pack)
    sample = sample_of(pack, today, word)
    mails = _mails(sample, pack, today, has_intake=has_intake)
    entries: list[_Entry] = []
    for number, (kind, message) in enumerate(mails.items(), start=1):
        name = f"{number:02}-{kind}"
        entries.append(_write_mail(message, name, folder))
    rows = [(entry.name, entry.subject, entry.to, entry.has_html) for entry in entries]
    html = render("mail/preview.html.j2", shown=rows, program=pack.program)
    index = folder / "index.html"
    index.write_text(html, encoding="utf-8")
    files = [index]
    for entry in entries:
        files += entry.files
    files.append(_write_channels(sample, pack, folder))
    return files


def _write_channels(sample: Sample, pack: Pack, folder: Path) -> Path:
    """Write the short texts that channels get, the office's about the morning of its mail."""
    morning = morning_of(sample, pack)
    errors = ("source portal: did not answer within 30 s", "mail: connection refused")
    messages = (
        office_text(morning.came, morning.reports, _DECISIONS, pack, morning.day),
        alarm_text([RunAlarm(31, errors)], pack.program),
        alarm_text([RunAlarm(31, (), days_without=2)], pack.program),
    )
    file = folder / "channels.txt"
    texts = [f"{title}\n{body}\n" for title, body in messages]
    file.write_text("\n".join(texts), encoding="utf-8", newline="\n")
    return file


def _write_mail(message: Message, name: str, folder: Path) -> _Entry:
    received = _as_received(message)
    files = []
    for subtype, suffix in _SUFFIXES.items():
        body = received.get_body((subtype,))
        if body is not None:
            file = folder / f"{name}.{suffix}"
            file.write_text(str(body.get_content()), encoding="utf-8", newline="\n")
            files.append(file)
    mail = folder / f"{name}.eml"
    mail.write_bytes(message.as_bytes(policy=message.policy.clone(linesep="\r\n")))
    files.append(mail)
    return _Entry(
        name=name,
        subject=str(received["Subject"]),
        # Python's new policy shows a name in two encoded words with a space too many.
        to=readable_value(message, "To"),
        has_html=received.get_body(("html",)) is not None,
        files=tuple(files),
    )


def _mails(sample: Sample, pack: Pack, today: date, *, has_intake: bool) -> dict[MailKind, Message]:
    marked = marked_sample(sample, pack, DELIVERY)
    mails: dict[MailKind, Message] = {}
    for kind, letter in sample_letters(sample, pack).items():
        attachments = _attachments(kind, letter, marked)
        templates = blank_templates(letter, pack, attachments)
        # These are about an answer to a letter: the pack takes answers from a mailbox.
        reply_to = pack.correspondence.office.email if kind in ABOUT_ANSWERS else ""
        mails[kind] = compose(letter, pack, attachments, templates, reply_to, has_intake=has_intake)
    mails[MailKind.MORNING] = sample_morning(sample, pack, f"preview-{MailKind.MORNING}")
    at = datetime(today.year, today.month, today.day, 18, tzinfo=UTC)
    digest = _digest(pack, at)
    mails[MailKind.DIGEST] = compose_digest(digest, pack)
    alarm = "No run has completed for 26 hours: the last one ended two days ago."
    mails[MailKind.ALARM] = compose_alarm(alarm, AlarmAddresses.of_pack(pack), at)
    return mails


def _attachments(
    kind: MailKind,
    letter: Letter,
    marked: Attachment,
) -> list[Attachment]:
    """Return the marked workbook where a real letter of the kind has one."""
    own = [notice for notice in letter.notices if notice.delivery_id == DELIVERY]
    has_findings = any(notice.findings for notice in own)
    # Findings that do not count are not marked.
    if not has_findings or kind is MailKind.WAIVED:
        return []
    if kind is MailKind.TOO_LARGE:
        return [linked_sample(marked, letter.day)]
    return [marked]


def _digest(pack: Pack, at: datetime) -> Digest:
    refused = Undelivered(
        recipient=pack.correspondence.office.email,
        about=("quarantined",),
        is_final=True,
        attempts=1,
        since=at,
        error="mail server mail.example: 550 5.1.1 no such user",
    )
    error = "source portal: did not answer within 30 s; check its address and MTQG_PORTAL_URL"
    counts = (
        Counted("received", 12, 140),
        Counted("accepted", 10, 131),
        Counted("mails written", 2, 3),
    )
    return Digest(
        run_id=31,
        as_of=at.date(),
        started_at=at,
        lasted=timedelta(minutes=4, seconds=12),
        errors=(error,),
        counts=counts,
        earlier_runs=30,
        seconds={"source inbox": 12.4, "load": 190.2, "alert": 31.0},
        undelivered=(refused,),
        waiting=0,
        due_for_purge=2,
        storage=Storage(182_000_000, disk_free_bytes=3_100_000_000, disk_bytes=40_000_000_000),
        links={"page": "var/site/index.html", "quality": "var/site/quality.html"},
    )


def _as_received(message: Message) -> EmailMessage:
    """Return a mail as the receiver's program reads it from its bytes."""
    received = message_from_bytes(message.as_bytes(), policy=policy.default)
    assert isinstance(received, EmailMessage)  # noqa: S101  (policy.default makes no other)
    return received
