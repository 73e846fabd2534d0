"""The office's morning mail: what came since the last one, what waits, whom to call; once, apart from all other mails."""

import email
import re
from datetime import UTC, date, datetime, timedelta
from email import policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from flows.mail.send_letters import MailContext, send_letters
from flows.night import steps
from flows.night.run_context import RunContext, open_run
from program.errors import MailServerUnavailableError, UsageError
from program.pack.pack import Pack
from program.records.letter import Letter, News, NoticeKind
from program.records.query_rows import RunSubmissionRow
from program.settings import Settings
from program.submission import Verdict
from program.units.unit import UnitKind
from publish.mail.morning import compose_morning
from publish.mail.transport import FolderTransport
from tests.conftest import GOOD_LEVELS, Fill
from tests.steps_by_hand import collect, load
from warehouse.outbox.morning import enqueue_morning
from warehouse.states import OutboxState
from warehouse.tables import OutboxRow

BAD_LEVELS = {**GOOD_LEVELS, "total": {**GOOD_LEVELS["total"], "women": 999}}
OTHER_LEVELS = {
    **GOOD_LEVELS,
    "district": {**GOOD_LEVELS["district"], "women": 52},
    "total": {**GOOD_LEVELS["total"], "women": 62},
}
DAY = date(2025, 2, 20)
pytestmark = pytest.mark.usefixtures("reads_here")


def night(settings: Settings) -> RunContext:
    """A run with the steps that write reports and mails."""
    run = open_run(settings, DAY)
    collect(run)
    load(run)
    steps.publish(run)
    steps.export(run)
    steps.alert(run)
    assert run.finish()["errors"] == []
    return run


def mornings(settings: Settings, pack: Pack) -> list[EmailMessage]:
    found = []
    for path in sorted(settings.outbox.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns):
        mail = email.message_from_bytes(path.read_bytes(), policy=policy.default)
        is_morning = "mới nhận" in str(mail["Subject"])
        if is_morning:
            assert pack.correspondence.office.email in str(mail["To"])
            found.append(mail)
    return found


def plain(html: str) -> str:
    """The page without the styles of its elements."""
    return re.sub(r' style="[^"]*"', "", html)


def put(settings: Settings, unit: str, content: bytes) -> None:
    folder = Path(settings.inbox_url) / unit
    folder.mkdir(exist_ok=True)
    (folder / "Ông Nguyễn Văn A.xlsx").write_bytes(content)


def test_the_office_learns_what_came_what_waits_and_whom_to_call(
    settings: Settings, pack: Pack, fill: Fill
) -> None:
    put(settings, "942", fill("942", "2024-Q4"))
    put(settings, "943", fill("943", "2024-Q4", levels=BAD_LEVELS))
    night(settings)
    (mail,) = mornings(settings, pack)
    text = mail.get_body(("plain",)).get_content()
    assert "đến ngày 20/02/2025" in text
    assert "1. MỚI NHẬN: 2 báo cáo (1 đạt; 1 cần sửa)." in text
    came = [line.strip() for line in text.splitlines() if "Báo cáo đào tạo" in line]
    # What is to be corrected stands first.
    assert came[0].startswith(
        "- Huyện Kế Sách – Báo cáo đào tạo, tập huấn, Quý IV năm 2024: cần sửa ("
    )
    assert came[1] == "- Huyện Châu Thành – Báo cáo đào tạo, tập huấn, Quý IV năm 2024: đạt"
    assert "báo cáo chưa gửi, 1 báo cáo chờ sửa, của 12 đơn vị" in text
    assert "Phòng Dân tộc huyện Kế Sách, dan-toc@ke-sach.example" in text
    assert "Nguyễn Văn A" not in mail.as_string()
    html = mail.get_body(("html",)).get_content()
    assert "<td>Huyện Kế Sách</td>" in plain(html)
    assert "mailto:dan-toc@ke-sach.example" in html
    # The table says what the text says.
    assert ">cần sửa (" in html
    assert "<strong>Dự thảo công văn đôn đốc</strong>: cong-van-don-doc.docx" in plain(html)
    assert "Nguyễn Văn A" not in html
    names = [part.get_filename() for part in mail.iter_attachments()]
    assert names == ["danh-sach-don-doc.xlsx", "tom-tat.docx", "cong-van-don-doc.docx"]
    kinds = {part.get_content_type().rpartition(".")[2] for part in mail.iter_attachments()}
    assert kinds == {"sheet", "document"}


def test_a_morning_with_many_reports_is_a_mail_that_no_program_cuts_off(pack: Pack) -> None:
    at = datetime(2025, 2, 20, 1, tzinfo=UTC)
    communes = [unit.code for unit in pack.units if unit.kind is UnitKind.COMMUNE]
    came = [
        RunSubmissionRow(
            "", at, code, "training", code, "2025-Q3", Verdict.QUARANTINED, 3, 0, False
        )
        for code in communes
    ]
    assert len(came) > 40
    letter = Letter("many", pack.correspondence.office.email, at, DAY, news=News(0, len(came)))
    mail = email.message_from_bytes(
        compose_morning(letter, came, (), pack).as_bytes(), policy=policy.default
    )
    assert isinstance(mail, EmailMessage)
    html = mail.get_body(("html",)).get_content()
    assert len(html.encode()) < 100_000
    assert html.count("cần sửa (3 điểm)") == 40
    # An old commune and a new one may have one code: their rows are one report.
    assert f"… và {len(set(communes)) - 40} báo cáo khác" in html


