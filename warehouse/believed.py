"""What "believed now" means, for whoever asks in SQL; the marts ask `believed.sql`."""

from sqlalchemy import ColumnElement

from warehouse.tables import SubmissionRow


def is_believed() -> ColumnElement[bool]:
    """Return the condition that a submission is believed now."""
    return SubmissionRow.known_from.is_not(None) & SubmissionRow.known_to.is_(None)
