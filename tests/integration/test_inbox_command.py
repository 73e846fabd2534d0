"""`mtqg inbox` between runs: what it lists, what each decision changes, and that a rebuild keeps it."""

import json
import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from typer.testing import CliRunner, Result

from flows.night import collecting, steps
from flows.night.artifacts import counts_of
from flows.night.run_context import RunContext, open_run
from mtqg.cli import app
from program.mail import HoldReason, InboundMail, MailAuthentication
from program.settings import Settings
from tests.arriving import an_hour_old
from tests.integration.test_rebuild import compared, rebuilt
from tests.integration.test_waivers import own, put, verdicts
from tests.replies import answer_to, take_into
from tests.unit.test_cases_of_templates import CASES, with_figures_of_2024
from tests.unit.test_partial_and_waived import OVERSPENT
from tests.unit.test_works_rules import BRIDGE
from warehouse.audit import audit_trail
from warehouse.lifecycle.holds import held_deliveries
from warehouse.states import HoldOutcome
from warehouse.tables import DeliveryRow, FindingRow, HoldRow

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("reads_here")]

__all__ = ["own"]

BY = "Nguyễn Văn A, Phòng Nghiệp vụ"
WORDS = "Tổng mức đầu tư đã được điều chỉnh theo Quyết định số 12/QĐ-UBND ngày 05/01/2025."
Inbox = Callable[..., Result]


@pytest.fixture
def inbox(own: Settings, monkeypatch: pytest.MonkeyPatch) -> Inbox:
    """Call `mtqg inbox` with these arguments."""
    monkeypatch.setenv("MTQG_PACK", str(own.pack))
    monkeypatch.setenv("MTQG_VAR", str(own.var))

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(app, ["inbox", *arguments], terminal_width=400)

    return call


def night(settings: Settings, mails: Sequence[InboundMail] = ()) -> RunContext:
    """The steps of a run, during which some mails come in."""
    run = open_run(settings, None)
    for source in run.sources(None):
        collecting.collect(run, source)
    for mail in mails:
        take_into(run.warehouse, run.run_id, mail, datetime.now(UTC))
    steps.reopen(run)
    for chunk in run.pending():
        steps.load(run, steps.check(run, steps.read(run, chunk)))
    steps.compare(run)
    steps.explain(run)
    steps.remind(run)
    steps.alert(run)
    run.finish()
    return run


def letters(settings: Settings) -> list[EmailMessage]:
    paths = sorted(Path(settings.var, "outbox").glob("*.eml"), key=lambda p: p.stat().st_mtime_ns)
    return [message_from_bytes(p.read_bytes(), policy=policy.default) for p in paths]  # type: ignore[arg-type]


def explained(settings: Settings) -> RunContext:
    """A report is refused, and its sender explains why the figure is right."""
    put(settings, [OVERSPENT, BRIDGE])
    night(settings)
    (letter,) = letters(settings)
    return night(settings, [answer_to(letter, WORDS)])


def test_an_accepted_explanation_waives_the_findings_by_the_next_run_and_a_rebuild_keeps_it(
    own: Settings, inbox: Inbox
) -> None:
    run = explained(own)
    assert (run.summary.explanations, run.summary.waiting_for_office) == (1, 1)
    assert verdicts(run) == [("quarantined", 1, False)]

    listed = inbox()
    assert "G1" in listed.output
    assert "942 Huyện Châu Thành" in listed.output
    assert WORDS in listed.output
    (line,) = json.loads(inbox("--json").output)
    assert (line["key"], line["kind"]) == ("G1", "giải trình")
    shown = inbox("show", "g1").output
    assert WORDS in shown
    assert "1. Lỗi, Báo cáo công trình, Quý IV năm 2024, trang tính “Công trình”" in shown
    assert "(WRK-13)" in shown

    accepted = inbox("accept", "G1", "--by", BY)
    assert accepted.exit_code == 0
    assert "G1: chấp nhận; 1 điểm được bỏ qua" in accepted.output
    again = inbox("accept", "G1", "--by", "Trần Thị B, Phòng Nghiệp vụ")
    assert again.exit_code == 0
    assert f"không có gì thay đổi. {BY} đã chấp nhận" in again.output
    contrary = inbox("refuse", "G1", "--by", BY, "--reason", "Đã xem lại, chưa đủ căn cứ.")
    assert contrary.exit_code == 1
    assert "Không có việc nào" in inbox().output

    taken = night(own)
    assert verdicts(taken) == [("quarantined", 1, False), ("accepted", 2, True)]
    with Session(taken.warehouse) as session:
        (note,) = session.scalars(select(FindingRow.waived_by).where(FindingRow.waived_by != ""))
    assert note.startswith(f"{BY} (")
    assert WORDS in note
    assert "đã được xem xét" in str(letters(own)[-1]["Subject"])
    rows, different = compared(own.warehouse_url, rebuilt(own))
    assert different == []
    assert (rows["explanations"], rows["explained_reports"], rows["decisions"]) == (1, 1, 1)


