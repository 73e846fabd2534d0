"""What the office and its leader read of the reports that are waited for: the counts agree."""

import email
import io
from datetime import UTC, date, datetime
from email import policy
from email.message import EmailMessage

from docx import Document

from program.calendar.stage import Stage
from program.pack.pack import Pack
from program.records.letter import Letter, News
from program.records.query_rows import ReportingRow
from publish.documents.brief import BriefFacts, brief_bytes
from publish.mail.morning import compose_morning
from publish.reports.awaited import open_reports
from publish.site.tables.training import TrainingAnswer

DAY = date(2026, 11, 30)
AT = datetime(2026, 11, 30, 1, tzinfo=UTC)


def missing(unit: str, period: str, due: date) -> ReportingRow:
    return ReportingRow(
        "training", unit, period, Stage.FINAL, due, None, None, 0, False, None, None, False
    )


ROWS = (
    # Districts ended in July 2025: nobody can be called for these two.
    missing("942", "2024-Q4", date(2025, 1, 15)),
    missing("943", "2024-Q4", date(2025, 1, 15)),
    missing("31507", "2025-Q3", date(2025, 10, 15)),
)


def test_the_brief_tells_of_the_reports_of_ended_units_that_its_list_leaves_out(
    pack: Pack,
) -> None:
    awaited = open_reports(ROWS, pack, DAY)
    facts = BriefFacts(DAY, (), None, (), TrainingAnswer(None, None), (), ROWS, awaited)
    document = Document(io.BytesIO(brief_bytes(facts, pack)))
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    assert "Đến hạn 3 báo cáo: đã gửi 0" in text
    assert "Còn chờ 1 đơn vị: 1 báo cáo chưa gửi, 0 chờ sửa." in text
    assert "Ngoài ra còn 2 báo cáo chưa gửi hoặc chờ sửa của đơn vị đã kết thúc hoạt động." in text
    assert "(1 báo cáo)" in text


def test_the_morning_mail_tells_of_the_reports_of_ended_units(pack: Pack) -> None:
    letter = Letter("ended", pack.correspondence.office.email, AT, DAY, news=News(0, 1))
    mail = email.message_from_bytes(
        compose_morning(letter, (), ROWS, pack).as_bytes(), policy=policy.default
    )
    assert isinstance(mail, EmailMessage)
    for kind in ("plain", "html"):
        body = mail.get_body((kind,))
        assert body is not None
        text = body.get_content()
        assert "1 báo cáo chưa gửi, 0 báo cáo chờ sửa" in text
        assert (
            "Ngoài ra còn 2 báo cáo chưa gửi hoặc chờ sửa của đơn vị đã kết thúc hoạt động." in text
        )
