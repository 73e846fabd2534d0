"""Whether a day lies in a span of days: of a form's version, a duty, a unit."""

from datetime import date


def is_within(day: date, first: date | None, last: date | None) -> bool:
    """Tell whether a day lies from `first` to `last`, both included. None: no such bound."""
    has_begun = first is None or first <= day
    has_not_ended = last is None or day <= last
    return has_begun and has_not_ended