def test_the_site_the_status_and_the_digest_show_what_waits(own: Settings, inbox: Inbox) -> None:
    run = explained(own)
    steps.publish(run)
    page = (own.site / "submissions" / "1.html").read_text(encoding="utf-8")
    assert "chờ cơ quan tổng hợp xem xét" in page
    assert WORDS in page
    unit = (own.site / "units" / "942.html").read_text(encoding="utf-8")
    assert "Đơn vị đã giải trình, chờ cơ quan tổng hợp xem xét." in unit
    counts = counts_of(run.summary_so_far())
    assert counts["waiting for the office (mtqg inbox)"] == 1

    def status() -> list[bool]:
        arguments = ["status", "--unit", "942", "--form", "works", "--period", "2024-Q4", "--json"]
        rows = json.loads(CliRunner().invoke(app, arguments).output)
        return [row["explained"] for row in rows]

    assert status() == [True]
    reason = "Chưa có văn bản kèm theo."
    assert inbox("refuse", "G1", "--by", BY, "--reason", reason).exit_code == 0
    assert status() == [False]
    steps.publish(run)
    page = (own.site / "submissions" / "1.html").read_text(encoding="utf-8")
    assert "chưa chấp nhận" in page
    assert f"{BY}, " in page
    assert reason in page


def test_a_decision_after_the_last_run_survives_a_rebuild_too(own: Settings, inbox: Inbox) -> None:
    explained(own)
    reason = "Chưa có văn bản kèm theo."
    refused = inbox("refuse", "G1", "--by", BY, "--reason", reason)
    assert refused.exit_code == 0, refused.output
    _, different = compared(own.warehouse_url, rebuilt(own))
    assert different == []
    mailed = night(own)
    assert (mailed.summary.mails_written, verdicts(mailed)) == (1, [("quarantined", 1, False)])
    assert f"“{reason.rstrip('.')}”." in str(letters(own)[-1].get_body(("plain",)).get_content())  # type: ignore[union-attr]
    assert night(own).summary.mails_written == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("accept", "G1", "--by", " "), "--by: ghi họ tên"),
        (("refuse", "G1", "--by", BY, "--reason", "sai"), "--reason: ghi lý do"),
        (("accept", "G7", "--by", BY), "không có giải trình này"),
        (("accept", "X1", "--by", BY), "không có mã 'X1'"),
        (("accept", "B12345678901", "--by", BY), "không có mã 'B12345678901'"),
        # A file that nobody held.
        (("accept", "T1", "--by", BY), "T1: không có trong danh sách chờ"),
        (("accept", "G1", "--by", BY, "--only", "3"), "--only: không có điểm số '3'"),
        (("assign", "G1", "942", "--by", BY), "chỉ thư hoặc tệp giữ lại"),
        (("accept", "B1", "--by", BY), "ghi lý do"),
    ],
)
def test_a_decision_that_cannot_be_is_a_sentence_and_changes_nothing(
    own: Settings, inbox: Inbox, arguments: tuple[str, ...], sentence: str
) -> None:
    explained(own)
    result = inbox(*arguments)
    assert result.exit_code == 1
    assert sentence in str(result.exception)
    assert "G1" in inbox().output


