"""The context of one run: settings, pack, warehouse, archive and rules, and its summary.

`open_run` opens them. The steps that use them are in `flows.night.steps`.
"""

import logging
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from opentelemetry.trace import NoOpTracer, Tracer

from connectors.archive import Archive
from expectations.rules.rule_set import RuleSet
from flows.archive import open_archive
from flows.night.artifacts import total_counts
from flows.recovery.alarm_addresses import keep_addresses
from flows.recovery.replay_log import check_not_behind_archive, export_runs
from program.calendar.schedule import obligations
from program.delivery import Delivery
from program.errors import ArchiveError, UsageError
from program.machine.file_access import make_var
from program.pack.load import load_pack
from program.pack.pack import Pack
from program.pack.source import Source
from program.records.history import HISTORY_PERIODS, line_elements
from program.records.storage import Storage
from program.settings import Settings
from program.submission import Verdict
from program.vietnamese import VIETNAM_TIME
from warehouse.catalogue import sync_catalogue
from warehouse.database.engine import Warehouse, prepare_warehouse
from warehouse.ledger import (
    count_pending,
    finish_run,
    forget_run,
    pending_deliveries,
    start_run,
)
from warehouse.lifecycle.decisions import decided_waivers
from warehouse.queries.operations import size_of
from warehouse.queries.published_runs import unpublished_intakes
from warehouse.states import RunKind, RunState

if TYPE_CHECKING:
    from connectors.reader.reader_pool import Readers
    from expectations.checking import Checker
    from warehouse.queries.history import PastReader

logger = logging.getLogger("mtqg.run")

_ABANDONED_AFTER = timedelta(hours=1)
"""A half-written file of this age belongs to a run that was killed."""