def test_a_report_that_somebody_must_look_at_stands_before_all_that_are_well(pack: Pack) -> None:
    at = datetime(2025, 2, 20, 1, tzinfo=UTC)
    verdicts = {
        "941": Verdict.ACCEPTED,
        "942": Verdict.ACCEPTED_WITH_WARNINGS,
        "943": Verdict.ACCEPTED,
        "944": Verdict.UNREADABLE,
        "945": Verdict.QUARANTINED,
    }
    came = [
        RunSubmissionRow("", at, code, "training", code, "2024-Q4", verdict, 0, 0, False)
        for code, verdict in verdicts.items()
    ]
    letter = Letter("order", pack.correspondence.office.email, at, DAY, news=News(0, len(came)))
    mail = email.message_from_bytes(
        compose_morning(letter, came, (), pack).as_bytes(), policy=policy.default
    )
    assert isinstance(mail, EmailMessage)
    text = mail.get_body(("plain",)).get_content()
    listed = [line.split(": ")[-1].strip() for line in text.splitlines() if "Báo cáo đào" in line]
    assert listed == ["không đọc được", "cần sửa", "đạt, có lưu ý", "đạt", "đạt"]


def test_a_run_with_nothing_new_sends_none_and_the_next_names_only_what_is_new(
    settings: Settings, pack: Pack, fill: Fill
) -> None:
    put(settings, "942", fill("942", "2024-Q4"))
    night(settings)
    night(settings)
    assert len(mornings(settings, pack)) == 1
    put(settings, "943", fill("943", "2024-Q4", levels=OTHER_LEVELS))
    night(settings)
    text = mornings(settings, pack)[-1].get_body(("plain",)).get_content()
    assert "1. MỚI NHẬN: 1 báo cáo (1 đạt" in text, text
    assert "Huyện Kế Sách – Báo cáo đào tạo" in text


def test_a_mail_that_could_not_go_is_replaced_by_one_that_names_everything(
    settings: Settings, pack: Pack, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: object, message: object) -> None:
        raise MailServerUnavailableError("down")

    put(settings, "942", fill("942", "2024-Q4"))
    with monkeypatch.context() as without_server:
        without_server.setattr(FolderTransport, "send", refuse)
        run = open_run(settings, DAY)
        collect(run)
        load(run)
        steps.export(run)
        steps.alert(run)
        run.finish()
    put(settings, "943", fill("943", "2024-Q4", levels=OTHER_LEVELS))
    run = night(settings)
    (mail,) = mornings(settings, pack)
    assert "1. MỚI NHẬN: 2 báo cáo (" in mail.get_body(("plain",)).get_content()
    with Session(run.warehouse) as session:
        states = session.scalars(
            select(OutboxRow.state)
            .where(OutboxRow.kind == NoticeKind.MORNING)
            .order_by(OutboxRow.id)
        )
        assert list(states) == [OutboxState.OBSOLETE, OutboxState.SENT]


def test_a_run_that_died_before_it_queued_the_mail_leaves_that_to_the_next(
    settings: Settings, pack: Pack, fill: Fill
) -> None:
    put(settings, "942", fill("942", "2024-Q4"))
    died = open_run(settings, DAY)
    collect(died)
    load(died)
    died.finish()
    night(settings)
    assert len(mornings(settings, pack)) == 1


def test_the_office_gets_its_other_letters_beside_it(
    settings: Settings, pack: Pack, fill: Fill
) -> None:
    put(settings, "942", fill("942", "2024-Q4"))
    put(settings, "94", fill("942", "2024-Q4", levels=BAD_LEVELS))
    run = night(settings)
    office = pack.correspondence.office.email
    now = datetime(2025, 2, 20, 5, tzinfo=UTC)
    # A second call adds nothing; nor does a pack whose office has another address.
    assert enqueue_morning(run.warehouse, [office], now) == 0
    assert enqueue_morning(run.warehouse, ["other@office.example"], now) == 0
    context = MailContext(run.warehouse, pack, settings, lambda _: b"", DAY + timedelta(days=1))
    assert send_letters(context, FolderTransport(settings.outbox)).sent == 0
    with Session(run.warehouse) as session:
        rows = session.execute(select(OutboxRow.kind, OutboxRow.message_id)).all()
    by_kind = {kind: {number for each, number in rows if each is kind} for kind, _ in rows}
    morning = by_kind.pop(NoticeKind.MORNING)
    assert len(morning) == 1
    assert all(not morning & numbers for numbers in by_kind.values())
    assert by_kind


def test_a_pack_that_does_not_ask_for_it_gets_none(
    settings: Settings, pack: Pack, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(settings, "942", fill("942", "2024-Q4"))
    run = open_run(settings, DAY)
    collect(run)
    load(run)
    mailing = run.pack.correspondence.mailing.model_copy(update={"morning_mail": False})
    monkeypatch.setitem(run.pack.correspondence.__dict__, "mailing", mailing)
    steps.export(run)
    steps.alert(run)
    run.finish()
    assert mornings(settings, pack) == []


def test_a_part_that_fails_keeps_nobody_from_the_mail(
    settings: Settings, pack: Pack, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise UsageError("bieu-1.quarter.xlsx: no indicator")

    monkeypatch.setattr("publish.reports.office_reports.write_reports", refuse)
    put(settings, "942", fill("942", "2024-Q4"))
    run = open_run(settings, DAY)
    collect(run)
    load(run)
    steps.export(run)
    steps.alert(run)
    assert run.finish()["errors"] == [
        "export reports: UsageError: bieu-1.quarter.xlsx: no indicator"
    ]
    (mail,) = mornings(settings, pack)
    names = [part.get_filename() for part in mail.iter_attachments()]
    assert names == ["danh-sach-don-doc.xlsx", "cong-van-don-doc.docx"]
    assert (settings.site / "data" / "datapackage.json").exists()
