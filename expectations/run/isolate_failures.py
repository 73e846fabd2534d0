"""A parsed report that makes its batch fail is set aside; the others are still checked together."""

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from program.errors import ConfigurationError

logger = logging.getLogger("mtqg.check")

ReportT = TypeVar("ReportT")
CheckedT = TypeVar("CheckedT")


def check_isolating_failures(
    check: Callable[[Sequence[ReportT]], list[CheckedT]],
    readings: Sequence[ReportT],
    failed: Callable[[ReportT, Exception], None],
) -> list[CheckedT]:
    """Run `check` on the parsed reports as one batch, and return its results.

    If it raises, check each parsed report alone, pass those that raise to `failed`, and check the
    others as one batch again. If only the batch raises, return the results of the single checks.
    Raises ConfigurationError for a rule that is wrong itself: it would fail every report.
    """
    try:
        return check(readings)
    except ConfigurationError:
        raise
    except Exception:
        logger.warning("check batch=%d retry=one-by-one", len(readings), exc_info=True)
    alone: list[CheckedT] = []
    sound: list[ReportT] = []
    for reading in readings:
        try:
            alone += check([reading])
        except Exception as error:  # the boundary of one delivery
            failed(reading, error)
        else:
            sound.append(reading)
    # Together once more: reports of one batch are compared with each other. The same batch would
    # raise again.
    is_smaller_batch = 1 < len(sound) < len(readings)
    if is_smaller_batch:
        return check_isolating_failures(check, sound, failed)
    return alone
