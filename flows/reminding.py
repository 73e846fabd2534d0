"""What a night owes besides its verdicts: who is reminded, and who hears that all is well. No Prefect here."""

import logging
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from program.pack import Pack
from program.vietnamese import vietnam_day
from warehouse.engine import Warehouse
from warehouse.owing import owe_all_clear, owe_overruled, owe_settled
from warehouse.reminding import Missing, missing_reports, open_issues, owe_open, owe_reminders

logger = logging.getLogger("mtqg.reminding")

_AHEAD, _BACK = timedelta(days=60), timedelta(days=120)
"""Wider than any step of reminding reaches, in calendar days."""


def owe_what_follows(warehouse: Warehouse, pack: Pack, day: date, now: datetime) -> None:
    """Put into the outbox what follows from the ledger as of `day`; once, however often it is asked."""
    overruled, clear = owe_overruled(warehouse, now), owe_all_clear(warehouse, now) + owe_settled(warehouse, now)
    working, mailing = pack.calendar.working_days, pack.correspondence.mailing
    steps = ((issue, mailing.step_open(vietnam_day(issue.told_at), day, working)) for issue in open_issues(warehouse))
    reminded = owe_open(warehouse, [(issue, step) for issue, step in steps if step is not None], now)
    missing = missing_reports(warehouse, day - _BACK, day + _AHEAD) if working.is_working(day) else []
    late = owe_reminders(warehouse, [each for one in missing for each in _reminders(one, pack, day)], now)
    logger.info("remind overruled=%d clear=%d open=%d missing=%d", overruled, clear, reminded, late)


def _reminders(missing: Missing, pack: Pack, day: date) -> Iterator[tuple[Missing, str, str]]:
    """Yield who is reminded of a missing report on a day; nobody of a deadline that nobody has set."""
    report = missing.report
    if pack.deadline_of(report.form_code, report.unit_code, report.period, report.stage) is None:
        return
    working, people = pack.calendar.working_days, pack.correspondence
    unit = pack.contact_of(report.unit_code)
    before = people.mailing.step_before(missing.due_date, day, working)
    if before is not None:
        yield missing, unit.email, f"due-{before}"
    if day > missing.due_date:
        for step in people.steps_late(working.between(missing.due_date, day)):
            to = {"unit": unit, "office": people.office, "leader": people.leader}[step.to]
            yield missing, to.email, f"late-{step.after_working_days}"
