"""A mailbox in which answers to our letters lie: one explains, one corrects, one does both."""

import time
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session

from flows.night import collecting, steps
from flows.night.run_context import RunContext, open_run
from program.calendar.period import Period
from program.pack.load import load_pack
from program.records.audit import Signature
from program.settings import Settings
from publish.template.values import Values
from publish.template.workbook import write_template
from tests.integration.test_inbox_command import letters
from tests.integration.test_rebuild import compared, rebuilt
from tests.integration.test_waivers import own
from tests.mails import attached, mail, plain
from tests.unit.test_partial_and_waived import OVERSPENT
from tests.unit.test_works_rules import BRIDGE, ROAD
from warehouse.lifecycle.holds import held_deliveries, release_held
from warehouse.queries.office_inbox import explanations, open_explanations
from warehouse.states import DeliveryState, RunKind
from warehouse.tables import DeliveryRow, SubmissionRow

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("reads_here")]

__all__ = ["own"]

_PLACE = {"942": "Xã Phú Tân", "943": "Xã Nhơn Mỹ", "946": "Xã Song Phụng"}
WORDS = "Kính gửi Ban Dân tộc,\nTổng mức đã điều chỉnh theo Quyết định số 12/QĐ-UBND."
ADDRESS = "bao-cao@bandantoc.soctrang.example"


@pytest.fixture
def with_mailbox(own: Settings, tmp_path: Path) -> Settings:
    """Settings of a pack with a Maildir of which units know the address."""
    for folder in ("new", "cur", "tmp"):
        (tmp_path / "mails" / folder).mkdir(parents=True)
    path = own.pack / "sources.yaml"
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    others = [source for source in document["sources"] if source["kind"] != "mailbox"]
    mailbox = {
        "name": "mailbox",
        "kind": "mailbox",
        "url": f"maildir:{tmp_path / 'mails'}",
        "address": ADDRESS,
    }
    document["sources"] = [*others, mailbox]
    path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    return own


def night(settings: Settings, kind: RunKind = RunKind.NIGHTLY) -> RunContext:
    run = open_run(settings, None, kind)
    for source in run.sources(None):
        collecting.collect(run, source)
    collecting.unpack(run)
    steps.reopen(run)
    for chunk in run.pending():
        steps.load(run, steps.check(run, steps.read(run, chunk)))
    steps.explain(run)
    if kind is RunKind.NIGHTLY:
        steps.compare(run)
        steps.remind(run)
    steps.alert(run)
    run.finish()
    return run


def works(settings: Settings, unit: str, *lines: dict) -> bytes:
    pack, when = load_pack(settings.pack), Period.parse("2024-Q4")
    form, reporter = pack.form("works", when), pack.units.get(unit, when.end)
    assert form is not None
    assert reporter is not None
    in_place = [{**line, "work_commune": _PLACE[unit]} for line in lines]
    return write_template(form, reporter, when, Values(lists={"work_list": in_place}))


def put(settings: Settings, unit: str, content: bytes) -> None:
    path = Path(settings.inbox_url) / unit / "works.xlsx"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)


def answer(
    settings: Settings,
    letter: EmailMessage,
    text: str,
    file: bytes | None = None,
    sender: str = "",
) -> None:
    """The recipient of a letter presses "reply", writes above the letter, and sends."""
    said = letter.get_body(("plain",))
    assert said is not None
    quoted = "\n".join(f"> {line}" for line in str(said.get_content()).splitlines())
    body = (
        f"{text}\n\nVào Th 2, 20 thg 1, 2025 lúc 07:05 Ban Dân tộc <{ADDRESS}> đã viết:\n{quoted}"
    )
    parts = [plain(body)]
    if file is not None:
        parts.append(attached("works.xlsx", file))
    sender = sender or letter["To"].addresses[0].addr_spec
    content = mail(
        parts,
        sender=sender,
        number=f"answer-{sender}",
        subject="Re: works",
        more=[f"In-Reply-To: {letter['Message-ID']}", f"References: {letter['Message-ID']}"],
    )
    folder = load_pack(settings.pack).sources[-1].url
    new = Path(str(folder).removeprefix("maildir:")) / "new"
    (new / f"{time.time_ns()}.mail").write_bytes(content)


def by_unit(run: RunContext) -> dict[str, list[str]]:
    """The verdicts of each unit's versions."""
    found: dict[str, list[str]] = {}
    with Session(run.warehouse) as session:
        for row in session.scalars(select(SubmissionRow).order_by(SubmissionRow.id)):
            found.setdefault(str(row.unit_code), []).append(row.verdict)
    return found


