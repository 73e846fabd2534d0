"""What is to be said of one report in a file: a submission with its verdict, or why there is none."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from program.finding import Finding
from program.submission import Submission, Verdict


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a file has no verdict: it could not be opened, or the program failed on it; `detail` in the system's words."""

    kind: Literal["missing", "link", "permission", "special", "system", "program"]
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """A file and its submission, whose facts are left out, or the failure in place of one."""

    path: Path
    result: Submission | Failure
    content: Callable[[], bytes | None] | None = field(default=None, compare=False)
    """Gives the file's bytes once more, for whoever marks them."""

    @property
    def submission(self) -> Submission | None:
        """The submission, None where there is a failure."""
        return self.result if isinstance(self.result, Submission) else None

    @property
    def verdict(self) -> Verdict:
        """The verdict; a file that could not be opened counts as unreadable."""
        return self.result.verdict if isinstance(self.result, Submission) else Verdict.UNREADABLE

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, the worst first."""
        return self.result.findings if isinstance(self.result, Submission) else ()
