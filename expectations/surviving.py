"""A batch that fails takes none of its readings down: those that fail alone are named, the others are judged together."""

import logging
from collections.abc import Callable, Sequence

from program.errors import ConfigurationError
from program.reading import Reading
from program.submission import Submission

logger = logging.getLogger("mtqg.check")

Check = Callable[[Sequence[Reading]], list[Submission]]


def check_surviving(check: Check, readings: Sequence[Reading], failed: Callable[[Reading, Exception], None]) -> list[Submission]:
    """Return what `check` says of the readings; where it fails, of those that do not fail alone, which see each other again.

    The others are told to `failed`. Where each one passes alone and only the batch does not, each is judged alone. Raises
    ConfigurationError for a rule that is wrong in itself: it would fail every reading alike.
    """
    try:
        return check(readings)
    except ConfigurationError:
        raise
    except Exception:
        logger.warning("check batch=%d retry=one-by-one", len(readings), exc_info=True)
    alone: list[Submission] = []
    sound: list[Reading] = []
    for reading in readings:
        try:
            alone += check([reading])
        except Exception as error:  # the boundary of one delivery
            failed(reading, error)
        else:
            sound.append(reading)
    # The same batch again would fail again.
    return check_surviving(check, sound, failed) if 1 < len(sound) < len(readings) else alone