def test_a_file_that_nobody_can_read_is_not_accepted_by_words(own: Settings, inbox: Inbox) -> None:
    path = Path(own.inbox_url) / "942" / "scan.xlsx"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"PK\x03\x04 no workbook")
    an_hour_old(path)
    night(own)
    (letter,) = letters(own)
    night(own, [answer_to(letter, WORDS)])
    result = inbox("accept", "G1", "--by", BY)
    assert result.exit_code == 1
    assert "đơn vị phải gửi lại" in str(result.exception)


STRANGER = InboundMail(
    message_id="x@mail.example",
    from_addresses=("canbo.chauthanh@mail.example",),
    from_name="Cán bộ",
    subject="Báo cáo quý IV",
    own_text="Kính gửi báo cáo.",
    authentication=MailAuthentication(dmarc="pass", spf="pass", dkim="pass"),
)
FORGED = InboundMail(
    message_id="y@mail.example",
    from_addresses=("dan-toc@chau-thanh.example",),
    from_name="Phòng Dân tộc",
    subject="Báo cáo quý IV",
    authentication=MailAuthentication(dmarc="fail"),
)


def held(settings: Settings, mail: InboundMail, reason: HoldReason) -> RunContext:
    run = open_run(settings, None)
    message = EmailMessage(policy=policy.SMTP)
    message.set_content(mail.own_text)
    message.add_attachment(b"PK", "application", "zip", filename="quý IV.xlsx")
    sha256 = run.archive.put(message.as_bytes())
    now = datetime.now(UTC)
    take_into(run.warehouse, run.run_id, mail, now, unit=None, hold=reason, sha256=sha256)
    steps.explain(run)
    run.finish()
    return run


def test_a_stranger_is_assigned_to_a_unit_once_and_the_line_for_the_pack_is_printed(
    own: Settings, inbox: Inbox
) -> None:
    run = held(own, STRANGER, HoldReason.UNKNOWN_SENDER)
    assert run.summary.waiting_for_office == 1
    listed = inbox().output
    assert "T1" in listed
    assert "chưa rõ đơn vị gửi; từ canbo.chauthanh@mail.example" in listed
    unclear = inbox("accept", "T1", "--by", BY)
    assert "dùng `mtqg inbox assign T1 MÃ_ĐƠN_VỊ`" in str(unclear.exception)
    assert "không có đơn vị '999'" in str(inbox("assign", "T1", "999", "--by", BY).exception)

    shown = inbox("show", "T1").output
    assert "Xác thực của máy chủ thư: SPF pass, DKIM pass, DMARC pass" in shown
    assert "Tệp đính kèm: quý IV.xlsx" in shown
    assert "Kính gửi báo cáo." in shown

    contacts = (own.pack / "contacts.yaml").read_bytes()
    assigned = inbox("assign", "T1", "942", "--by", BY, "--remember")
    assert assigned.exit_code == 0, assigned.output
    assert "T1: nhận là của 942 Huyện Châu Thành" in assigned.output
    assert "other_emails: [canbo.chauthanh@mail.example]" in assigned.output
    assert (own.pack / "contacts.yaml").read_bytes() == contacts

    assert held_deliveries(run.warehouse) == []
    again = inbox("assign", "T1", "942", "--by", BY)
    assert (again.exit_code, "không có gì thay đổi" in again.output) == (0, True)
    other = inbox("assign", "T1", "943", "--by", "Trần Thị B, Phòng Nghiệp vụ")
    assert f"T1: không có gì thay đổi. {BY} đã nhận là của 942 Huyện Châu Thành" in str(
        other.exception
    )
    assert inbox("refuse", "T1", "--by", BY, "--reason", "Thư rác, không nhận.").exit_code == 1
    with Session(run.warehouse) as session:
        hold = session.get_one(HoldRow, 1)
        assert (hold.outcome, hold.unit_code, hold.decided_by) == (HoldOutcome.RELEASED, "942", BY)
        assert session.get_one(DeliveryRow, 1).sender_unit == "942"


