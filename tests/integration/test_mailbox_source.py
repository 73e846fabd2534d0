"""A mailbox as a source: each mail once, each file once, nobody checked who did not send it, nobody answered who is a program."""

import os
import resource
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.sources.mailbox import MailFolder
from connectors.sources.register import connect
from flows.night import collecting, steps
from flows.night.run_context import RunContext, open_run
from flows.recovery.rebuild import Rebuilding
from flows.recovery.replay_log import export_changes
from program.delivery import Offer
from program.errors import SourceError, TransientError
from program.mail import HoldReason
from program.pack.pack import Pack
from program.pack.source import MailboxSource
from program.records.audit import Signature
from program.settings import Settings
from tests.conftest import Fill
from tests.imap import Folder, serving
from tests.integration.test_steps import BAD_LEVELS
from tests.mails import (
    OFFICE,
    OTHER_UNIT,
    SERVER,
    STRANGER,
    UNIT,
    attached,
    forwarded,
    mail,
    packed,
    page,
    plain,
)
from tests.steps_by_hand import collect, load
from tests.unit.test_mails import HOSTILE, INLINE, TNEF
from warehouse.database.engine import open_warehouse
from warehouse.lifecycle.holds import HoldDecision, held_deliveries, refuse_held, release_held
from warehouse.maintenance.diff import differences
from warehouse.maintenance.swap import staging_url
from warehouse.states import DeliveryState
from warehouse.tables import DeliveryRow, FindingRow, HoldRow, MailRow, OutboxRow, SubmissionRow

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("reads_here")]

PDF = b"%PDF-1.7 scan"
NOON = datetime(2025, 1, 20, 5, tzinfo=UTC)
LINK = "https://drive.google.com/file/d/1/view"


@dataclass(frozen=True)
class Expected:
    """A mail, the state in which it ends, and those of its files by their names."""

    content: bytes
    state: DeliveryState
    files: dict[str, str]


