"""When mails may be sent, how many, and when somebody is reminded: each pack's own rules."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pydantic import Field

from program.calendar.schedule import WorkingDays
from program.pack.yaml_file import Model
from program.vietnamese import VIETNAM_TIME

_CATCH_UP_DAYS = 5
"""Working days for which a missed reminder is still sent.

So a pack that is set up late sends no reminders about past years.
"""


class QuietHours(Model):
    """Hours of the day in Vietnam in which no mail is sent. They may span midnight.

    `from_hour` is included, `until_hour` is not.
    """

    from_hour: int = Field(ge=0, le=23)
    until_hour: int = Field(ge=0, le=23)

    def cover(self, hour: int) -> bool:
        """Tell whether an hour is quiet."""
        if self.from_hour <= self.until_hour:
            return self.from_hour <= hour < self.until_hour
        # The hours span midnight: 22 to 6.
        return hour >= self.from_hour or hour < self.until_hour


@dataclass(frozen=True, slots=True)
class Pause:
    """Days without a reminder, because the sender has explained itself. `last` is one of them."""

    first: date
    last: date

    def covers(self, day: date) -> bool:
        """Tell whether a day is one of them."""
        return self.first <= day <= self.last


class MailingPolicy(Model):
    """The part `mailing` of `contacts.yaml`. Without it there are no reminders and no quiet hours.

    It is about mails through a server: files in the outbox disturb nobody. `daily_limit` is the
    most mails a day to one recipient; an answer to a file that it sent goes beyond it.
    `remind_before_days` are working days before a report is due, 0 for the day itself.
    `remind_open_after_days` are working days after a sender was asked to correct a file.
    `answer_within_days` are the working days that a mail gives for an answer where no deadline says
    by when. `explanation_pauses_days` are the working days for which a sender who has explained a
    finding gets no reminder of it, if the office does not decide earlier; 0: it is reminded all the
    same. `morning_mail`: the office gets a mail about each run with something new, also where there
    is no mail server.
    """

    quiet_hours: QuietHours | None = None
    on_closed_days: bool = True
    daily_limit: int = Field(3, ge=1)
    remind_before_days: tuple[int, ...] = ()
    remind_open_after_days: tuple[int, ...] = ()
    answer_within_days: int = Field(5, ge=1)
    explanation_pauses_days: int = Field(10, ge=0)
    morning_mail: bool = False
    source: str = ""

    def holds_back(self, instant: datetime, working: WorkingDays) -> str:
        """Return why no mail may be sent now: "quiet hours" or "closed day"; "" if one may."""
        local = instant.astimezone(VIETNAM_TIME)
        if self.quiet_hours is not None and self.quiet_hours.cover(local.hour):
            return "quiet hours"
        if not self.on_closed_days and not working.is_working(local.date()):
            return "closed day"
        return ""

    def step_before(self, due: date, today: date, working: WorkingDays) -> int | None:
        """Return the reminder to send today for a report that is due; None without one.

        A reminder is named by its number of working days before the due date, 0 on the day itself.
        """
        # After the due date the reminders of a late report take over.
        if today > due or not working.is_working(today):
            return None
        days_left = working.between(today, due)
        # Where a run was missed, the newest reminder that is due takes its place.
        reached = (days for days in self.remind_before_days if days >= days_left)
        return min(reached, default=None)

    def step_open(
        self,
        notified: date,
        today: date,
        working: WorkingDays,
        pauses: Iterable[Pause] = (),
    ) -> int | None:
        """Return the reminder to send today for a report to correct; None without one.

        A reminder is named by its number of working days after the sender was `notified`. The days
        of pauses do not count, and have none.
        """
        in_pauses: set[date] = set()
        for pause in pauses:
            in_pauses |= _days(max(pause.first, notified), min(pause.last, today))
        if today in in_pauses or not working.is_working(today):
            return None
        # The day of the notice is not counted by `between` either.
        paused = sum(working.is_working(day) for day in in_pauses - {notified})
        return last_step(self.remind_open_after_days, working.between(notified, today) - paused)

    def pause(self, explained: date, decided: date | None, working: WorkingDays) -> Pause | None:
        """Return the pause that begins with an explanation, and ends with the office's decision.

        None where the pack has no pause.
        """
        if not self.explanation_pauses_days:
            return None
        last = working.after(explained, self.explanation_pauses_days)
        return Pause(explained, min(last, decided or last))


def _days(first: date, last: date) -> set[date]:
    """Return the days from `first` to `last`, none where `last` is before."""
    return {first + timedelta(days=number) for number in range((last - first).days + 1)}


def last_step(steps: tuple[int, ...], days: int) -> int | None:
    """Return the last of `steps` that was reached recently, None if there is none.

    `days` and `steps` count working days from one day. Recently: at most five of them ago.
    """
    recent = (step for step in steps if 0 <= days - step <= _CATCH_UP_DAYS)
    return max(recent, default=None)
