"""Writing the sample mails into a folder: as HTML, as text, as .eml, and an index of them."""

from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from pathlib import Path

from program.digest import Counted, Digest, Undelivered
from program.pack import Pack
from publish.digest import compose_alarm, compose_digest
from publish.mail import compose
from publish.preview.letters import DELIVERY, sample_letters
from publish.preview.sample import linked_sample, marked_sample, sample_of, with_deadlines
from publish.rendering import render


def write_previews(pack: Pack, today: date, folder: Path) -> list[Path]:
    """Write each kind of mail into `folder` and return the files, the index first. The same pack and day give the same files.

    Raises ConfigurationError where the pack asks nobody for a report whom it can write to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written, shown = [], []
    for number, (kind, message) in enumerate(_mails(pack, today).items(), start=1):
        name, mail = f"{number:02}-{kind}", _as_received(message)
        for subtype, suffix in (("html", "html"), ("plain", "txt")):
            body = mail.get_body((subtype,))
            if body is not None:
                (folder / f"{name}.{suffix}").write_text(str(body.get_content()), encoding="utf-8", newline="\n")
                written.append(folder / f"{name}.{suffix}")
        (folder / f"{name}.eml").write_bytes(message.as_bytes(policy=message.policy.clone(linesep="\r\n")))
        written.append(folder / f"{name}.eml")
        shown.append((name, str(mail["Subject"]), str(mail["To"]), (folder / f"{name}.html").exists()))
    index = folder / "index.html"
    index.write_text(render("mail/preview.html.j2", shown=shown, program=pack.program), encoding="utf-8")
    return [index, *written]


def _mails(pack: Pack, today: date) -> dict[str, Message]:
    pack = with_deadlines(pack)
    sample = sample_of(pack, today)
    marked = marked_sample(sample, DELIVERY)
    mails = {}
    for kind, letter in sample_letters(sample, pack).items():
        is_marked = any(notice.delivery_id == DELIVERY and notice.findings for notice in letter.notices) and kind != "overruled"
        file = linked_sample(marked, letter.day) if kind == "too-large" else marked
        mails[kind] = compose(letter, pack, [file] if is_marked else [])
    at = datetime(today.year, today.month, today.day, 18, tzinfo=UTC)
    mails["digest"] = compose_digest(_digest(pack, at), pack)
    mails["alarm"] = compose_alarm("No night has completed for 26 hours: the last one ended two days ago.", pack, at)
    return mails


def _digest(pack: Pack, at: datetime) -> Digest:
    refused = Undelivered(
        recipient=pack.correspondence.office.email,
        about=("quarantined",),
        is_final=True,
        attempts=1,
        since=at,
        error="mail server mail.example: 550 5.1.1 no such user",
    )
    return Digest(
        run_id=31,
        as_of=at.date(),
        started_at=at,
        lasted=timedelta(minutes=4, seconds=12),
        errors=("source portal: did not answer within 30 s; check its address and MTQG_PORTAL_URL",),
        counts=(Counted("received", 12, 140), Counted("accepted", 10, 131), Counted("mails written", 2, 3)),
        earlier_nights=30,
        seconds={"source inbox": 12.4, "load": 190.2, "alert": 31.0},
        undelivered=(refused,),
        waiting=0,
        due_for_purge=2,
        warehouse_bytes=182_000_000,
        disk_free_bytes=3_100_000_000,
        disk_bytes=40_000_000_000,
        links={"page": "var/site/index.html", "quality": "var/site/quality.html"},
    )


def _as_received(message: Message) -> EmailMessage:
    received = message_from_bytes(message.as_bytes(), policy=policy.default)
    assert isinstance(received, EmailMessage)  # noqa: S101  (what policy.default makes)
    return received
