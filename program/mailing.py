"""When mails may go out, how many, and when somebody is reminded: a pack's own manners."""

from datetime import date, datetime

from pydantic import Field

from program.configuration import Model
from program.schedule import WorkingDays
from program.vietnamese import VIETNAM_TIME

_MADE_UP_FOR = 5
"""A reminder that a night missed is made up for so many working days; a pack set up late digs up no old years."""


class QuietHours(Model):
    """Hours of the day in Vietnam in which no mail goes out; they may span midnight."""

    from_hour: int = Field(ge=0, le=23)
    until_hour: int = Field(ge=0, le=23)

    def cover(self, hour: int) -> bool:
        """Tell whether an hour is quiet."""
        if self.from_hour <= self.until_hour:
            return self.from_hour <= hour < self.until_hour
        return hour >= self.from_hour or hour < self.until_hour


class Mailing(Model):
    """How a pack's office writes: the part `mailing` of `contacts.yaml`. Without it there are no reminders and no quiet hours.

    All of it is about mails through a server: files in the outbox disturb nobody. `daily_limit` counts the mails of a day to one
    recipient. Days are working days: before a report is due, 0 for the day itself, and after a sender was asked to mend a file.
    """

    quiet_hours: QuietHours | None = None
    on_closed_days: bool = True
    daily_limit: int = Field(3, ge=1)
    remind_before_days: tuple[int, ...] = ()
    remind_open_after_days: tuple[int, ...] = ()
    source: str = ""

    def holds_back(self, instant: datetime, working: WorkingDays) -> str:
        """Return why no mail goes out at this moment: "quiet hours", "closed day", or "" where one may."""
        local = instant.astimezone(VIETNAM_TIME)
        if self.quiet_hours is not None and self.quiet_hours.cover(local.hour):
            return "quiet hours"
        return "" if self.on_closed_days or working.is_working(local.date()) else "closed day"

    def step_before(self, due: date, today: date, working: WorkingDays) -> int | None:
        """Return which reminder a report that is due is at: so many working days before, 0 on the day; None: none today."""
        if today > due or not working.is_working(today):
            return None
        left = working.between(today, due)
        return min((days for days in self.remind_before_days if days >= left), default=None)

    def step_open(self, told: date, today: date, working: WorkingDays) -> int | None:
        """Return which reminder an open issue is at, so many working days after its sender was asked; None: none today."""
        return last_step(self.remind_open_after_days, working.between(told, today)) if working.is_working(today) else None


def last_step(steps: tuple[int, ...], days: int) -> int | None:
    """Return the last of `steps` that was reached within the last few working days, None where there is none."""
    return max((step for step in steps if 0 <= days - step <= _MADE_UP_FOR), default=None)