def test_one_answer_explains_one_corrects_and_one_does_both(with_mailbox: Settings) -> None:
    for unit, work in (("942", BRIDGE), ("943", ROAD), ("946", BRIDGE)):
        other = {**work, "work_code": f"{work['work_code']}{unit}"}
        put(with_mailbox, unit, works(with_mailbox, unit, OVERSPENT, other))
    first = night(with_mailbox)
    assert by_unit(first) == {unit: ["quarantined"] for unit in ("942", "943", "946")}
    to = {str(letter["To"].addresses[0].addr_spec): letter for letter in letters(with_mailbox)}
    contacts = first.pack.correspondence.units
    explaining, correcting, both = (to[contacts[unit].email] for unit in ("942", "943", "946"))
    assert ADDRESS in str(explaining["Reply-To"])

    right = {**BRIDGE, "work_code": "SỬA-943"}
    still_wrong = works(with_mailbox, "946", OVERSPENT)
    answer(with_mailbox, explaining, WORDS)
    answer(with_mailbox, correcting, "", works(with_mailbox, "943", right))
    answer(with_mailbox, both, "Đã bỏ công trình trùng; công trình còn lại ghi đúng.", still_wrong)
    second = night(with_mailbox)

    assert by_unit(second) == {
        "942": ["quarantined"],
        "943": ["quarantined", "accepted"],
        "946": ["quarantined", "quarantined"],
    }
    found = {each.unit_code: each for each in open_explanations(second.warehouse)}
    assert {unit: each.text for unit, each in found.items()} == {
        "942": WORDS,
        "946": "Đã bỏ công trình trùng; công trình còn lại ghi đúng.",
    }
    # The words beside a file are about the version that the file is.
    with Session(second.warehouse) as session:
        newest = select(SubmissionRow.id).where(
            SubmissionRow.unit_code == "946", SubmissionRow.version == 2
        )
        assert found["946"].submission_ids == (session.scalar(newest),)
    assert {each.finding.rule for each in found["942"].findings} == {"WRK-13"}
    # Once more: nothing new.
    third = night(with_mailbox)
    assert (by_unit(third), len(explanations(third.warehouse))) == (by_unit(second), 2)
    assert compared(with_mailbox.warehouse_url, rebuilt(with_mailbox))[1] == []


def test_an_answer_from_an_unknown_address_explains_once_the_office_knows_the_unit(
    with_mailbox: Settings,
) -> None:
    put(with_mailbox, "942", works(with_mailbox, "942", OVERSPENT, BRIDGE))
    night(with_mailbox)
    (letter,) = letters(with_mailbox)
    answer(with_mailbox, letter, WORDS, sender="canbo@mail.example")
    second = night(with_mailbox)
    (held,) = held_deliveries(second.warehouse)
    assert (second.summary.held, second.summary.waiting_for_office) == (1, 1)
    assert explanations(second.warehouse) == []

    number = held.delivery.id
    at = datetime.now(UTC)
    release_held(second.warehouse, number, "942", Signature("Nguyễn Văn A", at, "đã hỏi"))
    # Nothing else came: the run stays in the ledger for what it extracted.
    third = night(with_mailbox, RunKind.INTAKE)
    assert (third.is_on_record, third.summary.explanations) == (True, 1)
    (explanation,) = open_explanations(third.warehouse)
    assert (explanation.text, explanation.unit_code) == (WORDS, "942")
    with Session(third.warehouse) as session:
        assert session.get_one(DeliveryRow, number).state is DeliveryState.MAIL_EXTRACTED
    assert not night(with_mailbox, RunKind.INTAKE).is_on_record
    assert compared(with_mailbox.warehouse_url, rebuilt(with_mailbox))[1] == []


def test_an_out_of_office_of_a_unit_is_nothing(with_mailbox: Settings) -> None:
    put(with_mailbox, "942", works(with_mailbox, "942", OVERSPENT, BRIDGE))
    night(with_mailbox)
    (letter,) = letters(with_mailbox)
    content = mail(
        [plain("Tôi đang nghỉ phép đến hết ngày 24/01/2025.")],
        sender=letter["To"].addresses[0].addr_spec,
        number="auto@chau-thanh.example",
        more=[f"In-Reply-To: {letter['Message-ID']}", "Auto-Submitted: auto-replied"],
    )
    folder = str(load_pack(with_mailbox.pack).sources[-1].url).removeprefix("maildir:")
    Path(folder, "new", "1.mail").write_bytes(content)
    second = night(with_mailbox)
    assert (second.summary.automatic_mails, second.summary.waiting_for_office) == (1, 0)
    assert explanations(second.warehouse) == []
