"""Thirty nights of eleven districts, with a working clock and calendar: how many mails each gets, and that each was needed."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, timedelta
from email.message import EmailMessage
from email.utils import parseaddr

import pytest
from pydantic import SecretStr

from program.finding import Finding
from program.pack.pack import Pack
from program.settings import Settings
from tests.mailroom import CRITICAL, WARNING, Collected, Office, at, pack_with_deadlines, texts

pytestmark = pytest.mark.slow
FIRST = date(2025, 1, 6)
"""A Monday.

The quarter's reports are due on Wednesday 15/1, and Tết closes the offices from 25/1 to 2/2.
"""
Day = tuple[int, tuple[Finding, ...]]
OTHER = replace(CRITICAL, cell="D13")

# What each district sends: the day of January, its findings. Training reports; nothing else is owed
# with a known deadline.
SENT: dict[str, list[Day]] = {
    "941": [(21, ())],  # late
    "942": [(7, ())],  # early and good
    "943": [(8, (CRITICAL,)), (9, ())],  # mends it the next day
    "944": [(8, (CRITICAL,))],  # never mends it
    "945": [],  # sends nothing at all
    "946": [(13, ())],  # after the first reminder
    "947": [
        (11, (CRITICAL,)),
        (12, ()),
    ],  # on a weekend, and mends it before anybody could be mailed
    "948": [(9, (WARNING,))],  # a question
    "949": [(9, (WARNING,)), (14, ())],  # a question, answered by a new file
    "950": [(8, (CRITICAL,)), (9, (OTHER,)), (13, ())],  # mends one thing after the other
    "951": [
        (9, (CRITICAL,)),
        (9, (CRITICAL, OTHER)),
        (9, (OTHER,)),
    ],  # three files a day, the last is bad
}
WANTED = {
    "941": ["sắp đến hạn", "hôm nay là hạn", "chưa nhận được"],
    "942": [],
    "943": ["đề nghị sửa và gửi lại", "đã nhận đầy đủ sau khi xem lại"],
    "944": ["đề nghị sửa và gửi lại", "nhắc lại", "nhắc lại"],
    "945": ["sắp đến hạn", "hôm nay là hạn", "chưa nhận được"],
    "946": ["sắp đến hạn"],
    "947": ["sắp đến hạn"],
    "948": ["đề nghị kiểm tra lại số liệu"],
    "949": ["đề nghị kiểm tra lại số liệu", "đã nhận đầy đủ sau khi xem lại"],
    "950": ["đề nghị sửa và gửi lại", "đề nghị sửa và gửi lại", "đã nhận đầy đủ sau khi xem lại"],
    "951": ["đề nghị sửa và gửi lại", "nhắc lại", "nhắc lại"],
}


@dataclass(frozen=True)
class Mailed:
    """A mail and when it went."""

    day: date
    hour: int
    mail: EmailMessage

    @property
    def address(self) -> str:
        return parseaddr(str(self.mail["To"]))[1]


@pytest.fixture(scope="module")
def mailed(pack: Pack, tmp_path_factory: pytest.TempPathFactory) -> list[Mailed]:
    """All mails of the thirty nights: each night at 01:00, and the morning's sending at 07:05."""
    settings = Settings(
        _env_file=None,
        var=tmp_path_factory.mktemp("nights"),
        smtp_url=SecretStr("smtp://localhost"),
    )
    office = Office(pack_with_deadlines(pack, "training"), settings, at(FIRST, 1))
    mailed: list[Mailed] = []
    for number in range(30):
        day = FIRST + timedelta(days=number)
        office.now = at(day, 1)
        for unit, sent in SENT.items():
            for _, findings in (each for each in sent if date(2025, 1, each[0]) == day):
                office.receive(unit, *findings)
        office.remind()
        for hour in (1, 7, 15):
            post, office.now = Collected(), at(day, hour)
            office.send(post)
            mailed += [Mailed(day, hour, mail) for mail in post.mails]
    return mailed


