"""Deliveries read from the archive and checked by the rules that look at one report alone.

Such a check does not depend on what is loaded. So the deliveries of many runs are checked
together, before their runs are replayed, here or by workers on other machines.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeAlias

from connectors.reader.reader_pool import Outcome, Unread
from expectations.checking import CheckedWithin, Checker
from expectations.rules.rule_set import RuleSet
from expectations.run.isolate_failures import check_isolating_failures
from flows.archived_reading import ArchivedReading, by_delivery
from flows.fan_out import FanOut
from program.delivery import Delivery
from program.pack.pack import Pack
from program.parsed_report import ParsedReport
from program.settings import Settings

_Read: TypeAlias = tuple[Delivery, Sequence[Outcome]]


@dataclass(frozen=True, slots=True)
class CheckedReports:
    """The reports of a delivery; none where `error` says why it could not be read or checked."""

    delivery: Delivery
    reports: Sequence[CheckedWithin] = ()
    error: str | None = None


class ArchivedChecking:
    """Reads deliveries from the archive and checks each report alone (`flows.fan_out.Work`)."""

    def __init__(self, settings: Settings, pack: Pack, rules: RuleSet) -> None:
        self._reading = ArchivedReading(settings, pack)
        self._pack = pack
        self._rules = rules

    def __call__(self, deliveries: Sequence[Delivery]) -> list[CheckedReports]:
        """Return each delivery with its reports, in order.

        Raises ArchiveError if there is no archive, and ReaderError if no process can read.
        """
        read = zip(deliveries, self._reading(deliveries), strict=True)
        return list(chain.from_iterable(map(self._checked, _without_repeats(read))))

    def with_own_forms(self, checked: CheckedReports) -> CheckedReports:
        """Return a delivery whose reports have the forms of this process's pack."""
        reports: list[CheckedWithin] = []
        for report in checked.reports:
            reading = self._reading.with_own_form(report.reading)
            reports.append(CheckedWithin(reading, report.findings))
        return CheckedReports(checked.delivery, reports, checked.error)

    def close(self) -> None:
        """End the processes that read."""
        self._reading.close()

    def _checked(self, read: Sequence[_Read]) -> Iterator[CheckedReports]:
        """Yield deliveries that differ, each with all its reports or with an error."""
        errors: dict[int, str] = {}
        readings: list[ParsedReport] = []
        for outcome in chain.from_iterable(outcomes for _, outcomes in read):
            if isinstance(outcome, Unread):
                errors[outcome.delivery.id] = str(outcome.error)
            else:
                readings.append(outcome)

        def note_error(reading: ParsedReport, error: Exception) -> None:
            errors[reading.delivery.id] = str(error)

        # A checker keeps all results for Data Docs, which a rebuild does not write.
        checker = Checker(self._pack, self._rules, "rebuild")
        reports: dict[int, list[CheckedWithin]] = {delivery.id: [] for delivery, _ in read}
        for report in check_isolating_failures(checker.check_within, readings, note_error):
            reports[report.reading.delivery.id].append(report)
        for delivery, _ in read:
            if delivery.id in errors:
                yield CheckedReports(delivery, error=errors[delivery.id])
            else:
                yield CheckedReports(delivery, reports[delivery.id])


def check_archived(
    fan_out: FanOut,
    checking: ArchivedChecking,
    deliveries: Iterable[Delivery],
) -> Iterator[CheckedReports]:
    """Yield each delivery with its reports, in order. `deliveries` may be read ahead."""
    return map(checking.with_own_forms, by_delivery(fan_out, checking, deliveries))


def _without_repeats(read: Iterable[_Read]) -> Iterator[list[_Read]]:
    """Yield the deliveries in parts that have none twice.

    Several runs may have checked the same delivery. In a batch the numbers of reports differ.
    """
    part: list[_Read] = []
    numbers: set[int] = set()
    for delivery, outcomes in read:
        if delivery.id in numbers:
            yield part
            part = []
            numbers = set()
        part.append((delivery, outcomes))
        numbers.add(delivery.id)
    yield part