def box(fill: Fill) -> dict[str, Expected]:
    """Return mails of units, strangers and programs: some as they should be, most not."""
    good = fill("942", "2024-Q4")
    older = fill("942", "2024-Q3")
    bad = fill("943", "2024-Q4", levels=BAD_LEVELS)
    extracted, held = DeliveryState.MAIL_EXTRACTED, DeliveryState.HELD
    numbers = iter(range(1, 100))

    def sent(
        *parts: tuple, sender: str = UNIT, subject: str = "Báo cáo", more: tuple = ()
    ) -> bytes:
        number = f"{next(numbers)}@{sender.rpartition('@')[2]}"
        return mail(parts, sender=sender, number=number, subject=subject, more=more)

    text = plain("Kính gửi báo cáo.")
    report = attached("báo cáo.xlsx", good)
    failed = (f"Authentication-Results: {SERVER}; dmarc=fail header.from=chau-thanh.example",)
    vacation = ("Auto-Submitted: auto-replied",)
    boxed = {
        "report": Expected(sent(text, report), extracted, {"báo cáo.xlsx": "processed"}),
        "again": Expected(sent(text, report), extracted, {"báo cáo.xlsx": "duplicate"}),
        "zip": Expected(
            sent(text, attached("g.zip", packed({"Q3.xlsx": older, "cv.pdf": PDF}))),
            extracted,
            {"g.zip / Q3.xlsx": "processed", "g.zip / cv.pdf": "attachment"},
        ),
        "wrong": Expected(
            sent(text, attached("sai.xlsx", bad), sender=OTHER_UNIT),
            extracted,
            {"sai.xlsx": "processed"},
        ),
        "scan beside": Expected(
            sent(report, attached("cv.pdf", PDF), INLINE),
            extracted,
            {"báo cáo.xlsx": "duplicate", "cv.pdf": "attachment"},
        ),
        "scan alone": Expected(
            sent(text, attached("quét.pdf", PDF)), extracted, {"quét.pdf": "processed"}
        ),
        "reply with a scan": Expected(
            sent(text, attached("giải trình.pdf", PDF), more=("In-Reply-To: <x@y>",)),
            extracted,
            {"giải trình.pdf": "attachment"},
        ),
        "text only": Expected(sent(text), extracted, {}),
        "logo only": Expected(sent(page("<p>Chào</p>"), INLINE), extracted, {}),
        "link": Expected(
            sent(plain(f"Xem {LINK}")), extracted, {"liên kết đến tệp trên mạng": "processed"}
        ),
        "winmail": Expected(
            sent(text, attached("winmail.dat", TNEF)), extracted, {"winmail.dat": "processed"}
        ),
        "forwarded": Expected(
            sent(text, forwarded(mail([report], sender=STRANGER))),
            extracted,
            {"báo cáo.xlsx": "duplicate"},
        ),
        "as .eml": Expected(
            sent(text, attached("x.eml", mail([report], sender=STRANGER))),
            extracted,
            {"báo cáo.xlsx": "duplicate"},
        ),
        "no name": Expected(
            sent(attached(None, b"\x00\x01\x02")), extracted, {"tệp không tên": "processed"}
        ),
        "empty file": Expected(sent(attached("a.xlsx", b"")), extracted, {"a.xlsx": "processed"}),
        "locked": Expected(
            sent(attached("k.zip", b"PK\x03\x04 broken")), extracted, {"k.zip": "processed"}
        ),
        "stranger": Expected(sent(text, report, sender=STRANGER), held, {}),
        "stranger's name": Expected(sent(report, sender=f'"{UNIT}" <{STRANGER}>'), held, {}),
        "office": Expected(sent(report, sender=OFFICE), held, {}),
        "two units": Expected(sent(report, sender=f"{UNIT}, {OTHER_UNIT}"), held, {}),
        "not authentic": Expected(sent(report, more=failed), held, {}),
        "no sender": Expected(sent(report, sender=""), held, {}),
        "vacation": Expected(sent(text, sender=UNIT, more=vacation), extracted, {}),
        "vacation of a stranger": Expected(
            sent(text, sender=STRANGER, more=vacation), extracted, {}
        ),
        "list": Expected(
            sent(report, more=("List-Id: <tin.example>",)),
            extracted,
            {"báo cáo.xlsx": "attachment"},
        ),
        "bounce": Expected(
            sent(text, sender="mailer-daemon@x.example", more=("Return-Path: <>",)), extracted, {}
        ),
        "our own letter": Expected(
            sent(text, sender=OFFICE, more=("Auto-Submitted: auto-generated",)), extracted, {}
        ),
        "no number": Expected(mail([text], number=None), extracted, {}),
        "the same number": Expected(
            mail([text], number="1@chau-thanh.example", subject="Khác"), extracted, {}
        ),
        "too complex": Expected(
            mail([text], number="c@chau-thanh.example") + b"\n" * 1_000_001,
            DeliveryState.PROCESSED,
            {},
        ),
    }
    for name, content in HOSTILE.items():
        # Only one of them says who sent it.
        state = DeliveryState.PROCESSED if UNIT.encode() in content else held
        boxed[name] = Expected(b"Subject: %s\n" % name.encode() + content, state, {})
    return boxed


def put(maildir: Path, mails: dict[str, bytes]) -> None:
    for folder in ("new", "cur"):
        (maildir / folder).mkdir(parents=True, exist_ok=True)
    for minute, (name, content) in enumerate(mails.items()):
        path = maildir / "new" / f"{minute:03d}.{name}"
        path.write_bytes(content)
        moment = NOON.timestamp() + 60 * minute
        os.utime(path, (moment, moment))


@pytest.fixture
def maildir(settings: Settings) -> Path:
    return settings.var.parent / "mailbox"


@pytest.fixture
def mailed(settings: Settings, maildir: Path) -> Settings:
    """Settings with a mailbox beside the empty inbox."""
    put(maildir, {})
    return settings.model_copy(update={"mailbox_url": SecretStr(f"maildir:{maildir}")})


