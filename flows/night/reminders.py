"""Queue the notices that follow from the ledger: reminders, all clear, waived findings.

Notices about a verdict are queued when a submission is loaded. Prefect is not used here.
"""

import logging
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from program.pack.load import Pack
from program.vietnamese import vietnam_day
from warehouse.database.engine import Warehouse
from warehouse.outbox.follow_ups import enqueue_all_clear, enqueue_settled, enqueue_waiver_notices
from warehouse.outbox.reminders import (
    MissingReport,
    OpenIssue,
    enqueue_open,
    enqueue_reminders,
    missing_reports,
    open_issues,
)

logger = logging.getLogger("mtqg.reminding")

_AHEAD = timedelta(days=60)
_BACK = timedelta(days=120)
"""Calendar days around today in which a due date may need a reminder.

They are wider than any step that a pack may set.
"""


def enqueue_follow_ups(warehouse: Warehouse, pack: Pack, day: date, now: datetime) -> None:
    """Queue the notices and reminders that are due on `day`.

    Idempotent: a notice that was queued once is not queued again. Each kind is a transaction of
    its own.
    """
    waived = enqueue_waiver_notices(warehouse, now)
    all_clear = enqueue_all_clear(warehouse, now) + enqueue_settled(warehouse, now)
    open_reminders = enqueue_open(warehouse, list(_open_reminders(warehouse, pack, day)), now)
    missing_reminders = enqueue_reminders(
        warehouse, list(_missing_reminders(warehouse, pack, day)), now
    )
    logger.info(
        "remind overruled=%d clear=%d open=%d missing=%d",
        waived,
        all_clear,
        open_reminders,
        missing_reminders,
    )


def _open_reminders(warehouse: Warehouse, pack: Pack, day: date) -> Iterator[tuple[OpenIssue, int]]:
    """Yield the files that were not corrected, with the reminder that is due on a day."""
    mailing = pack.correspondence.mailing
    working_days = pack.calendar.working_days
    for issue in open_issues(warehouse):
        step = mailing.step_open(vietnam_day(issue.told_at), day, working_days)
        if step is not None:
            yield issue, step


def _missing_reminders(
    warehouse: Warehouse, pack: Pack, day: date
) -> Iterator[tuple[MissingReport, str, str]]:
    """Yield the reminders of missing reports that are due on a day.

    A reminder is the report, the recipient's address and the step. None is due on a day off.
    """
    if not pack.calendar.working_days.is_working(day):
        return
    for missing in missing_reports(warehouse, day - _BACK, day + _AHEAD):
        report = missing.report
        deadline = pack.deadline_of(report.form_code, report.unit_code, report.period, report.stage)
        # Without a deadline in force, the due date is a placeholder of the pack.
        if deadline is not None:
            yield from _reminders(missing, pack, day)


def _reminders(
    missing: MissingReport, pack: Pack, day: date
) -> Iterator[tuple[MissingReport, str, str]]:
    """Yield who is reminded of one missing report on a day."""
    working_days = pack.calendar.working_days
    correspondence = pack.correspondence
    unit = pack.contact_of(missing.report.unit_code)

    days_left = correspondence.mailing.step_before(missing.due_date, day, working_days)
    if days_left is not None:
        yield missing, unit.email, f"due-{days_left}"

    if day > missing.due_date:
        days_late = working_days.between(missing.due_date, day)
        recipients = {
            "unit": unit,
            "office": correspondence.office,
            "leader": correspondence.leader,
        }
        for step in correspondence.steps_late(days_late):
            recipient = recipients[step.to]
            yield missing, recipient.email, f"late-{step.after_working_days}"