def test_a_mail_that_failed_authentication_is_accepted_as_of_the_unit_that_it_names(
    own: Settings, inbox: Inbox
) -> None:
    run = held(own, FORGED, HoldReason.AUTHENTICATION_FAILED)
    assert "máy chủ thư báo địa chỉ gửi không đúng" in inbox().output
    accepted = inbox("accept", "T1", "--by", BY, "--reason", "Đã gọi điện hỏi đơn vị.")
    assert accepted.exit_code == 0, accepted.output
    with Session(run.warehouse) as session:
        assert session.get_one(HoldRow, 1).unit_code == "942"
    assert inbox("accept", "T1", "--by", BY).exit_code == 0


def test_a_refused_mail_is_put_away_and_nobody_gets_an_answer(own: Settings, inbox: Inbox) -> None:
    run = held(own, FORGED, HoldReason.AUTHENTICATION_FAILED)
    refused = inbox("refuse", "T1", "--by", BY, "--reason", "Thư giả mạo, đơn vị không gửi.")
    assert "T1: không nhận" in refused.output
    assert held_deliveries(run.warehouse) == []
    other = inbox("accept", "T1", "--by", BY)
    assert f"T1: không có gì thay đổi. {BY} đã không nhận lúc" in str(other.exception)
    assert night(own).summary.mails_written == 0


def send_mistaken(own: Settings) -> None:
    """A district sends a quarter, and a year later another one with nearly all figures changed."""
    mistaken = (CASES / "title-2024-sent-july-2025.xlsx").read_bytes()
    folder = Path(own.inbox_url) / "943"
    folder.mkdir(parents=True)
    sent = {
        "quý II.xlsx": (with_figures_of_2024(mistaken), datetime(2024, 7, 10, 3, tzinfo=UTC)),
        "quý II sửa.xlsx": (mistaken, datetime(2025, 7, 12, 3, tzinfo=UTC)),
    }
    for name, (content, at) in sent.items():
        path = folder / name
        path.write_bytes(content)
        os.utime(path, (at.timestamp(), at.timestamp()))


def test_a_replacement_that_is_confirmed_counts_by_the_next_run(
    own: Settings, inbox: Inbox
) -> None:
    send_mistaken(own)
    run = night(own)
    assert [is_current for _, _, is_current in verdicts(run)] == [True, False]
    assert run.summary.waiting_for_office == 1

    assert "bản thay thế chờ xác nhận; từ 943 Huyện Kế Sách" in inbox().output
    assert "Bản trước vẫn được dùng" in inbox("show", "B2").output
    unsaid = inbox("accept", "B2", "--by", BY)
    assert "--reason: ghi lý do" in str(unsaid.exception)
    reason = "Đơn vị gửi công văn xác nhận điều chỉnh số liệu quý II năm 2024."
    accepted = inbox("accept", "B2", "--by", BY, "--reason", reason)
    assert accepted.exit_code == 0, accepted.exception
    again = inbox("accept", "B2", "--by", BY, "--reason", reason)
    assert (again.exit_code, "không có gì thay đổi" in again.output) == (0, True)

    found = verdicts(night(own))
    assert [is_current for _, _, is_current in found] == [False, False, True]
    _, different = compared(own.warehouse_url, rebuilt(own))
    assert different == []


UNDO = ("--by", BY, "--reason", "Quyết định số 12/QĐ-UBND đã bị thay thế.")