@pytest.fixture
def trusting(pack: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the mailbox of the pack name the server whose results count."""
    (source,) = [each for each in pack.sources if isinstance(each, MailboxSource)]
    declared = source.model_copy(update={"authentication_server": SERVER})
    others = [each for each in pack.sources if each is not source]
    monkeypatch.setattr(RunContext, "sources", lambda *_: [*others, declared])


def taken(settings: Settings) -> RunContext:
    """Take in what has come, check it and answer, as a run does."""
    run = open_run(settings, None)
    collect(run)
    load(run)
    steps.alert(run)
    run.finish()
    return run


def outcomes(run: RunContext) -> dict[str, tuple[str, dict[str, str]]]:
    """Return the state of each mail by its place in the box, with those of its files."""
    with Session(run.warehouse) as session:
        rows = session.scalars(select(DeliveryRow).order_by(DeliveryRow.id)).all()
    files: dict[int, dict[str, str]] = {}
    for row in rows:
        if row.archive_delivery_id is not None:
            of_mail = files.setdefault(row.archive_delivery_id, {})
            of_mail[row.name.split(" / ", 1)[1]] = row.state.value
    mails = sorted(
        (row for row in rows if row.archive_delivery_id is None), key=lambda row: row.received_at
    )
    return {str(place): (row.state.value, files.get(row.id, {})) for place, row in enumerate(mails)}


def recipients(run: RunContext) -> set[str]:
    with Session(run.warehouse) as session:
        return set(session.scalars(select(OutboxRow.recipient).where(OutboxRow.kind == "checked")))


@pytest.mark.both_databases
@pytest.mark.usefixtures("trusting")
def test_every_mail_of_a_hostile_box_ends_in_its_outcome(
    mailed: Settings, maildir: Path, fill: Fill
) -> None:
    mails = box(fill)
    put(maildir, {name: each.content for name, each in mails.items()})
    before = {path: path.read_bytes() for path in maildir.rglob("*.*")}
    run = taken(mailed)
    assert run.summary.errors == []
    found = dict(zip(mails, outcomes(run).values(), strict=True))
    expected = {name: (each.state.value, each.files) for name, each in mails.items()}
    assert found == expected
    assert recipients(run) == {UNIT, OTHER_UNIT}
    assert {path: path.read_bytes() for path in maildir.rglob("*.*")} == before
    counted = Counter(state for state, _ in expected.values())
    assert run.summary.held == counted["held"]
    assert run.summary.mails_extracted == counted["mail_extracted"]
    assert run.summary.automatic_mails == 5
    (warning,) = run.summary.warnings
    assert "of unit 942 has files, and a program or a list sent it" in warning

    again = taken(mailed)
    assert (again.summary.errors, again.summary.known) == ([], len(mails))
    assert (again.summary.received, again.summary.mails_written) == (0, 0)
    assert outcomes(again) == outcomes(run)


@pytest.mark.usefixtures("trusting")
def test_each_held_mail_says_why(mailed: Settings, maildir: Path, fill: Fill) -> None:
    mails = {
        name: each.content
        for name, each in box(fill).items()
        if each.state is DeliveryState.HELD and name not in HOSTILE
    }
    put(maildir, mails)
    run = taken(mailed)
    held = held_deliveries(run.warehouse)
    assert dict(zip(mails, [each.reason for each in held], strict=True)) == {
        "stranger": HoldReason.UNKNOWN_SENDER,
        "stranger's name": HoldReason.UNKNOWN_SENDER,
        "office": HoldReason.OFFICE_SENDER,
        "two units": HoldReason.AMBIGUOUS_SENDER,
        "not authentic": HoldReason.AUTHENTICATION_FAILED,
        "no sender": HoldReason.UNKNOWN_SENDER,
    }
    assert held[0].mail is not None
    assert (held[0].mail.from_addresses, held[0].mail.own_text) == (
        (STRANGER,),
        "Kính gửi báo cáo.",
    )
    assert (run.summary.verdicts.total(), recipients(run)) == (0, set())


def held_number(run: RunContext, name: str) -> int:
    (found,) = [
        each.delivery.id for each in held_deliveries(run.warehouse) if each.delivery.name == name
    ]
    return found


@pytest.mark.both_databases
def test_a_released_mail_counts_as_its_unit_s_and_a_refused_one_never(
    mailed: Settings, maildir: Path, fill: Fill
) -> None:
    report = attached("báo cáo.xlsx", fill("942", "2024-Q4"))
    text = mail([plain("Giải trình")], sender=STRANGER, number="t@la.example", subject="chữ")
    put(
        maildir,
        {
            "one": mail([report], sender=STRANGER, number="1@la.example", subject="nhận"),
            "other": mail([report], sender=STRANGER, number="2@la.example", subject="bỏ"),
            "text": text,
            "later": mail([report], sender=STRANGER, number="3@la.example", subject="chờ"),
        },
    )
    first = taken(mailed)
    engine = first.warehouse
    accepted, refused = held_number(first, "nhận"), held_number(first, "bỏ")
    words = held_number(first, "chữ")
    for number in (accepted, words):
        done = release_held(engine, number, "942", Signature("Bà A", first.now(), "Thư cá nhân"))
        assert done == HoldDecision("942", "Bà A", done.decided_at, is_new=True)
    done = refuse_held(engine, refused, Signature("Bà A", first.now(), "Thư rác"))
    assert done == HoldDecision(None, "Bà A", done.decided_at, is_new=True)
    again = release_held(engine, refused, "942", Signature("x", first.now(), "y"))
    assert again == HoldDecision(None, "Bà A", done.decided_at, is_new=False)
    assert refuse_held(engine, 999, Signature("x", first.now(), "y")) is None
    export_changes(mailed, engine)

    second = taken(mailed)
    assert second.summary.errors == []
    with Session(second.warehouse) as session:
        submissions = session.scalars(select(SubmissionRow)).all()
        hold = session.get_one(HoldRow, accepted)
    assert [(row.unit_code, row.verdict) for row in submissions] == [("942", "accepted")]
    assert (hold.unit_code, hold.decided_by, hold.decision_reason) == (
        "942",
        "Bà A",
        "Thư cá nhân",
    )
    assert [each.delivery.name for each in held_deliveries(second.warehouse)] == ["chờ"]

    rebuilt_url = staging_url(mailed.warehouse_url)
    result = Rebuilding(mailed, rebuilt_url).run(lambda _: None)
    assert result.failed == []
    rebuilt = open_warehouse(rebuilt_url)
    assert differences(second.warehouse, rebuilt, 5).examples == []


@pytest.mark.both_databases
@pytest.mark.usefixtures("trusting")
def test_a_warehouse_of_mails_is_rebuilt_from_the_archive(
    mailed: Settings, maildir: Path, fill: Fill
) -> None:
    mails = {name: each.content for name, each in box(fill).items() if name not in HOSTILE}
    put(maildir, mails)
    run = taken(mailed)
    rebuilt_url = staging_url(mailed.warehouse_url)
    assert Rebuilding(mailed, rebuilt_url).run(lambda _: None).failed == []
    rebuilt = open_warehouse(rebuilt_url)
    assert differences(run.warehouse, rebuilt, 5).examples == []
    with Session(rebuilt) as session:
        assert len(session.scalars(select(MailRow)).all()) == len(mails)


def test_mails_that_arrived_in_a_run_that_was_killed_are_in_the_rebuilt_warehouse(
    mailed: Settings, maildir: Path, fill: Fill
) -> None:
    taken(mailed)
    report = attached("a.xlsx", fill("942", "2024-Q4"))
    put(
        maildir,
        {
            "one": mail([report], more=["In-Reply-To: <x@y>"]),
            "other": mail([report], sender=STRANGER, number="2@la.example"),
        },
    )
    killed = open_run(mailed, None)
    for source in killed.sources(None):
        collecting.collect(killed, source)
    killed.readers.close()
    rebuilt_url = staging_url(mailed.warehouse_url)
    assert Rebuilding(mailed, rebuilt_url).run(lambda _: None).arrived == 2
    with Session(open_warehouse(rebuilt_url)) as session:
        rows = {row.delivery_id: row for row in session.scalars(select(MailRow))}
        states = session.execute(select(DeliveryRow.state, DeliveryRow.id)).all()
        holds = session.scalars(select(HoldRow.reason)).all()
    assert {state: rows[number].thread_ids for state, number in states} == {
        DeliveryState.MAIL_PENDING: ["x@y"],
        DeliveryState.HELD: [],
    }
    assert holds == [HoldReason.UNKNOWN_SENDER]


def test_an_exported_mail_in_a_folder_is_taken_apart_too(settings: Settings, fill: Fill) -> None:
    content = mail([plain("x"), attached("a.xlsx", fill("942", "2024-Q4"))], sender=STRANGER)
    inbox = Path(settings.inbox_url)
    for place in ("942/thư.eml", "không rõ/thư.eml"):
        path = inbox / place
        path.parent.mkdir()
        path.write_bytes(content)
        os.utime(path, (NOON.timestamp(), NOON.timestamp()))
    run = taken(settings)
    assert run.summary.errors == []
    states = Counter(state for state, _ in outcomes(run).values())
    # Who put it into a unit's folder is that unit; elsewhere the mail says it.
    assert states == {"mail_extracted": 1, "held": 1}
    assert run.summary.verdicts["accepted"] == 1


def server_of(settings: Settings, port: int) -> Settings:
    url = f"imap://mtqg%40soctrang.example:p%22w%2Fd@127.0.0.1:{port}"
    return settings.model_copy(update={"mailbox_url": SecretStr(url)})


def numbered(count: int, first: int = 1) -> dict[int, bytes]:
    return {
        uid: mail([plain("x")], number=f"{uid}@chau-thanh.example")
        for uid in range(first, first + count)
    }


@pytest.mark.usefixtures("trusting")
def test_a_box_on_a_server_is_read_and_never_changed(settings: Settings, fill: Fill) -> None:
    mails = box(fill)
    contents = {uid: each.content for uid, each in enumerate(mails.values(), start=5)}
    folder = Folder(
        contents, arrived={5 + n: f"20-Jan-2025 09:{n:02d}:00 +0700" for n in range(60)}
    )
    with serving(folder) as port:
        run = taken(server_of(settings, port))
        assert run.summary.errors == []
        found = dict(zip(mails, outcomes(run).values(), strict=True))
        assert found == {name: (each.state.value, each.files) for name, each in mails.items()}
        folder.commands.clear()
        again = taken(server_of(settings, port))
    # Nothing is new beyond the cursor: not one mail was asked for.
    assert (again.summary.errors, again.summary.known) == ([], 0)
    verbs = {
        command.partition('"')[0].partition("(")[0].split(":")[0] for command in folder.commands
    }
    assert verbs <= {"LOGIN ", "EXAMINE ", "LOGOUT", f"UID SEARCH UID {max(contents) + 1}"}
    assert folder.seen == set()


def test_a_server_that_renumbers_its_mails_gives_no_mail_twice(settings: Settings) -> None:
    folder = Folder(numbered(3))
    with serving(folder) as port:
        first = taken(server_of(settings, port))
        folder.validity, folder.mails = 2, {uid + 10: each for uid, each in folder.mails.items()}
        # One that was moved into the folder comes with the highest number.
        folder.mails[99] = mail([plain("x")], number="moved@chau-thanh.example")
        second = taken(server_of(settings, port))
        folder.mails = {}
        third = taken(server_of(settings, port))
    runs = [(run.summary.mails_extracted, run.summary.known) for run in (first, second, third)]
    assert runs == [(3, 0), (1, 3), (0, 0)]
    assert [run.summary.errors for run in (first, second, third)] == [[], [], []]


def mail_folder(settings: Settings, pack: Pack, port: int, **source: object) -> MailFolder:
    declared = MailboxSource.model_validate({"name": "m", "kind": "mailbox", **source})
    connector = connect(declared, server_of(settings, port), pack)
    assert isinstance(connector, MailFolder)
    return connector


def test_a_mail_that_is_deleted_after_it_was_listed_may_come_again(
    settings: Settings, pack: Pack
) -> None:
    folder = Folder(numbered(2))
    with serving(folder) as port:
        box = mail_folder(settings, pack, port)
        offers = [offer for offer, _ in box.offers(None) if isinstance(offer, Offer)]
        del folder.mails[1]
        with pytest.raises(TransientError, match="deleted or moved"):
            box.fetch(offers[0], 1000)
        assert box.fetch(offers[1], 1000) == folder.mails[2]
        assert box.fetch(offers[1], 10) is None
        box.close()


def test_a_folder_of_another_name_is_opened_and_a_server_that_refuses_says_so(
    settings: Settings, pack: Pack
) -> None:
    folder = Folder(numbered(1), name="B&AOE-o c&AOE-o")
    with serving(folder) as port:
        box = mail_folder(settings, pack, port, folder="Báo cáo")
        assert len(list(box.offers(None))) == 1
        box.close()
        with pytest.raises(SourceError, match=r"imap server 127\.0\.0\.1: error: not so"):
            mail_folder(settings, pack, port, folder="Khác")


def test_a_wrong_password_says_what_to_check_and_is_not_shown(
    settings: Settings, pack: Pack
) -> None:
    with serving(Folder(numbered(1))) as port:
        url = SecretStr(f"imap://mtqg%40soctrang.example:hunter2@127.0.0.1:{port}")
        wrong = settings.model_copy(update={"mailbox_url": url})
        declared = MailboxSource(name="m", kind="mailbox")
        with pytest.raises(SourceError, match="not so; check user and password in") as refused:
            connect(declared, wrong, pack)
    assert not isinstance(refused.value, TransientError)
    assert "hunter2" not in str(refused.value)


def test_a_mail_program_that_marks_a_mail_between_list_and_fetch_hides_nothing(
    mailed: Settings, maildir: Path, pack: Pack
) -> None:
    content = mail([plain("x")])
    put(maildir, {"a": content})
    declared = MailboxSource(name="m", kind="mailbox")
    box = connect(declared, mailed, pack)
    assert box is not None
    ((offer, cursor),) = box.offers(None)
    (path,) = (maildir / "new").iterdir()
    path.rename(maildir / "cur" / f"{path.name}:2,S")
    assert isinstance(offer, Offer)
    assert (box.fetch(offer, 1000), cursor) == (content, None)


def test_five_thousand_mails_are_listed_in_few_commands_and_little_memory(
    settings: Settings, pack: Pack
) -> None:
    large = mail([attached("a.bin", bytes(100_000))], number="{}@chau-thanh.example")
    folder = Folder({uid: large.replace(b"{}", b"%d" % uid) for uid in range(1, 5001)})
    with serving(folder) as port:
        box = mail_folder(settings, pack, port)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        offers = [offer.external_id for offer, _ in box.offers(None) if isinstance(offer, Offer)]
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        box.close()
    assert len(set(offers)) == 5000
    fetches = [command for command in folder.commands if command.startswith("UID FETCH")]
    assert len(fetches) == 25
    # The mails have 600 MB; what is kept of each is less than 2 kB.
    assert after - before < 50_000


def test_a_budget_leaves_mails_to_the_next_run_and_the_cursor_before_them(
    settings: Settings, pack: Pack, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared = MailboxSource.model_validate(
        {"name": "mailbox", "kind": "mailbox", "budget": {"files": 3}}
    )
    monkeypatch.setattr(RunContext, "sources", lambda *_: [declared])
    folder = Folder(numbered(7))
    taken = []
    with serving(folder) as port:
        for _ in range(4):
            run = open_run(server_of(settings, port), None)
            collecting.collect(run, declared)
            collecting.unpack(run)
            run.finish()
            taken.append(run.summary.mails_extracted)
    assert taken == [3, 3, 1, 0]


def test_the_letter_about_a_mail_names_it_and_its_file(
    mailed: Settings, maildir: Path, fill: Fill
) -> None:
    bad = attached("sai.xlsx", fill("942", "2024-Q4", levels=BAD_LEVELS))
    put(
        maildir,
        {
            "one": mail([bad], subject="Báo cáo quý IV/2024"),
            "other": mail([plain(LINK)], number="2@x", sender=OTHER_UNIT),
        },
    )
    run = taken(mailed)
    letters = [
        message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in mailed.outbox.glob("*.eml")
    ]
    texts = {str(each["To"]): each.get_body(("plain",)).get_content() for each in letters}
    about = next(text for to, text in texts.items() if UNIT in to)
    assert "Báo cáo quý IV/2024 / sai.xlsx" in about
    with Session(run.warehouse) as session:
        findings = session.scalars(select(FindingRow).where(FindingRow.rule == "FILE-12")).all()
    assert [LINK in finding.message for finding in findings] == [True]
    assert any(LINK in text for text in texts.values())
