"""Runs in which two districts claim one work: both are asked once, and what holds no more is closed."""

import shutil
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from expectations.rules.rule_set import SUITES
from flows.night import collecting, steps
from flows.night.run_context import RunContext, open_run
from program.calendar.period import Period
from program.pack.pack import Pack
from program.settings import ROOT, Settings
from publish.template.values import Values
from publish.template.workbook import write_template
from tests.conftest import Fill
from tests.unit.test_works_rules import BRIDGE, HOUSE, ROAD
from warehouse.lifecycle.cross_checks import due_for_cross_check
from warehouse.lifecycle.reprocess import requeue
from warehouse.tables import DeliveryRow, FindingRow, OutboxRow, SubmissionRow

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("reads_here")]

Put = Callable[..., None]
SCHOOL = {**HOUSE, "work_code": "CT-04", "work_name": "Trường mẫu giáo ấp 5"}
PLACE = {"942": "Xã Phú Tân", "946": "Xã Song Phụng"}


@pytest.fixture
def put(tmp_path: Path, pack: Pack) -> Put:
    """put("942", [works…], name="a.xlsx"): a district puts its report of works into its sub-folder."""

    def put(unit: str, works: list[dict], name: str = "works.xlsx") -> None:
        when = Period.parse("2024-Q4")
        form, reporter = pack.form("works", when), pack.units.get(unit, when.end)
        assert form is not None
        assert reporter is not None
        lines = [{**work, "work_commune": PLACE[unit]} for work in works]
        path = tmp_path / "inbox" / unit / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(write_template(form, reporter, when, Values(lists={"work_list": lines})))

    return put


def night(settings: Settings, *, compare: bool = True) -> RunContext:
    night = open_run(settings, None)
    for source in night.sources(None):
        collecting.collect(night, source)
    steps.reopen(night)
    for chunk in night.pending():
        steps.load(night, steps.check(night, steps.read(night, chunk)))
    if compare:
        steps.compare(night)
    steps.remind(night)
    steps.alert(night)
    night.finish()
    return night


def standing(night: RunContext) -> list[tuple[str | None, str, str, bool]]:
    query = select(FindingRow, SubmissionRow).join(
        SubmissionRow, SubmissionRow.id == FindingRow.submission_id
    )
    with Session(night.warehouse) as session:
        rows = session.execute(
            query.where(FindingRow.cross_check_found_at.is_not(None)).order_by(FindingRow.id)
        )
        return [(s.unit_code, f.rule, s.verdict, f.closed_at is None) for f, s in rows]


def notices(night: RunContext) -> list[tuple[str, int | None]]:
    """Each notice's kind with the run or the notice that it is about."""
    number = func.coalesce(OutboxRow.run_id, OutboxRow.answers_id)
    with Session(night.warehouse) as session:
        rows = session.execute(select(OutboxRow.kind, number).order_by(OutboxRow.id))
        return list(rows.tuples())


@pytest.mark.both_databases
def test_both_districts_are_asked_once_and_the_question_ends_when_one_of_them_sends_again(
    settings: Settings, put: Put
) -> None:
    put("942", [ROAD, BRIDGE])
    first = night(settings)
    assert (standing(first), notices(first)) == ([], [])
    put("946", [ROAD, HOUSE])
    second = night(settings)
    asked = [
        ("942", "ACR-03", "accepted_with_warnings", True),
        ("946", "ACR-03", "accepted_with_warnings", True),
    ]
    assert standing(second) == asked
    assert notices(second) == [("cross_checked", 2)] * 2
    assert second.summary.mails_written == 2
    # The run counts what the comparison made of its report, as the pages do.
    assert second.summary.verdicts == {"accepted_with_warnings": 1}
    letter = next(path.read_text(encoding="utf-8") for path in settings.outbox.glob("*.eml"))
    assert "ACR-03" in letter

    third = night(settings)
    assert (standing(third), third.summary.mails_written, due_for_cross_check(third.warehouse)) == (
        asked,
        0,
        [],
    )

    put("946", [HOUSE], name="works lần 2.xlsx")
    fourth = night(settings)
    assert standing(fourth)[0] == ("942", "ACR-03", "accepted", False)
    # 946 hears that its new file is good, 942 that nothing is left for it to do: each once.
    assert (notices(fourth)[2:], fourth.summary.mails_written) == (
        [("all_clear", 2), ("all_clear", 1)],
        2,
    )
    fifth = night(settings)
    assert (notices(fifth)[4:], fifth.summary.mails_written) == ([], 0)


def letters_to(settings: Settings, unit: str, pack: Pack) -> list[EmailMessage]:
    """The letters to a unit, the oldest first."""
    mails = [
        message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in settings.outbox.glob("*.eml")
    ]
    found = [
        mail for mail in mails if mail["To"].addresses[0].addr_spec == pack.contact_of(unit).email
    ]
    return sorted(found, key=lambda mail: len(str(mail["References"] or "").split()))


def test_a_question_that_another_settles_is_all_clear_in_the_same_thread_each_time(
    settings: Settings, put: Put, pack: Pack
) -> None:
    put("942", [ROAD, BRIDGE])
    night(settings)
    for name, works in (("a", [ROAD]), ("b", [HOUSE]), ("c", [ROAD, HOUSE]), ("d", [SCHOOL])):
        put("946", works, name=f"{name}.xlsx")
        last = night(settings)
    with Session(last.warehouse) as session:
        kinds = (
            select(OutboxRow.kind)
            .where(OutboxRow.recipient == pack.contact_of("942").email)
            .order_by(OutboxRow.id)
        )
        said = list(session.scalars(kinds))
    assert said == ["cross_checked", "all_clear"] * 2
    thread = letters_to(settings, "942", pack)
    assert ["đề nghị kiểm tra lại" in mail["Subject"] for mail in thread] == [True, False] * 2
    assert all("đã nhận đầy đủ sau khi xem lại" in mail["Subject"] for mail in thread[1::2])
    for earlier, later in pairwise(thread):
        assert later["In-Reply-To"] == earlier["Message-ID"]

    put("942", [BRIDGE], name="once more.xlsx")
    night(settings)
    assert len(letters_to(settings, "942", pack)) == 4


