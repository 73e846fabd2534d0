"""Checking every archived delivery by two rule sets: read once where both read alike, a chunk at a time, nothing written."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from connectors.archive import Archive
from connectors.reader.workers import Readers, Unread
from expectations.checking import Checker
from expectations.rules import RuleSet
from expectations.surviving import check_surviving
from mtqg.rules.comparison import Comparison
from mtqg.rules.sides import Side, has_same_layouts, has_same_pack
from program.delivery import Delivery
from program.history import Past, asked_of, line_elements
from program.reading import Reading
from program.settings import Settings
from program.submission import Submission
from warehouse.engine import Warehouse
from warehouse.history import past_of
from warehouse.ledger import count_judged, judged_deliveries

logger = logging.getLogger("mtqg.rules")


@dataclass(slots=True)
class Replayed:
    """What came of it. `archived` deliveries are kept, `compared` were checked by both sides.

    `held_together` reports that are believed were held together with others by both sides' rules across submissions.

    `failed` are complaints with how many deliveries they stopped: bytes that cannot be had, a rule that cannot be run.
    """

    archived: int
    compared: int = 0
    held_together: int = 0
    failed: Counter[str] = field(default_factory=Counter)


def affected_forms(before: Side, after: Side) -> set[str] | None:
    """Return the forms whose rules differ; None where any report may be judged otherwise."""
    if not has_same_pack(before.pack, after.pack) or before.rules.reading != after.rules.reading:
        return None
    if (before.rules.cells, before.rules.history) != (after.rules.cells, after.rules.history):
        return None
    codes = {form.code for form in after.pack.forms}
    return {code for code in codes if before.rules.of_form(code) != after.rules.of_form(code)}


class Replay:
    """Runs both sides over what the archive holds of `forms` (None: of all), and of what no form is known."""

    def __init__(self, engine: Warehouse, settings: Settings, before: Side, after: Side, forms: set[str] | None) -> None:
        self._engine = engine
        self._settings = settings
        self._archive = Archive(settings.archive_url)
        self._before, self._after, self._forms = before, after, forms
        self.chosen = count_judged(engine, forms)
        self.replayed = Replayed(count_judged(engine, None))

    def run(self, comparison: Comparison, advance: Callable[[int], None]) -> Replayed:
        """Fill `comparison`; `advance` hears of each chunk. Memory is bounded by the chunk."""
        with ExitStack() as stack:
            readers = [stack.enter_context(Readers(self._after.pack, self._settings))]
            if not has_same_layouts(self._before.pack, self._after.pack):
                readers.append(stack.enter_context(Readers(self._before.pack, self._settings)))
            for chunk in self._chunks():
                chunk.sort(key=lambda delivery: (delivery.received_at, delivery.id))
                readings = [self._read(each, chunk) for each in readers]
                self._compare(readings[-1], readings[0], comparison)
                advance(len(chunk))
        return self.replayed

    def _chunks(self) -> Iterator[list[Delivery]]:
        last = 0
        while chunk := judged_deliveries(self._engine, self._forms, after=last, limit=self._settings.chunk_deliveries):
            last = chunk[-1].id
            yield chunk

    def _read(self, readers: Readers, chunk: Sequence[Delivery]) -> list[Reading]:
        readings = []
        for outcome in readers.read(chunk, lambda delivery: self._archive.get(delivery.sha256 or "")):
            if isinstance(outcome, Unread):
                logger.debug("rules diff delivery=%d", outcome.delivery.id, exc_info=outcome.error)
                self.replayed.failed[f"could not be read: {outcome.error}"] += 1
            else:
                readings.append(outcome)
        return readings

    def _compare(self, before: Sequence[Reading], after: Sequence[Reading], comparison: Comparison) -> None:
        """Compare what both sides say of the readings that both could check."""
        past = self._past(after)
        olds = self._check(self._before, [_worded(reading, self._before.rules) for reading in before], past)
        news = self._check(self._after, after, past)
        both = [report for report in news if report in olds]
        for report in both:
            comparison.add(olds[report], news[report])
        self.replayed.compared += len({delivery for delivery, _ in both})

    def _past(self, readings: Sequence[Reading]) -> Past:
        """Return what is believed now of the same units and peers and had come before all of these readings.

        Each of them sees those before it as well. A report replaced since, of an earlier chunk, is not seen any more.
        """
        pack = self._after.pack
        past = past_of(self._engine, asked_of(readings, pack.units), line_elements(pack.forms), self._settings.history_periods)
        first = min((reading.delivery.received_at for reading in readings), default=datetime.max.replace(tzinfo=UTC))
        is_before = past.reports["received_at"].map(lambda received: received < first).astype(bool)
        reports = past.reports[is_before]
        return Past(reports, past.facts[past.facts["report"].isin(reports["report"])])

    def _check(self, side: Side, readings: Sequence[Reading], past: Past) -> dict[tuple[int, int], Submission]:
        """Check readings as one batch; where that fails, without those that fail alone, which are counted."""

        def failed(_reading: Reading, wrong: Exception) -> None:
            self.replayed.failed[f"could not be checked by the rules of {side.name}: {type(wrong).__name__}: {wrong}"] += 1

        return _by_report(check_surviving(lambda batch: _checked(side, batch, past), readings, failed))


def _checked(side: Side, readings: Sequence[Reading], past: Past) -> list[Submission]:
    # A checker remembers all that it saw for Data Docs, which a comparison has none of: each chunk gets its own.
    return Checker(side.pack, side.rules, "rules diff").check(readings, past) if readings else []


def _by_report(submissions: Iterable[Submission]) -> dict[tuple[int, int], Submission]:
    # Facts are for the warehouse; without them a chunk takes less memory.
    return {(submission.delivery.id, submission.part): replace(submission, facts=()) for submission in submissions}


def _worded(reading: Reading, rules: RuleSet) -> Reading:
    """Leave out what the reader met but no rule of then has words for: to these rules it is no finding."""
    if all(problem.rule in rules.reading for problem in reading.problems):
        return reading
    return replace(reading, problems=tuple(problem for problem in reading.problems if problem.rule in rules.reading))