def test_an_acceptance_that_is_undone_waives_nothing_and_the_report_counts_no_longer(
    own: Settings, inbox: Inbox
) -> None:
    explained(own)
    inbox("accept", "G1", "--by", BY)
    assert verdicts(night(own)) == [("quarantined", 1, False), ("accepted", 2, True)]

    undone = inbox("undo", "G1", *UNDO)
    assert undone.exit_code == 0, undone.exception
    assert f"đã thu hồi quyết định. Trước đó {BY} đã chấp nhận" in undone.output
    assert "Lần chạy tới kiểm tra lại báo cáo" in undone.output
    assert inbox("undo", "G1", *UNDO).exit_code == 1
    before = len(letters(own))
    run = night(own)
    assert verdicts(run)[1:] == [("accepted", 2, False), ("quarantined", 3, False)]
    assert run.summary.waiting_for_office == 1
    # Its sender read that the finding was waived, and hears that it is not.
    assert "đề nghị sửa và gửi lại" in str(letters(own)[before]["Subject"])
    assert len(letters(own)) == before + 1
    assert "(WRK-13)" in inbox("show", "G1").output
    # Another decision may be made.
    again = inbox("accept", "G1", "--by", BY)
    assert again.exit_code == 0, again.exception
    last = night(own)
    assert verdicts(last)[-1] == ("accepted", 4, True)
    assert "đã được xem xét" in str(letters(own)[-1]["Subject"])
    acts = [(each.action, each.subject) for each in reversed(audit_trail(last.warehouse, 9))]
    assert acts == [(act, "explanation 1") for act in ("accept", "undo", "accept")]
    rows, different = compared(own.warehouse_url, rebuilt(own))
    assert different == []
    assert rows["decisions"] == 3


def test_a_refusal_that_is_undone_before_it_left_is_not_sent(own: Settings, inbox: Inbox) -> None:
    explained(own)
    refused = inbox("refuse", "G1", "--by", BY, "--reason", "Chưa có văn bản kèm theo.")
    assert refused.exit_code == 0, refused.exception
    before = len(letters(own))
    assert inbox("undo", "G1", *UNDO).exit_code == 0
    run = night(own)
    assert len(letters(own)) == before
    assert run.summary.waiting_for_office == 1
    assert verdicts(run) == [("quarantined", 1, False)]
    _, different = compared(own.warehouse_url, rebuilt(own))
    assert different == []


def test_an_accepted_replacement_is_undone_until_a_run_has_put_it_in_force(
    own: Settings, inbox: Inbox
) -> None:
    send_mistaken(own)
    night(own)
    reason = "Đơn vị gửi công văn xác nhận điều chỉnh số liệu quý II năm 2024."
    inbox("accept", "B2", "--by", BY, "--reason", reason)
    undone = inbox("undo", "B2", *UNDO)
    assert undone.exit_code == 0, undone.exception
    run = night(own)
    assert [is_current for _, _, is_current in verdicts(run)] == [True, False]
    assert run.summary.waiting_for_office == 1
    inbox("accept", "B2", "--by", BY, "--reason", reason)
    assert [is_current for _, _, is_current in verdicts(night(own))] == [False, False, True]
    late = inbox("undo", "B2", *UNDO)
    assert "`mtqg withdraw 2` rút bản đó" in str(late.exception)
    _, different = compared(own.warehouse_url, rebuilt(own))
    assert different == []


@pytest.mark.parametrize("decision", ["assign", "refuse"])
def test_a_decision_about_a_held_mail_is_undone_until_a_run_has_taken_it_in(
    own: Settings, inbox: Inbox, decision: str
) -> None:
    run = held(own, STRANGER, HoldReason.UNKNOWN_SENDER)
    (waits,) = held_deliveries(run.warehouse)
    key = "T1"
    decide = {
        "assign": ("assign", key, "942", "--by", BY),
        "refuse": ("refuse", key, "--by", BY, "--reason", "Thư quảng cáo, không nhận."),
    }[decision]
    assert inbox(*decide).exit_code == 0
    assert held_deliveries(run.warehouse) == []
    undone = inbox("undo", key, *UNDO)
    assert undone.exit_code == 0, undone.exception
    assert held_deliveries(run.warehouse) == [waits]
    assert inbox("undo", key, *UNDO).exit_code == 1
    _, different = compared(own.warehouse_url, rebuilt(own))
    assert different == []
    assert inbox("assign", key, "942", "--by", BY).exit_code == 0
    again = open_run(own, None)
    collecting.unpack(again)
    again.finish()
    late = inbox("undo", key, *UNDO)
    assert "đã được tiếp nhận" in str(late.exception)
    _, different = compared(own.warehouse_url, rebuilt(own))
    assert different == []
