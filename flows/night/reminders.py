"""Queue the notices that follow from the ledger: reminders, all clear, waived findings.

Notices about a verdict are queued when a submission is loaded. Prefect is not used here.
"""

import logging
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from program.pack.mailing_policy import Pause
from program.pack.pack import Pack
from program.records.letter import MissingReport, NoticeKind
from program.vietnamese import vietnam_day
from warehouse.database.engine import Warehouse
from warehouse.outbox.enqueue import NewNotice
from warehouse.outbox.follow_ups import enqueue_all_clear, enqueue_settled, enqueue_waiver_notices
from warehouse.outbox.reminders import (
    enqueue_reminders,
    missing_reports,
    open_issues,
)
from warehouse.queries.office_inbox import explanations

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
    still_open = enqueue_reminders(warehouse, list(_open_reminders(warehouse, pack, day, now)))
    missing = enqueue_reminders(warehouse, list(_missing_reminders(warehouse, pack, day, now)))
    logger.info(
        "remind waived=%d all_clear=%d still_open=%d missing=%d",
        waived,
        all_clear,
        still_open,
        missing,
    )


def _open_reminders(
    warehouse: Warehouse, pack: Pack, day: date, now: datetime
) -> Iterator[NewNotice]:
    """Yield the reminders of files that were not corrected that are due on a day."""
    mailing = pack.correspondence.mailing
    working_days = pack.calendar.working_days
    pauses = _pauses(warehouse, pack)
    for issue in open_issues(warehouse):
        asked_on = vietnam_day(issue.asked_at)
        paused = pauses.get(issue.submission_id, ())
        step = mailing.step_open(asked_on, day, working_days, paused)
        if step is not None:
            recipient = issue.recipient
            yield NewNotice(NoticeKind.STILL_OPEN, recipient, now, issue.submission_id, step=step)


def _pauses(warehouse: Warehouse, pack: Pack) -> dict[int, list[Pause]]:
    """Return when the sender of a submission is not reminded, because of what it explained."""
    mailing = pack.correspondence.mailing
    pauses: dict[int, list[Pause]] = defaultdict(list)
    for explanation in explanations(warehouse):
        decision = explanation.decision
        decided_on = vietnam_day(decision.decided_at) if decision else None
        explained_on = vietnam_day(explanation.received_at)
        pause = mailing.pause(explained_on, decided_on, pack.calendar.working_days)
        if pause is None:
            continue
        for number in explanation.concerned:
            pauses[number].append(pause)
    return pauses


def _missing_reminders(
    warehouse: Warehouse, pack: Pack, day: date, now: datetime
) -> Iterator[NewNotice]:
    """Yield the reminders of missing reports that are due on a day; none on a day off."""
    if not pack.calendar.working_days.is_working(day):
        return
    for missing in missing_reports(warehouse, day - _BACK, day + _AHEAD):
        report = missing.report
        deadline = pack.deadline_of(report.form_code, report.unit_code, report.period, report.stage)
        # Without a deadline in force, the due date is a placeholder of the pack.
        if deadline is not None:
            yield from _reminders(missing, pack, day, now)


def _reminders(missing: MissingReport, pack: Pack, day: date, now: datetime) -> Iterator[NewNotice]:
    """Yield the reminders of one missing report that are due on a day."""
    working_days = pack.calendar.working_days
    correspondence = pack.correspondence
    unit = pack.contact_of(missing.report.unit_code)

    days_left = correspondence.mailing.step_before(missing.due_date, day, working_days)
    if days_left is not None:
        yield NewNotice(NoticeKind.DUE_SOON, unit.email, now, missing=missing, step=days_left)

    if day > missing.due_date:
        days_late = working_days.between(missing.due_date, day)
        recipients = {
            "unit": unit,
            "office": correspondence.office,
            "leader": correspondence.leader,
        }
        for step in correspondence.steps_late(days_late):
            yield NewNotice(
                NoticeKind.OVERDUE,
                recipients[step.to].email,
                now,
                missing=missing,
                step=step.after_working_days,
            )
