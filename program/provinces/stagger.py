"""When the runs of many provinces begin: spread, so that they do not all begin at once.

A cron expression has five fields. The first two, minute and hour, are moved; the others stay.
"""

import re
from typing import Self

from pydantic import Field, model_validator

from program.pack.yaml_file import Model

_DAY_MINUTES = 24 * 60
_CLOCK = r"^([01]\d|2[0-3]):[0-5]\d$"
_EVERY = re.compile(r"\*/(\d+)")


class StartWindow(Model):
    """The time of day, in Vietnam, in which nightly runs begin. It may pass midnight."""

    first: str = Field("00:30", pattern=_CLOCK)
    last: str = Field("04:30", pattern=_CLOCK)

    @model_validator(mode="after")
    def _check_length(self) -> Self:
        if self.first == self.last:
            raise ValueError("window: first and last are the same time")
        return self

    def cron(self, share: float) -> str:
        """Return when a run begins each day; `share` is 0 for the first, below 1 for the last."""
        start = _minutes(self.first)
        length = (_minutes(self.last) - start) % _DAY_MINUTES
        hour, minute = divmod((start + round(length * share)) % _DAY_MINUTES, 60)
        return f"{minute} {hour} * * *"


def shifted(cron: str, share: float) -> str:
    """Return a cron expression whose minute is later by a share of the time that it may be late.

    `*/20` becomes three minutes of the hour; a single minute moves up to the end of its hour.
    Raises ValueError for another kind of minute.
    """
    minute, *others = cron.split()
    every = _EVERY.fullmatch(minute)
    if every:
        step = int(every.group(1))
        first = int(step * share)
        moved = ",".join(str(each) for each in range(first, 60, step))
    elif minute.isdecimal():
        moved = str(int(minute) + int((60 - int(minute)) * share))
    else:
        raise ValueError(f"cron: expected a minute or */N first; found {cron!r}")
    return " ".join([moved, *others])


def _minutes(clock: str) -> int:
    hour, minute = clock.split(":")
    return 60 * int(hour) + int(minute)
