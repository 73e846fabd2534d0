"""When mails may go, who is reminded when, and which names and addresses are none."""

from datetime import date, timedelta

import pytest
from pydantic import ValidationError

from program.pack.contact import Contact
from program.pack.mailing_policy import MailingPolicy, QuietHours, last_step
from program.pack.pack import Pack
from tests.mailroom import at

DUE = date(2025, 1, 15)
MAILING = MailingPolicy(remind_before_days=(3, 0), remind_open_after_days=(5, 10))


@pytest.mark.parametrize(
    ("day", "step"),
    [(9, None), (10, 3), (11, None), (13, 3), (14, 3), (15, 0), (16, None)],
    ids=["four days", "three", "a Saturday", "two", "one", "today", "past"],
)
def test_a_reminder_before_the_deadline_counts_working_days(
    pack: Pack, day: int, step: int | None
) -> None:
    assert MAILING.step_before(DUE, date(2025, 1, day), pack.calendar.working_days) == step


def test_an_open_issue_is_reminded_at_its_steps_and_never_on_a_closed_day(pack: Pack) -> None:
    told = date(2025, 1, 6)
    days = [told + timedelta(days=n) for n in range(15)]
    steps = [MAILING.step_open(told, day, pack.calendar.working_days) for day in days]
    assert steps[:7] == [None] * 7
    assert steps[7:] == [5, 5, 5, 5, 5, None, None, 10]


@pytest.mark.parametrize(
    ("days", "to"),
    [
        (2, []),
        (3, ["unit"]),
        (6, ["unit"]),
        (7, ["office"]),
        (15, ["leader"]),
        (20, ["leader"]),
        (21, []),
    ],
)
def test_a_late_report_climbs_the_pack_s_steps_and_an_old_one_is_let_rest(
    pack: Pack, days: int, to: list[str]
) -> None:
    assert [step.to for step in pack.correspondence.steps_late(days)] == to


def test_steps_are_the_last_that_was_reached_lately() -> None:
    assert [last_step((5, 10), days) for days in (4, 5, 9, 10, 15, 16)] == [
        None,
        5,
        5,
        10,
        10,
        None,
    ]


@pytest.mark.parametrize(
    ("hours", "quiet"),
    [((20, 7), {20, 23, 0, 6}), ((12, 14), {12, 13}), ((0, 0), set())],
    ids=["over midnight", "noon", "none"],
)
def test_quiet_hours_begin_and_end_where_they_say(hours: tuple[int, int], quiet: set[int]) -> None:
    asked = {0, 6, 7, 12, 13, 14, 19, 20, 23}
    span = QuietHours(from_hour=hours[0], until_hour=hours[1])
    assert {hour for hour in asked if span.cover(hour)} == quiet


def test_mail_is_held_at_night_and_on_closed_days_and_on_no_other(pack: Pack) -> None:
    manners, working = pack.correspondence.mailing, pack.calendar.working_days
    moments = {
        at(date(2025, 1, 20), 9): "",
        at(date(2025, 1, 20), 1): "quiet hours",
        at(date(2025, 1, 29), 9): "closed day",
    }
    assert {moment: manners.holds_back(moment, working) for moment in moments} == moments
    assert MailingPolicy().holds_back(at(date(2025, 1, 29), 1), working) == ""


@pytest.mark.parametrize(
    "name", ["", "a\r\nBcc: all@example.org", "a\nb", "tab\there", "\x00", "a\u2028b"]
)
def test_a_name_that_would_end_a_header_is_no_name(name: str) -> None:
    with pytest.raises(ValidationError):
        Contact(name=name, email="a@b.example")


@pytest.mark.parametrize(
    "email",
    [
        "a@b.example, c@d.example",
        "a@b.example\r\nRCPT TO:<x@y.example>",
        "<a@b.example>",
        "a b@c.example",
        "a@b@c.example",
        "a@b\n",
        '"a"@b.example',
        "a@",
        "@b",
        "a@xã.example",
    ],
)
def test_an_address_that_is_more_or_less_than_one_address_is_none(email: str) -> None:
    with pytest.raises(ValidationError):
        Contact(name="A", email=email)
