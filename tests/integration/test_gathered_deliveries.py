"""Runs with zips, workbooks of several reports and the portal's JSON: each report once, whatever dies in between."""

import contextlib
import email
import io
import json
import os
import time
import zipfile
from collections import Counter
from datetime import date
from email import policy
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from flows.night import arrivals, collecting, steps
from flows.night.run_context import RunContext, open_run
from program.records.history import History
from program.settings import Settings
from tests.conftest import Fill
from tests.integration.test_steps import BAD_LEVELS, count, figure, whole_night
from tests.portal_reports import CLASSES, REPORT
from tests.steps_by_hand import collect, load
from tests.workbooks import (
    CLASS,
    COMMUNE,
    DISTRICT,
    OTHER_CLASS,
    TOTAL,
    Rows,
    class_list,
    summary,
    workbook,
)
from warehouse.lifecycle.reprocess import requeue
from warehouse.queries.tracing import trace
from warehouse.tables import DeliveryRow, FactRow, FindingRow, OutboxRow, SubmissionRow

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("reads_here")]

PDF = b"%PDF-1.7 scan"


def packed(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def two_quarters() -> bytes:
    """A good first quarter and a second one with a word for a number, a summary and a list for each."""
    sheets: list[tuple[str, Rows]] = []
    for number, total in ((1, TOTAL), (2, ["Tổng cộng", 3, "ba trăm rưỡi", *TOTAL[3:]])):
        identity = [["Đơn vị báo cáo: Huyện Mỹ Tú"], [f"Kỳ báo cáo: Quý {number} năm 2024"]]
        days = [date(2024, 3 * number, day) for day in (4, 5)]
        lines = [[*each[:5], *days, *each[7:]] for each in (CLASS, OTHER_CLASS)]
        sheets += [(f"Q{number}", summary(identity=identity, lines=[DISTRICT, COMMUNE, total]))]
        sheets += [(f"Lớp Q{number}", class_list(identity=identity, lines=lines))]
    return workbook(*sheets)


def of_third_quarter(unit: str) -> dict:
    classes = [
        {**each, "class_first_day": "05/08/2024", "class_last_day": "06/08/2024"}
        for each in CLASSES
    ]
    return {
        **REPORT,
        "unit": unit,
        "period": "2024-Q3",
        "tables": {**REPORT["tables"], "class_list": classes},
    }


@pytest.fixture
def inbox(settings: Settings, fill: Fill) -> Path:
    """What three districts sent: a zip, a workbook of two quarters, and a JSON of two reports."""
    inbox = Path(settings.inbox_url)
    files = {
        "a/942 Q4.xlsx": fill("942", "2024-Q4"),
        "942 Q3.xlsx": fill("942", "2024-Q3", levels=BAD_LEVELS),
        "cv.pdf": PDF,
    }
    sent = {
        "942/Gói.zip": packed(
            {**files, "a/942 Q4 (1).xlsx": files["a/942 Q4.xlsx"], "Thumbs.db": b""}
        ),
        "944/quý.xlsx": two_quarters(),
        "943/cổng.json": json.dumps([{**REPORT, "unit": "943"}, of_third_quarter("943")]).encode(),
    }
    an_hour_ago = time.time() - 3600
    for number, (name, content) in enumerate(sent.items()):
        path = inbox / name
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
        # A text does not show its end. It is taken when nobody has written it for a while.
        os.utime(path, (an_hour_ago + number, an_hour_ago + number))
    return inbox


def deliveries(night: RunContext) -> Counter[str]:
    with Session(night.warehouse) as session:
        return Counter(session.scalars(select(DeliveryRow.state)))


def sizes(night: RunContext) -> list[int]:
    return [
        count(night, table)
        for table in (DeliveryRow, SubmissionRow, FactRow, FindingRow, OutboxRow)
    ]


@pytest.mark.both_databases
def test_each_report_of_a_gathered_delivery_gets_its_own_verdict(
    settings: Settings, inbox: Path
) -> None:
    night = whole_night(settings)
    assert night.summary.errors == []
    assert deliveries(night) == {
        "zip_extracted": 1,
        "processed": 4,
        "attachment": 1,
        "duplicate": 1,
    }
    assert (
        night.summary.received,
        night.summary.zips_extracted,
        night.summary.attachments,
        night.summary.duplicates,
    ) == (4, 1, 1, 1)
    assert night.summary.verdicts.total() == 6
    assert night.summary.verdicts["quarantined"] == 2
    assert [figure(night, "942", f"2024-Q{n}") for n in (3, 4)] == [None, 150]
    assert [figure(night, "943", f"2024-Q{n}") for n in (3, 4)] == [150, 150]
    assert [figure(night, "944", f"2024-Q{n}") for n in (1, 2)] == [150, None]


def test_a_second_run_changes_nothing(settings: Settings, inbox: Path) -> None:
    before = sizes(whole_night(settings))
    night = whole_night(settings)
    assert sizes(night) == before
    assert (
        night.summary.received,
        night.summary.zips_extracted,
        night.summary.facts_loaded,
        night.summary.mails_written,
    ) == (
        0,
        0,
        0,
        0,
    )
    assert night.summary.known == 3


def test_a_figure_from_a_zip_leads_back_to_the_file_in_it(settings: Settings, inbox: Path) -> None:
    night = whole_night(settings)
    (fact,) = trace(
        night.warehouse,
        form="training",
        unit="942",
        period="2024-Q4",
        elements=["participants_total"],
    )
    assert fact.name == "Gói.zip / a/942 Q4.xlsx"
    assert fact.sender_unit == "942"
    with zipfile.ZipFile(inbox / "942" / "Gói.zip") as package:
        assert night.archive.get(fact.sha256) == package.read("a/942 Q4.xlsx")


def test_one_mail_a_sender_names_each_report_of_a_file_with_its_verdict(
    settings: Settings, inbox: Path
) -> None:
    night = whole_night(settings)
    with Session(night.warehouse) as session:
        recipients = session.scalars(select(OutboxRow.recipient)).all()
    mails = [
        email.message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in settings.outbox.glob("*.eml")
    ]
    assert len(mails) == len(set(recipients)) == night.summary.mails_written
    (text,) = [
        body
        for mail in mails
        if "Mỹ Tú" in (body := mail.get_body(("plain",)).get_content()) and "quý.xlsx" in body
    ]
    # What is to be mended comes first.
    first, second = text.split("Quý I năm 2024", 1)
    assert "Quý II năm 2024" in first
    assert "Số liệu của báo cáo này trong tệp chưa được ghi" in first
    assert "ĐÃ NHẬN" in second


BREAKS = [
    (collecting, "record_extracted"),
    (steps, "load_deliveries"),
    (arrivals, "record_deliveries"),
    (collecting, "pending_zips"),
    (collecting, "refuse_zip"),
]


@pytest.mark.parametrize(("module", "step"), BREAKS, ids=[step for _, step in BREAKS])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_run_that_dies_at_any_commit_is_made_good_by_the_next(
    settings: Settings,
    inbox: Path,
    monkeypatch: pytest.MonkeyPatch,
    module: ModuleType,
    step: str,
    when: str,
) -> None:
    whole = getattr(module, step)

    def dying(*args: object, **kwargs: object) -> object:
        if when == "after":
            whole(*args, **kwargs)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(module, step, dying)
        night = open_run(settings, None)
        with contextlib.suppress(KeyboardInterrupt):
            collect(night)
            load(night)
            pytest.fail(f"{step} was never called")
        night.finish()
    night = whole_night(settings)
    assert deliveries(night) == {
        "zip_extracted": 1,
        "processed": 4,
        "attachment": 1,
        "duplicate": 1,
    }
    assert sizes(night)[:2] == [7, 6]
    with Session(night.warehouse) as session:
        told = session.scalars(select(OutboxRow.submission_id)).all()
    assert len(told) == len(set(told)) > 1
    assert sizes(whole_night(settings)) == sizes(night)


def test_a_zip_with_nothing_readable_is_reported_as_one_file(settings: Settings) -> None:
    path = Path(settings.inbox_url) / "942" / "scan.zip"
    path.parent.mkdir()
    path.write_bytes(packed({"a.pdf": PDF}))
    night = whole_night(settings)
    assert night.summary.verdicts == {"unreadable": 1}
    with Session(night.warehouse) as session:
        assert session.scalars(select(FindingRow.rule)).all() == ["FILE-02"]
    assert deliveries(night) == {"processed": 1}


def test_a_locked_file_in_a_zip_is_reported_alone(settings: Settings, fill: Fill) -> None:
    path = Path(settings.inbox_url) / "942" / "x.zip"
    path.parent.mkdir()
    content = packed({"good.xlsx": fill("942", "2024-Q4"), "locked.xlsx": b"PK secret"})
    at = content.rindex(b"PK\x01\x02") + 8
    path.write_bytes(content[:at] + b"\x01" + content[at + 1 :])
    night = whole_night(settings)
    assert night.summary.verdicts == {"accepted": 1, "unreadable": 1}
    with Session(night.warehouse) as session:
        row = session.scalars(select(DeliveryRow).where(DeliveryRow.sha256.is_(None))).one()
        assert (row.name, row.refusal and row.refusal["rule"]) == ("x.zip / locked.xlsx", "FILE-04")


def test_a_part_that_cannot_be_checked_keeps_its_delivery_waiting_as_a_whole(
    settings: Settings, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    night = open_run(settings, None)
    check = night.checker.check

    def broken(readings: list, past: History) -> list:
        if any((r.unit_code, str(r.period)) == ("943", "2024-Q3") for r in readings):
            raise RuntimeError("a bug")
        return check(readings, past)

    monkeypatch.setattr(night.checker, "check", broken)
    collect(night)
    load(night)
    assert (figure(night, "943", "2024-Q4"), figure(night, "942")) == (None, 150)
    night.finish()
    assert figure(whole_night(settings), "943", "2024-Q4") == 150


def test_reading_a_zip_again_checks_what_was_in_it_and_mails_nobody_twice(
    settings: Settings, inbox: Path
) -> None:
    first = whole_night(settings)
    with Session(first.warehouse) as session:
        number = session.scalars(
            select(DeliveryRow.id).where(DeliveryRow.state == "zip_extracted")
        ).one()
    waiting, refused = requeue(first.warehouse, [number])
    assert (len(waiting), refused) == (2, {})
    again = whole_night(settings)
    assert again.summary.verdicts.total() == 2
    assert again.summary.mails_written == 0
    assert figure(again, "942") == 150
