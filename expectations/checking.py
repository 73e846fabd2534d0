"""Check the parsed reports of a run: they become submissions with findings.

Importing this module is quick. `expectations.run.batch_checker` does the work. It is imported, and
Great Expectations with it, when there is something to check: a run with nothing new never waits
for them.
"""

import sys
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from expectations.rules.rule_set import RuleSet
from program.finding import Finding
from program.machine.importing import without_collecting
from program.pack.pack import Pack
from program.records.current_report import CurrentReport
from program.records.history import History
from program.submission import Submission

if TYPE_CHECKING:
    from expectations.run.batch_checker import BatchChecker
    from program.parsed_report import ParsedReport


class CheckedWithin(NamedTuple):
    """A parsed report, and its findings that need no other report."""

    reading: "ParsedReport"
    findings: Sequence[Finding]


class Checker:
    """Checks parsed reports in batches, and publishes the results as Data Docs.

    One object serves a run: each call of `check` adds its validation results to the same Data Docs.
    """

    def __init__(self, pack: Pack, rules: RuleSet, run_name: str) -> None:
        self._pack = pack
        self._rules = rules
        self._run_name = run_name

    def check(
        self, readings: Sequence["ParsedReport"], past: History | None = None
    ) -> list[Submission]:
        """Return a submission for each parsed report, in order. A bad one never changes the others.

        The numbers of the parsed reports must differ (`ParsedReport.number`): batches and Data Docs
        call them `submission_id`. With a `past`, each parsed report is also compared with it, and
        with those before it that load. With None nothing is compared.
        """
        return self.check_isolated([readings], past)

    def check_isolated(
        self, scopes: Sequence[Sequence["ParsedReport"]], past: History | None
    ) -> list[Submission]:
        """Return the same for several scopes of parsed reports, in one batch for all.

        Parsed reports of different groups are not compared with each other.
        """
        # `_batches` imports Great Expectations: not for nothing.
        if not any(scopes):
            return []
        return self._batches.check(scopes, past)

    def check_within(self, readings: Sequence["ParsedReport"]) -> list[CheckedWithin]:
        """Do the part of `check` that needs no other report.

        The result for a parsed report is the same in any batch and with any waivers.
        """
        return self._batches.check_within(readings) if readings else []

    def check_over_time(
        self, reports: Sequence[CheckedWithin], past: History | None
    ) -> list[Submission]:
        """Do the other part: both together return what `check` returns."""
        return self._batches.check_over_time(reports, past) if reports else []

    def compare(self, *scopes: Iterable[CurrentReport]) -> list[tuple[int, Finding]]:
        """Cross-check current reports; return the findings, each with a submission's number.

        Reports of different `scopes` are not compared with each other.
        """
        if not any(scopes):
            return []
        return self._batches.compare(*scopes)

    def publish_docs(self, folder: Path) -> Path:
        """Write Data Docs of all that was checked so far into `folder`; return their first page."""
        return self._batches.publish_docs(folder)

    def prepare(self) -> None:
        """Import what checks, before there is data.

        What is alive during the import is never collected as part of a cycle
        (`program.machine.importing`).
        """
        load_batch_checker()

    @cached_property
    def _batches(self) -> "BatchChecker":
        kind = load_batch_checker()
        return kind(self._pack, self._rules, self._run_name)


def load_batch_checker() -> type["BatchChecker"]:
    """Import what checks, with Great Expectations; the first call of a process takes seconds."""
    is_first = "expectations.run.batch_checker" not in sys.modules
    with without_collecting() if is_first else nullcontext():
        from expectations.run.batch_checker import BatchChecker  # noqa: PLC0415  (see the module)
    return BatchChecker
