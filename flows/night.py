"""A night's working set: settings, pack, warehouse, archive and rules, opened once; and the count of what it did."""

import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from connectors.archive import Archive
from expectations.rules import RuleSet
from flows.keeping import keep_nights, refuse_forgetting
from program.delivery import Delivery
from program.errors import ArchiveError, AskedError
from program.pack import Pack, load_pack
from program.schedule import obligations
from program.settings import Settings
from program.source import Source
from program.submission import Verdict
from program.vietnamese import VIETNAM_TIME
from warehouse.catalogue import sync_catalogue
from warehouse.engine import Warehouse, prepare_warehouse
from warehouse.ledger import finish_run, pending_deliveries, start_run

if TYPE_CHECKING:
    from connectors.reader.workers import Readers
    from expectations.checking import Checker

logger = logging.getLogger("mtqg.night")
_LEFT_FOR_DEAD = timedelta(hours=1)
"""What is half written for as long as this, nobody is writing any more."""


@dataclass
class Summary:
    """What a night did. `errors` are the system's, never a district's; `seconds` and `cpu_seconds` by step.

    `errors_mailed`: how many of the errors the engineer was told in a digest that the mail server took; None where it took none.
    """

    run_id: int
    as_of: str
    received: int = 0
    repeated: int = 0
    known: int = 0
    unpacked: int = 0
    enclosed: int = 0
    still_arriving: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    facts_loaded: int = 0
    compared: int = 0
    mails_written: int = 0
    mails_waiting: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    cpu_seconds: dict[str, float] = field(default_factory=dict)
    page: str = ""
    data_docs: str = ""
    errors: list[str] = field(default_factory=list)
    errors_mailed: int | None = None


class Night:
    """Everything the steps of one night share. Not a dataclass, so that Prefect passes it on without looking inside."""

    def __init__(self, settings: Settings, as_of: date | None) -> None:
        self.settings = settings
        self.pack: Pack = load_pack(settings.pack)
        self.rules = RuleSet(self.pack)
        self.archive = Archive(settings.archive_url)
        self.archive.sweep(self.now() - _LEFT_FOR_DEAD)
        self.as_of = as_of or self.now().astimezone(VIETNAM_TIME).date()
        self.warehouse: Warehouse = prepare_warehouse(settings.warehouse_url)
        refuse_forgetting(self.warehouse, self.archive)
        sync_catalogue(self.warehouse, self.pack, obligations(self.pack.calendar, self.pack.units, self.as_of), self.now())
        self.run_id = start_run(self.warehouse, self.as_of, self.rules.version, self.now())
        self.summary = Summary(run_id=self.run_id, as_of=self.as_of.isoformat())
        self._given_up: set[int] = set()
        self._opened = ExitStack()

    @cached_property
    def readers(self) -> "Readers":
        """The processes that read; none where nothing is pending."""
        from connectors.reader.workers import Readers  # noqa: PLC0415  (most nights of a year have nothing to read)

        return self._opened.enter_context(Readers(self.pack, self.settings))

    @cached_property
    def checker(self) -> "Checker":
        """What checks and compares; it brings Great Expectations, which takes seconds to import."""
        from expectations.checking import Checker  # noqa: PLC0415  (a night with nothing to check does without)

        about = f"night {self.run_id}, as of {self.as_of}"
        return Checker(self.pack, self.rules, about, history_periods=self.settings.history_periods)

    @staticmethod
    def now() -> datetime:
        """Return the present instant, UTC. `as_of` never changes it: what is recorded happened when it happened."""
        return datetime.now(UTC)

    def sources(self, name: str | None) -> list[Source]:
        """Return the pack's sources, or the one called `name`. Raises AskedError where there is none."""
        chosen = [s for s in self.pack.sources if name in (None, s.name)]
        if not chosen:
            known = ", ".join(s.name for s in self.pack.sources)
            raise AskedError(f"no source is called {name!r}; {self.pack.folder}/sources.yaml declares: {known}")
        return chosen

    def pending(self) -> Iterator[list[Delivery]]:
        """Yield what waits in the ledger, oldest first, in chunks that bound memory, until nothing is left."""
        size = self.settings.chunk_deliveries
        while True:
            waiting = pending_deliveries(self.warehouse, size + len(self._given_up))
            chunk = [d for d in waiting if d.id not in self._given_up][:size]
            if not chunk:
                return
            self.checker.prepare()
            yield chunk

    def give_up(self, delivery: Delivery, error: Exception) -> None:
        """Leave a delivery that the system itself could not handle for the next night, and tell the operator."""
        self._given_up.add(delivery.id)
        self.fail(f"delivery {delivery.id} ({delivery.name}): {type(error).__name__}: {error}")

    def is_given_up(self, delivery: Delivery) -> bool:
        """Tell whether the system could not handle a delivery this night."""
        return delivery.id in self._given_up

    def fail(self, error: str) -> None:
        """Record a system error; the night goes on, and ends as failed."""
        logger.error("night error=%s", error)
        self.summary.errors.append(error)

    def summary_so_far(self) -> dict[str, Any]:
        """Return what the night did until now, as the ledger keeps it."""
        return asdict(self.summary) | {"verdicts": {v.value: self.summary.verdicts[v.value] for v in Verdict}}

    def finish(self) -> dict[str, Any]:
        """End the readers, close the run in the ledger, have the archive know of it, and return its summary."""
        self._opened.close()
        self._close()
        try:
            keep_nights(self.warehouse, self.archive, self.pack)
        except ArchiveError as error:
            self.fail(f"ledger: {error}")
            self._close()
        return self.summary_so_far()

    def _close(self) -> None:
        state = "failed" if self.summary.errors else "completed"
        finish_run(self.warehouse, self.run_id, state, self.summary_so_far(), self.now())
