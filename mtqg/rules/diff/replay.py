"""Check every archived delivery by two rule sets, a chunk at a time. Nothing is written.

A delivery is read once where both sides read it the same way.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import chain, islice, tee
from typing import NamedTuple

from connectors.reader.reader_pool import Outcome, Unread
from expectations.checking import Checker
from expectations.rules.rule_set import RuleSet
from expectations.run.isolate_failures import check_isolating_failures
from flows.archived_reading import ArchivedReading, read_archived
from flows.fan_out import open_fan_out
from mtqg.rules.diff.comparison import RuleComparison
from mtqg.rules.diff.sides import RuleSide, has_same_layouts, has_same_pack
from program.delivery import Delivery
from program.parsed_report import ParsedReport
from program.records.history import HISTORY_PERIODS, History, history_keys, line_elements
from program.settings import Settings
from program.submission import Submission
from warehouse.database.engine import Warehouse
from warehouse.ledger import checked_deliveries, count_checked
from warehouse.queries.history import past_of

logger = logging.getLogger("mtqg.rules")


@dataclass(slots=True)
class Replayed:
    """How many deliveries and reports were compared.

    `archived` deliveries were checked in earlier runs, and both sides checked `compared` of them.
    `held_together` is the number of current reports that both sides cross-checked. `failed`
    counts deliveries by the error that stopped them: lost bytes, or a rule that cannot run.
    """

    archived: int
    compared: int = 0
    held_together: int = 0
    failed: Counter[str] = field(default_factory=Counter)


class _ReportId(NamedTuple):
    """A report within a delivery."""

    delivery_id: int
    report_no: int


@dataclass(frozen=True, slots=True)
class _ReadChunk:
    """Deliveries that are checked together, as both sides read them; `past` is what came before."""

    deliveries: int
    before: Sequence[ParsedReport]
    after: Sequence[ParsedReport]
    past: History
    failed: Counter[str]


@dataclass(frozen=True, slots=True)
class _CheckedChunk:
    """What both sides said of a chunk. Only results that differ are kept."""

    deliveries: int
    compared: int
    differing: Sequence[tuple[Submission, Submission]]
    failed: Counter[str]


def affected_forms(before: RuleSide, after: RuleSide) -> set[str] | None:
    """Return the forms whose rules differ; None if the result of any report may differ."""
    if not has_same_pack(before.pack, after.pack):
        return None
    # These rules hold for every form.
    for kind in ("reading", "cells", "history"):
        if getattr(before.rules, kind) != getattr(after.rules, kind):
            return None
    affected = set()
    for code in {form.code for form in after.pack.forms}:
        if before.rules.of_form(code) != after.rules.of_form(code):
            affected.add(code)
    return affected


class Replay:
    """Runs both sides over the archived deliveries of `forms` (None: of all forms).

    Deliveries of an unknown form always take part.
    """

    def __init__(
        self,
        engine: Warehouse,
        settings: Settings,
        before: RuleSide,
        after: RuleSide,
        forms: set[str] | None,
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._before = before
        self._after = after
        self._forms = forms
        self.chosen = count_checked(engine, forms)
        self.replayed = Replayed(count_checked(engine, None))

    def run(self, comparison: RuleComparison, advance: Callable[[int], None]) -> Replayed:
        """Add all differences to `comparison` and return the counts.

        `advance` gets the number of deliveries of each finished chunk. Memory holds one chunk.
        """
        packs = [self._after.pack]
        # Sides with the same layouts read the same values: one reading is enough.
        if not has_same_layouts(self._before.pack, self._after.pack):
            packs.append(self._before.pack)
        checking = CheckingBySides(self._before, self._after)
        with open_fan_out(self._settings) as fan_out:
            chunks, *to_read = tee(self._chunks(), 1 + len(packs))
            outcomes = [
                read_archived(
                    fan_out,
                    ArchivedReading(self._settings, pack),
                    chain.from_iterable(of_pack),
                )
                for pack, of_pack in zip(packs, to_read, strict=True)
            ]
            for checked in fan_out.map(checking, self._read_chunks(chunks, outcomes)):
                for earlier, new in checked.differing:
                    comparison.add(earlier, new)
                self.replayed.failed += checked.failed
                self.replayed.compared += checked.compared
                advance(checked.deliveries)
        return self.replayed

    def _chunks(self) -> Iterator[list[Delivery]]:
        limit = self._settings.chunk_deliveries
        last = 0
        while chunk := checked_deliveries(
            self._engine,
            self._forms,
            after=last,
            limit=limit,
        ):
            last = chunk[-1].id
            yield chunk

    def _read_chunks(
        self,
        chunks: Iterable[Sequence[Delivery]],
        outcomes: Sequence[Iterator[Sequence[Outcome]]],
    ) -> Iterator[_ReadChunk]:
        """Yield each chunk as the packs read it: `outcomes` has today's first."""
        for chunk in chunks:
            failed: Counter[str] = Counter()
            readings: list[list[ParsedReport]] = []
            for of_pack in outcomes:
                of_chunk = chain.from_iterable(islice(of_pack, len(chunk)))
                readings.append(_parsed_reports(of_chunk, failed))
            # With one reading, both sides get the same.
            before, after = readings[-1], readings[0]
            yield _ReadChunk(len(chunk), before, after, self._past(after), failed)

    def _past(self, readings: Sequence[ParsedReport]) -> History:
        """Return the current reports of the same units and peers that came before all readings.

        The parsed reports are also compared with each other. A report of an earlier chunk that was
        replaced since then is left out.
        """
        pack = self._after.pack
        requested = history_keys(readings, pack.units)
        elements = line_elements(pack.forms)
        past = past_of(self._engine, requested, elements, HISTORY_PERIODS)
        times = [reading.delivery.received_at for reading in readings]
        end_of_time = datetime.max.replace(tzinfo=UTC)
        first = min(times, default=end_of_time)
        # `map` and not `<`: the column may be empty, and then it has no type to compare.
        received = past.reports["received_at"]
        is_before = received.map(lambda moment: moment < first).astype(bool)
        reports = past.reports[is_before]
        has_report = past.facts["report"].isin(reports["report"])
        return History(reports, past.facts[has_report])


