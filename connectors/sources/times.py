"""Times that a source gives. They are untrusted: some lie outside the calendar."""

from datetime import UTC, datetime


def utc_of(stamp: object) -> datetime | None:
    """Return a time in UTC; None for a time that is not given, or is outside the calendar.

    `stamp` is a time, a text in ISO 8601, or seconds since 1970. A time without a zone is UTC.
    """
    try:
        if isinstance(stamp, str):
            stamp = datetime.fromisoformat(stamp)
        if isinstance(stamp, datetime):
            return stamp.astimezone(UTC) if stamp.tzinfo else stamp.replace(tzinfo=UTC)
        if isinstance(stamp, int | float):
            return datetime.fromtimestamp(stamp, UTC)
    except (ValueError, OverflowError, OSError):
        # Year 1 in a zone east of Greenwich has no time in UTC.
        return None
    return None