def test_a_question_that_ended_before_it_was_mailed_and_an_all_clear_that_holds_no_more_are_not_sent(
    settings: Settings, put: Put, pack: Pack, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("942", [ROAD, BRIDGE])
    night(settings)
    with monkeypatch.context() as closed:
        closed.setattr(steps, "alert", lambda _: None)
        for name, works in (("a", [ROAD]), ("b", [HOUSE])):
            put("946", works, name=f"{name}.xlsx")
            night(settings)
    night(settings)
    assert letters_to(settings, "942", pack) == []

    put("946", [ROAD, HOUSE], name="c.xlsx")
    night(settings)
    with monkeypatch.context() as closed:
        closed.setattr(steps, "alert", lambda _: None)
        for name, works in (("d", [SCHOOL]), ("e", [ROAD, SCHOOL])):
            put("946", works, name=f"{name}.xlsx")
            night(settings)
    night(settings)
    subjects = [mail["Subject"] for mail in letters_to(settings, "942", pack)]
    assert len(subjects) == 2
    assert all("đề nghị kiểm tra lại" in subject for subject in subjects)


def test_who_was_asked_is_not_asked_again_when_the_file_is_checked_again(
    settings: Settings, put: Put
) -> None:
    put("942", [ROAD, BRIDGE])
    put("946", [ROAD, HOUSE])
    first = night(settings)
    assert (len(standing(first)), first.summary.mails_written) == (2, 2)
    with Session(first.warehouse) as session:
        numbers = list(session.scalars(select(DeliveryRow.id)))
    requeue(first.warehouse, numbers)
    again = night(settings)
    assert [entry[1:] for entry in standing(again)[2:]] == [
        ("ACR-03", "accepted_with_warnings", True)
    ] * 2
    assert (again.summary.mails_written, notices(again)) == (0, [("cross_checked", 1)] * 2)


def test_a_run_that_dies_before_it_compares_leaves_that_to_the_next(
    settings: Settings, put: Put
) -> None:
    put("942", [ROAD, BRIDGE])
    put("946", [ROAD, HOUSE])
    first = night(settings, compare=False)
    assert standing(first) == []
    second = night(settings)
    assert [entry[0] for entry in standing(second)] == ["942", "946"]


def test_a_quarter_that_comes_late_is_compared_with_its_whole_year(
    settings: Settings, fill: Fill
) -> None:
    def send(unit: str, period: str, *, compare: bool) -> RunContext:
        path = Path(settings.inbox_url, unit, f"{period}.xlsx")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(fill(unit, period))
        return night(settings, compare=compare)

    assert due_for_cross_check(send("94", "2024", compare=True).warehouse) == []
    send("943", "2024-Q3", compare=True)
    late = send("942", "2024-Q4", compare=False)
    assert [occasion.period for occasion in due_for_cross_check(late.warehouse)] == [
        "2024",
        "2024-Q3",
        "2024-Q4",
    ]


def test_reports_that_agree_are_compared_and_nobody_is_asked(settings: Settings, put: Put) -> None:
    put("942", [ROAD, BRIDGE])
    put("946", [{**ROAD, "work_name": "Đường liên ấp 4"}, HOUSE])
    only = night(settings)
    assert (standing(only), due_for_cross_check(only.warehouse), only.summary.compared) == (
        [],
        [],
        0,
    )


def test_a_critical_rule_takes_a_report_out_and_what_it_had_replaced_comes_back(
    settings: Settings, put: Put, tmp_path: Path
) -> None:
    strict = Settings(
        _env_file=None,
        var=settings.var,
        inbox_url=settings.inbox_url,
        pack=pack_with_a_critical_claim(tmp_path),
    )
    put("946", [HOUSE])
    put("942", [BRIDGE])
    night(strict)
    put("946", [HOUSE, ROAD], name="works lần 2.xlsx")
    put("942", [BRIDGE, ROAD], name="works lần 2.xlsx")
    second = night(strict)
    assert [entry[1:] for entry in standing(second)] == [("ACR-03", "quarantined", True)] * 2
    assert believed(second) == []
    third = night(strict)
    assert believed(third) == [("942", 3, "works.xlsx"), ("946", 3, "works.xlsx")]
    assert third.summary.mails_written == 0
    assert believed(night(strict)) == believed(third)


def pack_with_a_critical_claim(tmp_path: Path) -> Path:
    folder = Path(shutil.copytree(ROOT / "config" / "soc-trang", tmp_path / "pack"))
    (folder / "suites").mkdir()
    text = (SUITES / "across.yaml").read_text(encoding="utf-8")
    before, claim, after = text.partition("  - id: ACR-03")
    critical = claim + after.replace("severity: warning", "severity: critical", 1)
    (folder / "suites" / "across.yaml").write_text(before + critical, encoding="utf-8")
    return folder


def believed(night: RunContext) -> list[tuple[str | None, int | None, str]]:
    query = select(SubmissionRow, DeliveryRow).join(
        DeliveryRow, DeliveryRow.id == SubmissionRow.delivery_id
    )
    current = query.where(SubmissionRow.known_from.is_not(None), SubmissionRow.known_to.is_(None))
    with Session(night.warehouse) as session:
        rows = session.execute(current.order_by(SubmissionRow.unit_code))
        return [(s.unit_code, s.version, Path(d.name).name) for s, d in rows]
