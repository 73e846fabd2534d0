"""The states of deliveries, runs and notices, as tables store them."""

from enum import StrEnum


class DeliveryState(StrEnum):
    """Where a delivery stands (`deliveries.state`).

    A workbook: received → processed. A zip of workbooks: zip_pending → zip_extracted; its members
    are deliveries of their own.
    """

    RECEIVED = "received"
    """It waits to be checked, for the first time or once more."""
    PROCESSED = "processed"
    """It was checked, and its submissions are on record."""
    DUPLICATE = "duplicate"
    """The same sender sent the same bytes before. It is never checked."""
    ZIP_PENDING = "zip_pending"
    """A zip that waits to be extracted."""
    ZIP_EXTRACTED = "zip_extracted"
    """A zip whose members are on record as deliveries of their own."""
    ATTACHMENT = "attachment"
    """A member of a zip that goes with the workbooks (a signed scan). It is never checked."""
    WITHDRAWN = "withdrawn"
    """It was taken back for good. Its submissions count no longer."""
    PURGED = "purged"
    """Its bytes were deleted after their retention period. A record in the archive says so."""


CHECKED_STATES = (DeliveryState.RECEIVED, DeliveryState.PROCESSED, DeliveryState.WITHDRAWN)
"""The states of deliveries that are checked, were checked, or would have been."""


class RunState(StrEnum):
    """How a run ended (`runs.state`)."""

    RUNNING = "running"
    """It has not ended, or its process was killed."""
    COMPLETED = "completed"
    FAILED = "failed"
    """It ended, but a system error occurred."""
    REBUILT = "rebuilt"
    """No run of the pipeline: a rebuild recorded deliveries that no exported run has."""


class OutboxState(StrEnum):
    """Where a notice stands (`outbox.state`)."""

    PENDING = "pending"
    """It waits to be sent."""
    SENT = "sent"
    FAILED = "failed"
    """The mail server refused it for good, or the mail came back. An operator decides."""
    OBSOLETE = "obsolete"
    """What it asks was settled before it was sent. It is not sent."""