@dataclass
class RunSummary:
    """What a run did: counts of deliveries, facts, findings and mails.

    `seconds` and `cpu_seconds` are by step. `errors` are those of the system, never of a
    district. `errors_mailed` is how many of them stood in a digest that the mail server took;
    None if it took no digest. `explanations` counts those that are new, `waiting_for_office` all
    that waits for a decision of the office. `left_to_next_run` says which source was beyond its
    budget, `warnings` what else a person should see: a clock that was set back, files that never
    settle. `by_intakes` counts, for a nightly run, what the intakes before it did that it
    publishes. `held` deliveries wait for the office; `automatic_mails` came from programs and
    lists.
    """

    run_id: int
    as_of: str
    received: int = 0
    duplicates: int = 0
    known: int = 0
    zips_extracted: int = 0
    attachments: int = 0
    held: int = 0
    mails_extracted: int = 0
    mails_without_file: int = 0
    automatic_mails: int = 0
    still_arriving: int = 0
    left_to_next_run: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    verdicts: Counter[str] = field(default_factory=Counter)
    facts_loaded: int = 0
    compared: int = 0
    explanations: int = 0
    waiting_for_office: int = 0
    mails_written: int = 0
    mails_waiting: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    cpu_seconds: dict[str, float] = field(default_factory=dict)
    page: str = ""
    data_docs: str = ""
    errors: list[str] = field(default_factory=list)
    errors_mailed: int | None = None
    by_intakes: dict[str, int] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Tell whether the run took in, sent and reports nothing."""
        counts = (
            self.received,
            self.duplicates,
            self.zips_extracted,
            self.attachments,
            self.held,
            self.automatic_mails,
            self.mails_extracted,
            self.explanations,
            self.verdicts.total(),
            self.mails_written,
        )
        return not (any(counts) or self.errors or self.warnings or self.left_to_next_run)


class RunContext:
    """Everything that the steps of one run share. `open_run` makes it.

    It is no dataclass: Prefect looks inside the dataclasses that a task gets. `is_on_record` is
    False for an intake that ended and left nothing in the ledger. `pending_total`
    counts the deliveries that `pending` yields, `pending_done` those of the chunks that are loaded.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        pack: Pack,
        rules: RuleSet,
        archive: Archive,
        warehouse: Warehouse,
        as_of: date,
        run_id: int,
        kind: RunKind = RunKind.NIGHTLY,
    ) -> None:
        self.kind = kind
        self.is_on_record = True
        self.settings = settings
        self.pack = pack
        self.rules = rules
        self.archive = archive
        self.warehouse = warehouse
        self.as_of = as_of
        self.run_id = run_id
        self.began_at = self.now()
        self.tracer: Tracer = NoOpTracer()
        self.summary = RunSummary(run_id=run_id, as_of=as_of.isoformat())
        self.pending_done = 0
        self.pending_total = 0
        self._given_up: set[int] = set()
        self._no_chunk_after: float | None = None
        self._processes = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the reader processes, then the connections to the warehouse. Idempotent."""
        self._processes.close()
        self.warehouse.dispose()

    @cached_property
    def readers(self) -> "Readers":
        """The reader processes. They start at the first use."""
        # Most runs of a year have nothing to read.
        from connectors.reader.reader_pool import Readers  # noqa: PLC0415

        return self._processes.enter_context(Readers(self.pack, self.settings))

    @cached_property
    def checker(self) -> "Checker":
        """The checks and cross-checks. They are built at the first use."""
        # This imports Great Expectations, which takes seconds. Many runs have nothing to check.
        from expectations.checking import Checker  # noqa: PLC0415

        title = f"run {self.run_id}, as of {self.as_of}"
        return Checker(self.pack, self.rules, title)

    @cached_property
    def past_reader(self) -> "PastReader":
        """What was reported before. It keeps from chunk to chunk what the next one needs too."""
        # The module imports pandas: a run with nothing to check does without.
        from warehouse.queries.history import PastReader  # noqa: PLC0415

        elements = line_elements(self.pack.forms)
        return PastReader(self.warehouse, elements, HISTORY_PERIODS)

    @cached_property
    def storage(self) -> Storage:
        """The space at the end of the run, for its digest and its metrics. It is asked for once."""
        disk = shutil.disk_usage(self.settings.var)
        return Storage(size_of(self.warehouse), disk.free, disk.total)

    @staticmethod
    def now() -> datetime:
        """Return the present instant, UTC.

        `as_of` does not change it: times on record are those at which things happened.
        """
        return datetime.now(UTC)

    def sources(self, name: str | None) -> list[Source]:
        """Return the pack's sources, or only the one called `name`.

        Raises UsageError if the pack has no such source.
        """
        chosen = [source for source in self.pack.sources if name in (None, source.name)]
        if not chosen:
            declared = ", ".join(source.name for source in self.pack.sources)
            raise UsageError(
                f"no source is called {name!r}; {self.pack.folder}/sources.yaml "
                f"declares: {declared}"
            )
        return chosen

    def load_for(self, seconds: float) -> None:
        """Begin no chunk of `pending` later than this; the next run takes the rest."""
        self._no_chunk_after = time.monotonic() + seconds

    def pending(self) -> Iterator[list[Delivery]]:
        """Yield the pending deliveries, oldest first, until none is left or the time is over.

        They come in chunks of `MTQG_CHUNK_DELIVERIES`, which bounds the memory. Deliveries that
        this run has given up are left out. Whoever iterates must load or give up each chunk.
        """
        size = self.settings.chunk_deliveries
        self.pending_total = count_pending(self.warehouse)
        while True:
            # Deliveries that were given up are still pending in the ledger, so ask for more.
            pending = pending_deliveries(self.warehouse, size + len(self._given_up))
            to_process = [delivery for delivery in pending if not self.is_skipped(delivery)]
            if not to_process:
                return
            if self._is_out_of_time():
                left = count_pending(self.warehouse)
                self.summary.left_to_next_run.append(f"{left} deliveries wait for the next run")
                return
            # Before the first chunk is read: see `program.machine.importing`.
            self.checker.prepare()
            chunk = to_process[:size]
            yield chunk
            self.pending_done += len(chunk)

    def _is_out_of_time(self) -> bool:
        return self._no_chunk_after is not None and time.monotonic() > self._no_chunk_after

    def skip_until_next_run(self, delivery: Delivery, error: Exception) -> None:
        """Leave a delivery to the next run, because the system failed on it; tell the operator."""
        self._given_up.add(delivery.id)
        self.fail(f"delivery {delivery.id} ({delivery.name}): {type(error).__name__}: {error}")

    def is_skipped(self, delivery: Delivery) -> bool:
        """Tell whether this run leaves a delivery to the next one."""
        return delivery.id in self._given_up

    def count_duplicate(self, delivery: Delivery) -> None:
        """Count a delivery as a duplicate, and no longer as received if this run received it."""
        self.summary.duplicates += 1
        if delivery.run_id == self.run_id:
            self.summary.received -= 1

    def warn(self, warning: str) -> None:
        """Record what a person should see. The run does not fail by it."""
        logger.warning("run warning=%s", warning)
        self.summary.warnings.append(warning)

    def fail(self, error: str) -> None:
        """Record a system error. The run goes on and ends as failed."""
        logger.error("run error=%s", error)
        self.summary.errors.append(error)

    def summary_so_far(self) -> dict[str, Any]:
        """Return the summary up to now, as the ledger keeps it. Every verdict has a count."""
        counts = {verdict.value: self.summary.verdicts[verdict.value] for verdict in Verdict}
        return asdict(self.summary) | {"verdicts": counts}

    def finish(self) -> dict[str, Any]:
        """End the reader processes, close the run in the ledger, export it to the archive.

        Returns the summary. An archive that fails is an error of the run, not an exception. An
        intake that came to nothing is removed from the ledger: there are thousands a year.
        """
        self._processes.close()
        if self.kind is RunKind.INTAKE and self.summary.is_empty:
            self.is_on_record = not forget_run(self.warehouse, self.run_id)
        if self.is_on_record:
            self._close_run()
        # The export reads the closed run from the ledger, so it comes second.
        try:
            export_runs(self.warehouse, self.archive, self.pack)
        except ArchiveError as error:
            self.fail(f"ledger: {error}")
            # Again, as failed.
            if self.is_on_record:
                self._close_run()
        return self.summary_so_far()

    def _close_run(self) -> None:
        state = RunState.FAILED if self.summary.errors else RunState.COMPLETED
        finish_run(self.warehouse, self.run_id, state, self.summary_so_far(), self.now())


def open_run(settings: Settings, as_of: date | None, kind: RunKind = RunKind.NIGHTLY) -> RunContext:
    """Open what a run needs and record its start. Close the run, or use it in a `with`.

    The caller holds the run lock. `as_of` None stands for today in Vietnam. After an error nothing
    stays open and no run has started.
    """
    make_var(settings.var)
    pack = load_pack(settings.pack)
    rules = RuleSet(pack)
    keep_addresses(settings, pack)
    now = RunContext.now()
    day = as_of or now.astimezone(VIETNAM_TIME).date()
    archive = open_archive(settings)
    archive.sweep(now - _ABANDONED_AFTER)
    with ExitStack() as until_started:
        warehouse = prepare_warehouse(settings.warehouse_url)
        until_started.callback(warehouse.dispose)
        # Before the run gets a number: a lost warehouse would use the old numbers again.
        check_not_behind_archive(warehouse, archive)
        due = obligations(pack.calendar, pack.units, day)
        sync_catalogue(warehouse, pack, due, now)
        run_id = start_run(warehouse, day, rules.version, now, kind)
        intakes = unpublished_intakes(warehouse)
        # After the rule set, whose version does not change with them.
        pack = pack.with_waivers(decided_waivers(warehouse))
        # From here on `RunContext.close` ends the connections.
        until_started.pop_all()
    run = RunContext(
        settings=settings,
        pack=pack,
        rules=rules,
        archive=archive,
        warehouse=warehouse,
        as_of=day,
        run_id=run_id,
        kind=kind,
    )
    # Those that come while it works wait for its end.
    if kind is RunKind.NIGHTLY:
        run.summary.by_intakes = total_counts(intakes)
    return run
