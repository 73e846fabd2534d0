"""Reminders bring the blank workbook of what is due; the workbook says by when, where and whom to ask."""

import io
from dataclasses import replace
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import openpyxl
import pytest

from connectors.reader.reader import read_parts
from program.calendar.period import Period
from program.calendar.stage import Stage
from program.pack.contact import Contact
from program.pack.pack import Pack
from program.records.letter import Letter, MissingReport, ReportName
from publish.mail.blank_templates import MOST_BYTES, blank_templates
from publish.mail.message import compose
from publish.preview.sample import with_deadlines
from publish.template.requests import request_of
from tests.conftest import delivery

DUE = date(2025, 1, 15)
FORMS = ("training", "works", "disbursement", "livelihoods")


def reminder(form: str, unit: str = "942") -> MissingReport:
    return MissingReport(ReportName(form, unit, "2024-Q4", Stage.FINAL), DUE)


def letter(pack: Pack, *reminders: MissingReport, to: Contact | None = None) -> Letter:
    return Letter(
        message_id="m",
        recipient=(to or pack.contact_of("942")).email,
        created_at=datetime(2025, 1, 13, 3, tzinfo=UTC),
        day=date(2025, 1, 13),
        reminders=reminders,
    )


def mail(pack: Pack, to_send: Letter) -> EmailMessage:
    message = compose(to_send, pack, (), blank_templates(to_send, pack))
    parsed = message_from_bytes(message.as_bytes(), policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def test_a_unit_is_sent_the_blank_workbook_of_each_report_that_is_due(pack: Pack) -> None:
    sent = mail(pack, letter(pack, *map(reminder, FORMS)))
    attached = {str(part.get_filename()): part.get_content() for part in sent.iter_attachments()}
    assert sorted(attached) == [
        "942-2024-Q4-bao-cao-cong-trinh.xlsx",
        "942-2024-Q4-bao-cao-dao-tao-tap-huan.xlsx",
        "942-2024-Q4-bao-cao-giai-ngan.xlsx",
        "942-2024-Q4-bao-cao-ho-tro-ho.xlsx",
    ]
    forms = set()
    for content in attached.values():
        (reading,) = read_parts(content, delivery(sender="942"), pack)
        assert (reading.unit_code, str(reading.period)) == ("942", "2024-Q4")
        forms.add(reading.form.code if reading.form else None)
    assert forms == set(FORMS)
    assert len(sent.as_bytes()) < 120_000
    body = sent.get_body(("plain",))
    assert body is not None
    assert all(name in body.get_content() for name in attached)


def test_an_office_and_a_unit_s_neighbour_are_sent_none(pack: Pack) -> None:
    to_office = letter(pack, reminder("works"), to=pack.correspondence.office)
    assert blank_templates(to_office, pack) == ()
    assert blank_templates(letter(pack, reminder("works", "943")), pack) == ()


def test_blank_workbooks_stay_within_the_size_of_a_mail(pack: Pack) -> None:
    reminders = [reminder(form) for form in FORMS]
    (one,) = blank_templates(letter(pack, reminders[0]), pack)
    assert one.content is not None
    little = len(one.content) * 3 // 2
    some = blank_templates(letter(pack, *reminders), pack, (), little)
    assert [each.name for each in some] == [one.name]
    taken = replace(one, content=b"x" * MOST_BYTES)
    assert blank_templates(letter(pack, *reminders), pack, [taken], MOST_BYTES) == ()


@pytest.mark.parametrize("is_confirmed", [True, False])
def test_a_template_names_deadline_place_and_contact(pack: Pack, is_confirmed: bool) -> None:
    known = with_deadlines(pack) if is_confirmed else pack
    texts = guide(known)
    day = "15/01/2025." if is_confirmed else "Dự kiến 15/01/2025; văn bản"
    assert texts["Hạn gửi:"].startswith(day)
    assert texts["Nơi gửi:"] == pack.correspondence.send_to
    office = pack.correspondence.office
    assert all(text in texts["Cần hỏi:"] for text in (office.name, office.phone, office.email))


def test_without_a_place_in_words_the_office_is_where_to_send_it(pack: Pack) -> None:
    people = pack.correspondence.model_copy(update={"send_to": ""})
    texts = guide(replace(pack, correspondence=people))
    assert pack.correspondence.office.email in texts["Nơi gửi:"]


def guide(pack: Pack) -> dict[str, str]:
    """Return what the first sheet of a template says, by the words before it."""
    period = Period.parse("2024-Q4")
    form, unit = pack.form("works", period), pack.units.get("942", period.end)
    assert form is not None
    assert unit is not None
    content = request_of(pack, form, unit, period, Stage.FINAL).write()
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    return {str(row[0]): str(row[1]) for row in sheet.iter_rows(values_only=True) if row[0]}
