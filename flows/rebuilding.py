"""The whole warehouse anew, from the archived bytes and the ledger's copy beside them: each night again, in its order.

What was read and judged is read and judged again, by today's rules, and recorded as of the moment it was recorded then. What
bytes cannot say (who sent them and when, what was mailed, whose word overruled a finding) comes from the nights' documents.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count, groupby
from typing import Any

from connectors.archive import Archive
from connectors.reader.workers import Readers, Unread
from expectations.checking import Checker
from expectations.rules import RuleSet
from expectations.surviving import check_surviving
from flows.comparing import compare_believed
from flows.keeping import read_arrivals, read_nights, read_tombstones
from program.correction import Correction
from program.delivery import Arrival, Delivery
from program.errors import ArchiveError
from program.history import asked_of, line_elements
from program.pack import Pack, load_pack
from program.reading import Reading
from program.settings import Settings
from program.submission import Submission
from program.vietnamese import vietnam_day
from warehouse.catalogue import fill_periods
from warehouse.documents import Document, have_judged, put_rest, put_run
from warehouse.engine import Warehouse, prepare_warehouse
from warehouse.history import past_of
from warehouse.ledger import finish_run, known_versions, numbered_delivery, record_deliveries, start_run
from warehouse.load import load_delivery
from warehouse.purging import record_purged
from warehouse.withdrawing import withdraw

logger = logging.getLogger("mtqg.rebuilding")


@dataclass(slots=True)
class Rebuilt:
    """What came of it. `failed` are deliveries that could not be judged again, with why; `arrived` those no night had judged."""

    nights: int = 0
    judgements: int = 0
    arrived: int = 0
    failed: list[str] = field(default_factory=list)


class Rebuilding:
    """One rebuild into an empty warehouse. Nothing is published, mailed or collected by it."""

    def __init__(self, settings: Settings, url: str) -> None:
        self._settings = settings
        self._pack: Pack = load_pack(settings.pack)
        self._rules = RuleSet(self._pack)
        self._archive = Archive(settings.archive_url)
        self._nights: list[Document] = list(read_nights(self._archive))
        self._warehouse: Warehouse = prepare_warehouse(url)
        newest = max(
            (number for night in self._nights for each in night["judged"] for number in each["submissions"].values()), default=0
        )
        # For parts that a delivery did not have then.
        self._spare = count(newest + 1)
        self.judgements = sum(len(night["judged"]) for night in self._nights)
        self._rebuilt = Rebuilt()
        self._purged = read_tombstones(self._archive)

    def run(self, advance: Callable[[int], None]) -> Rebuilt:
        """Do it; `advance` hears how many judgements each step made. Raises ArchiveError where the archive knows no night."""
        if not self._nights:
            raise ArchiveError("archive: no night is in it, so there is nothing to make a warehouse from; `mtqg run` begins one")
        with Readers(self._pack, self._settings) as readers:
            for night in self._nights:
                self._night(night, readers, advance)
        for notice in put_rest(self._warehouse, self._nights):
            self._rebuilt.failed.append(f"notice {notice['id']} is about a submission that is not there any more")
        self._take_arrivals()
        for sha256 in self._purged:
            record_purged(self._warehouse, sha256)
        fill_periods(self._warehouse)
        self._warehouse.dispose()
        return self._rebuilt

    def _night(self, night: Document, readers: Readers, advance: Callable[[int], None]) -> None:
        put_run(self._warehouse, night)
        begun = datetime.fromisoformat(night["run"]["started_at"])
        self._withdraw(night, begun)
        checker = self._checker(night)
        size = self._settings.chunk_deliveries
        judged: list[dict[str, Any]] = night["judged"]
        for start in range(0, len(judged), size):
            chunk = judged[start : start + size]
            have_judged(self._warehouse, {each["delivery"]: each["judgement"] for each in chunk})
            self._judge(night["run"]["id"], chunk, readers, checker)
            advance(len(chunk))
        if night["compared_at"] is not None:
            self._compare(night, checker)
        self._withdraw(night, datetime.max.replace(tzinfo=UTC))
        self._rebuilt.nights += 1
        logger.info("rebuild night=%d judged=%d", night["run"]["id"], len(judged))

    def _withdraw(self, night: Document, until: datetime) -> None:
        """Take back what was taken back before a moment; what was so already stays."""
        for each in night["withdrawn"]:
            moment = datetime.fromisoformat(each["at"])
            if moment < until:
                withdraw(self._warehouse, each["delivery"], each["reason"], moment)

    def _checker(self, night: Document) -> Checker:
        """Return what judges as that night did: with the findings that somebody had overruled by then."""
        overruled = tuple(Correction.model_validate(each) for each in night["corrections"])
        pack = replace(self._pack, correction_files={"ledger": overruled})
        periods = self._settings.history_periods
        return Checker(pack, self._rules, f"rebuilt night {night['run']['id']}", history_periods=periods)

    def _judge(self, run_id: int, chunk: Sequence[dict[str, Any]], readers: Readers, checker: Checker) -> None:
        judgements = {each["delivery"]: each for each in chunk}
        deliveries = [numbered_delivery(self._warehouse, number) for number in judgements]
        buried = {each.id: parts for each in deliveries if (parts := self._buried(each, judgements[each.id]["judgement"]))}
        readings = self._read([each for each in deliveries if each.id not in buried], readers)
        asked = asked_of(readings, self._pack.units)
        past = past_of(self._warehouse, asked, line_elements(self._pack.forms), self._settings.history_periods)
        lost: set[int] = set()

        def lose(reading: Reading, error: Exception) -> None:
            self._lose(reading.delivery, error)
            lost.add(reading.delivery.id)

        again = groupby(
            check_surviving(lambda batch: checker.check(batch, past), readings, lose), key=lambda part: part.delivery.id
        )
        made = {number: list(group) for number, group in again} | buried
        for number, judgement in judgements.items():
            if number in made and number not in lost:
                self._load(run_id, judgement, made[number])

    def _buried(self, delivery: Delivery, judgement: int) -> list[Submission]:
        """Return what judging had given of bytes that were purged since; nothing of all others."""
        purged = self._purged.get(delivery.sha256 or "")
        of_delivery = [each for each in purged.judged if each.delivery == delivery.id] if purged else []
        return next((each.of(delivery) for each in of_delivery if each.judgement == judgement), [])

    def _read(self, deliveries: Sequence[Delivery], readers: Readers) -> list[Reading]:
        readings = []
        for outcome in readers.read(deliveries, lambda each: self._archive.get(each.sha256) if each.sha256 else None):
            if isinstance(outcome, Unread):
                self._lose(outcome.delivery, outcome.error)
            else:
                readings.append(outcome)
        return readings

    def _lose(self, delivery: Delivery, error: Exception) -> None:
        self._rebuilt.failed.append(f"delivery {delivery.id} ({delivery.name}): {error}")

    def _load(self, run_id: int, judgement: dict[str, Any], parts: Sequence[Submission]) -> None:
        then: dict[str, int] = judgement["submissions"]
        numbers = {part.part: then.get(str(part.part)) or next(self._spare) for part in parts}
        load_delivery(
            self._warehouse,
            [(part, None) for part in parts],
            run_id=run_id,
            rule_set_version=self._rules.version,
            now=datetime.fromisoformat(judgement["at"]),
            numbers=numbers,
        )
        self._rebuilt.judgements += 1

    def _compare(self, night: Document, checker: Checker) -> None:
        moment = datetime.fromisoformat(night["compared_at"])
        # What is owed for it is in the documents already.
        compare_believed(
            self._warehouse,
            checker,
            self._rules,
            run_id=night["run"]["id"],
            recipient=_nobody,
            clock=lambda: moment,
        )

    def _take_arrivals(self) -> None:
        """Record what came in the night in which the warehouse was lost; the next night judges it."""
        arrivals = [arrival for arrival in read_arrivals(self._archive) if not self._is_known(arrival)]
        if not arrivals:
            return
        now = datetime.now(UTC)
        run = start_run(self._warehouse, vietnam_day(now), self._rules.version, now)
        record_deliveries(self._warehouse, arrivals, run_id=run, now=now)
        finish_run(self._warehouse, run, "rebuilt", {}, now)
        self._rebuilt.arrived = len(arrivals)

    def _is_known(self, arrival: Arrival) -> bool:
        offer = arrival.offer
        return (offer.external_id, offer.external_version) in known_versions(self._warehouse, arrival.source)


def _nobody(_sender: str | None, _unit: str | None) -> None:
    return None
