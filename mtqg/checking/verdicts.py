"""The result for one report in a file: a submission with its verdict, or why there is none."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from program.finding import Finding
from program.submission import Submission, Verdict


class FailureKind(StrEnum):
    """Why a file has no verdict."""

    MISSING = "missing"
    LINK = "link"
    """A link to a file that does not exist."""
    PERMISSION = "permission"
    SPECIAL = "special"
    """A pipe, a device, or a folder."""
    SYSTEM = "system"
    """Any other error of the operating system."""
    PROGRAM = "program"
    """An error in this program."""


@dataclass(frozen=True, slots=True)
class CheckFailure:
    """Why a file has no verdict: it cannot be opened, or the program failed.

    `detail` is the error in the words of the system.
    """

    kind: FailureKind
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """A file with its submission (without facts), or with the failure in place of one."""

    path: Path
    result: Submission | CheckFailure
    content: Callable[[], bytes | None] | None = field(default=None, compare=False)
    """Reads the file's bytes again, to mark them."""

    @property
    def submission(self) -> Submission | None:
        """The submission, None for a failure."""
        return self.result if isinstance(self.result, Submission) else None

    @property
    def verdict(self) -> Verdict:
        """The verdict. A file that cannot be opened is unreadable."""
        return self.result.verdict if isinstance(self.result, Submission) else Verdict.UNREADABLE

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, the most severe first."""
        return self.result.findings if isinstance(self.result, Submission) else ()
