"""The states of deliveries, submissions, runs and notices, and the changes that are allowed.

`docs/architecture.md` draws the three machines. The tests watch every change of a state and fail
on one that is not in the tables below.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

State = TypeVar("State", bound=StrEnum)


class DeliveryState(StrEnum):
    """Where a delivery stands (`deliveries.state`).

    A workbook: received → processed. A zip of workbooks: zip_pending → zip_extracted; its members
    are deliveries of their own. A mail: mail_pending → mail_extracted; so are its attachments.
    """

    RECEIVED = "received"
    """It waits to be checked, for the first time or once more."""
    PROCESSED = "processed"
    """It was checked, and its submissions are on record."""
    DUPLICATE = "duplicate"
    """The same sender sent the same bytes before, and nothing has replaced them since."""
    ZIP_PENDING = "zip_pending"
    """A zip that waits to be extracted."""
    ZIP_EXTRACTED = "zip_extracted"
    """A zip whose members are on record as deliveries of their own."""
    MAIL_PENDING = "mail_pending"
    """A mail that waits to be extracted."""
    MAIL_EXTRACTED = "mail_extracted"
    """A mail whose attachments, if it has any, are on record as deliveries of their own."""
    ATTACHMENT = "attachment"
    """A file of a zip or mail that goes with the workbooks (a signed scan). It is never checked."""
    HELD = "held"
    """It waits for the office: nobody knows for sure who sent it (`holds`)."""
    WITHDRAWN = "withdrawn"
    """It was withdrawn. Its submissions are no longer current."""
    PURGED = "purged"
    """Its bytes were deleted after their retention period. A record in the archive says so."""


CHECKED_STATES = (DeliveryState.RECEIVED, DeliveryState.PROCESSED, DeliveryState.WITHDRAWN)
"""The states of deliveries that are checked, were checked, or would have been."""


DELIVERY_TRANSITIONS: Mapping[DeliveryState, frozenset[DeliveryState]] = {
    DeliveryState.RECEIVED: frozenset(
        {
            DeliveryState.PROCESSED,
            # Only once its reports are known.
            DeliveryState.DUPLICATE,
            # The office takes back that a unit sent it.
            DeliveryState.HELD,
            DeliveryState.WITHDRAWN,
            DeliveryState.PURGED,
        }
    ),
    DeliveryState.PROCESSED: frozenset(
        {DeliveryState.RECEIVED, DeliveryState.WITHDRAWN, DeliveryState.PURGED}
    ),
    DeliveryState.DUPLICATE: frozenset({DeliveryState.PURGED}),
    # A zip that cannot be extracted is checked as a file, so that its sender gets the reason.
    DeliveryState.ZIP_PENDING: frozenset(
        {
            DeliveryState.ZIP_EXTRACTED,
            DeliveryState.RECEIVED,
            DeliveryState.HELD,
            DeliveryState.PURGED,
        }
    ),
    DeliveryState.ZIP_EXTRACTED: frozenset({DeliveryState.PURGED}),
    # A mail that cannot be parsed is checked as a file too.
    DeliveryState.MAIL_PENDING: frozenset(
        {
            DeliveryState.MAIL_EXTRACTED,
            DeliveryState.RECEIVED,
            DeliveryState.HELD,
            DeliveryState.PURGED,
        }
    ),
    DeliveryState.MAIL_EXTRACTED: frozenset({DeliveryState.PURGED}),
    DeliveryState.HELD: frozenset(
        {
            # The office says which unit sent it.
            DeliveryState.MAIL_PENDING,
            DeliveryState.RECEIVED,
            DeliveryState.ZIP_PENDING,
            # The office refuses it.
            DeliveryState.WITHDRAWN,
            DeliveryState.PURGED,
        }
    ),
    DeliveryState.ATTACHMENT: frozenset({DeliveryState.PURGED}),
    # The office takes back that it refused it.
    DeliveryState.WITHDRAWN: frozenset({DeliveryState.HELD, DeliveryState.PURGED}),
    # A rebuild records the checks of a purged delivery again, from its purge record.
    DeliveryState.PURGED: frozenset({DeliveryState.RECEIVED}),
}


class HoldOutcome(StrEnum):
    """What the office decided about a held delivery (`holds.outcome`)."""

    RELEASED = "released"
    """A unit sent it. It is checked."""
    REFUSED = "refused"
    """Nothing of it counts. The delivery is withdrawn."""


class SubmissionState(StrEnum):
    """Where a submission stands. No column stores it: `verdict` and `known_…` say it."""

    REJECTED = "rejected"
    """Its own check quarantined it, or nobody could read it. It never counts."""
    ACCEPTED = "accepted"
    """It counts now: `known_from` is set, `known_to` is not."""
    ACCEPTED_WITH_WARNINGS = "accepted_with_warnings"
    """It counts now, and a question to its sender is open."""
    CLOSED = "closed"
    """It counts no longer: a later version replaced it, or its delivery was withdrawn."""
    REJECTED_BY_CROSS_CHECK = "rejected_by_cross_check"
    """It counts no longer: a cross-check found something critical."""


_CURRENT_MAY_BECOME = frozenset({SubmissionState.CLOSED, SubmissionState.REJECTED_BY_CROSS_CHECK})
SUBMISSION_TRANSITIONS: Mapping[SubmissionState, frozenset[SubmissionState]] = {
    SubmissionState.REJECTED: frozenset(),
    # A cross-check adds warnings, and a later one closes them.
    SubmissionState.ACCEPTED: _CURRENT_MAY_BECOME | {SubmissionState.ACCEPTED_WITH_WARNINGS},
    SubmissionState.ACCEPTED_WITH_WARNINGS: _CURRENT_MAY_BECOME | {SubmissionState.ACCEPTED},
    # What counts again is a new submission of the same delivery, of its next check.
    SubmissionState.CLOSED: frozenset(),
    SubmissionState.REJECTED_BY_CROSS_CHECK: frozenset(),
}


class RunState(StrEnum):
    """How a run ended (`runs.state`)."""

    RUNNING = "running"
    """It has not ended, or its process was killed."""
    COMPLETED = "completed"
    FAILED = "failed"
    """It ended, but a system error occurred."""
    REBUILT = "rebuilt"
    """No run of the pipeline: a rebuild recorded deliveries that no exported run has."""


class RunKind(StrEnum):
    """What a run does (`runs.kind`)."""

    NIGHTLY = "nightly"
    """All steps: it cross-checks and publishes what came, and reminds."""
    INTAKE = "intake"
    """It takes in, checks, loads and mails what came; a nightly run does the rest."""


class OutboxState(StrEnum):
    """Where a notice stands (`outbox.state`)."""

    PENDING = "pending"
    """It waits to be sent."""
    SENT = "sent"
    FAILED = "failed"
    """The mail server refused it for good, or the mail came back. An operator decides."""
    OBSOLETE = "obsolete"
    """What it asks was settled before it was sent. It is not sent."""


OUTBOX_TRANSITIONS: Mapping[OutboxState, frozenset[OutboxState]] = {
    OutboxState.PENDING: frozenset({OutboxState.SENT, OutboxState.FAILED, OutboxState.OBSOLETE}),
    # The mail came back.
    OutboxState.SENT: frozenset({OutboxState.FAILED}),
    # An operator has it sent again.
    OutboxState.FAILED: frozenset({OutboxState.PENDING}),
    # The question of an all-clear was put once more, and is settled once more.
    OutboxState.OBSOLETE: frozenset({OutboxState.PENDING}),
}


def states_before(transitions: Mapping[State, frozenset[State]], state: State) -> tuple[State, ...]:
    """Return the states from which something may change into `state`."""
    return tuple(before for before, after in transitions.items() if state in after)
