"""The limits of a request, and the ways in which it may end."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeAlias, TypeVar

AnswerT = TypeVar("AnswerT")


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one request may use.

    Attributes:
        seconds: The CPU time.
        memory_bytes: The address space, in addition to that of the idle process. Linux only.
    """

    seconds: float
    memory_bytes: int


class KillReason(StrEnum):
    """Why a process had to end with its request unanswered."""

    TOO_SLOW = "time-out"
    TOO_MUCH_MEMORY = "memory"
    CRASHED = "crash"


@dataclass(frozen=True, slots=True)
class Done(Generic[AnswerT]):
    """The work returned an answer."""

    answer: AnswerT


@dataclass(frozen=True, slots=True)
class Raised:
    """The work raised an exception. The process lives on.

    The exception has its traceback as a note: the traceback itself cannot leave the process.
    """

    error: Exception


@dataclass(frozen=True, slots=True)
class Killed:
    """The request ended its process. `how` is a word for the log: a signal's name, "exit 3"."""

    reason: KillReason
    how: str


Ending: TypeAlias = Done[AnswerT] | Raised | Killed