def to(mailed: list[Mailed], address: str) -> list[Mailed]:
    return [each for each in mailed if each.address == address]


@pytest.mark.parametrize("unit", SENT)
def test_each_district_gets_the_mails_that_it_needs_and_no_other(
    mailed: list[Mailed], pack: Pack, unit: str
) -> None:
    subjects = [str(each.mail["Subject"]) for each in to(mailed, pack.contact_of(unit).email)]
    assert len(subjects) == len(WANTED[unit]), subjects
    assert all(words in subject for words, subject in zip(WANTED[unit], subjects, strict=True)), (
        subjects
    )


def test_the_office_hears_of_who_is_a_week_late_in_one_mail(
    mailed: list[Mailed], pack: Pack
) -> None:
    (told,) = to(mailed, pack.correspondence.office.email)
    (text,) = texts([told.mail])
    assert told.day == date(2025, 1, 24)
    assert "Huyện Cù Lao Dung" in text
    assert "đã qua 7 ngày làm việc" in text
    assert "Huyện" not in text.replace("Huyện Cù Lao Dung", "")


def test_no_mail_went_at_night_on_a_closed_day_or_beyond_the_limit(
    mailed: list[Mailed], pack: Pack
) -> None:
    assert {each.hour for each in mailed} == {7}
    assert all(pack.calendar.working_days.is_working(each.day) for each in mailed)
    assert max(Counter((each.day, each.address) for each in mailed).values()) == 1


def test_every_mail_is_another_and_a_report_s_mails_are_one_thread(
    mailed: list[Mailed], pack: Pack
) -> None:
    ids = [each.mail["Message-ID"] for each in mailed]
    assert len(set(ids)) == len(ids)
    story = [each.mail for each in to(mailed, pack.contact_of("950").email)]
    assert [mail["In-Reply-To"] for mail in story] == [
        None,
        story[0]["Message-ID"],
        story[1]["Message-ID"],
    ]
    assert str(story[2]["References"]).split() == [story[0]["Message-ID"], story[1]["Message-ID"]]


def test_no_mail_asks_for_what_had_come_or_speaks_of_what_was_mended(
    mailed: list[Mailed], pack: Pack
) -> None:
    units = {pack.contact_of(unit).email: unit for unit in SENT}
    for each in mailed:
        so_far = [
            findings
            for day, findings in SENT.get(units.get(each.address, ""), [])
            if date(2025, 1, day) <= each.day
        ]
        subject = str(each.mail["Subject"])
        if any(words in subject for words in ("hạn gửi", "chưa nhận được")):
            assert not so_far, subject
        elif "cần sửa" in subject:
            assert CRITICAL in so_far[-1] or OTHER in so_far[-1], subject
        elif "đầy đủ" in subject:
            assert so_far[-1] == (), subject


def test_a_placeholder_reminds_nobody(pack: Pack, settings: Settings) -> None:
    office = Office(pack, settings, at(date(2025, 1, 15)))
    office.remind()
    assert office.send(Collected()).sent == 0


def test_a_pack_that_is_set_up_late_digs_up_no_old_years(pack: Pack, settings: Settings) -> None:
    office = Office(pack_with_deadlines(pack, "training"), settings, at(date(2025, 6, 16)))
    office.remind()
    assert office.send(Collected()).sent == 0


def test_the_leader_hears_last(pack: Pack, settings: Settings) -> None:
    office = Office(pack_with_deadlines(pack, "training"), settings, at(date(2025, 2, 12)))
    office.remind()
    post = Collected()
    office.send(post)
    told = {
        parseaddr(str(mail["To"]))[1]: text
        for mail, text in zip(post.mails, texts(post.mails), strict=True)
    }
    people = pack.correspondence
    assert told.keys() == {people.leader.email, people.office.email}
    assert told[people.leader.email].count("đã qua 15 ngày làm việc") == 11
    assert told[people.office.email].count("đã qua 7 ngày làm việc") == 1, (
        "the province's own report, due after Tết"
    )