def _parsed_reports(outcomes: Iterable[Outcome], failed: Counter[str]) -> list[ParsedReport]:
    """Return the parsed reports; count the deliveries that could not be read in `failed`."""
    readings = []
    for outcome in outcomes:
        if isinstance(outcome, Unread):
            number = outcome.delivery.id
            logger.debug("rules diff delivery=%d", number, exc_info=outcome.error)
            failed[f"could not be read: {outcome.error}"] += 1
        else:
            readings.append(outcome)
    return readings


class CheckingBySides:
    """Checks chunks by the rules of both sides, here or by a worker (`flows.fan_out.Work`)."""

    def __init__(self, before: RuleSide, after: RuleSide) -> None:
        self._before = before
        self._after = after

    def __call__(self, chunk: _ReadChunk) -> _CheckedChunk:
        """Compare both sides' results for the parsed reports that both could check."""
        failed = Counter(chunk.failed)
        known = [_with_known_problems(reading, self._before.rules) for reading in chunk.before]
        earlier = _check(self._before, known, chunk.past, failed)
        new = _check(self._after, chunk.after, chunk.past, failed)
        both = [report for report in new if report in earlier]
        differing = []
        for report in both:
            sides = (earlier[report], new[report])
            if _differ(*sides):
                differing.append(sides)
        compared = len({report.delivery_id for report in both})
        return _CheckedChunk(chunk.deliveries, compared, differing, failed)

    def close(self) -> None:
        """Do nothing: a checker opens nothing."""


def _differ(earlier: Submission, new: Submission) -> bool:
    return earlier.findings != new.findings or earlier.verdict is not new.verdict


def _check(
    side: RuleSide,
    readings: Sequence[ParsedReport],
    past: History,
    failed: Counter[str],
) -> dict[_ReportId, Submission]:
    """Return the checked submissions. A parsed report that fails is counted and left out."""

    def count_failure(_reading: ParsedReport, wrong: Exception) -> None:
        error = f"{type(wrong).__name__}: {wrong}"
        complaint = f"could not be checked by the rules of {side.name}: {error}"
        failed[complaint] += 1

    submissions = check_isolating_failures(
        lambda batch: _checked(side, batch, past),
        readings,
        count_failure,
    )
    return _by_report(submissions)


def _checked(
    side: RuleSide,
    readings: Sequence[ParsedReport],
    past: History,
) -> list[Submission]:
    if not readings:
        return []
    # A checker keeps all results for Data Docs, which a comparison does not have. Each chunk gets
    # its own, so that memory does not grow.
    return Checker(side.pack, side.rules, "rules diff").check(readings, past)


def _by_report(submissions: Iterable[Submission]) -> dict[_ReportId, Submission]:
    by_report = {}
    for submission in submissions:
        report = _ReportId(submission.delivery.id, submission.report_no)
        # Only the warehouse needs facts. Without them a chunk takes less memory.
        by_report[report] = replace(submission, facts=())
    return by_report


def _with_known_problems(reading: ParsedReport, rules: RuleSet) -> ParsedReport:
    """Return a parsed report without the problems that `rules` has no rule for.

    An earlier rule set may lack a rule for a problem that today's reader reports.
    """
    known = tuple(problem for problem in reading.problems if problem.rule in rules.reading)
    if len(known) == len(reading.problems):
        return reading
    return replace(reading, problems=known)
