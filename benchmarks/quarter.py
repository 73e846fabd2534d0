"""What the generated country reports: the forms of a quarter; and when."""

from datetime import date, timedelta

from program.calendar.period import Period

PERIOD = Period.parse("2024-Q4")
FORMS = {
    "training": "tập huấn",
    "works": "công trình",
    "disbursement": "giải ngân",
    "livelihoods": "sinh kế",
}
"""The forms, and what their files are called."""


def first_arrival(period: Period) -> date:
    """Return the day on which the first files of a quarter come."""
    return period.end + timedelta(days=10)


def run_date(period: Period) -> date:
    """Return the date of the run that takes them."""
    return period.end + timedelta(days=20)
