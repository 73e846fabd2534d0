"""Reports that are checked alone, long before what depends on others: the result is the same."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.reader.reader_pool import Outcome, Unread
from expectations.checking import CheckedWithin, Checker
from flows.archived_reading import ArchivedReading
from flows.recovery.archived_checking import ArchivedChecking
from program.delivery import Delivery
from program.finding import RuleLevel
from program.pack.pack import Pack
from program.parsed_report import ParsedReport
from program.records.history import no_history
from program.settings import Settings
from tests.shared_rules import rules_of
from tests.unit.test_one_error import ABOVE_PLAN, IN_THOUSANDS, USUAL, report


@pytest.fixture(scope="module")
def readings(pack: Pack) -> list[ParsedReport]:
    """A usual year that ends in the wrong unit of measure, and a neighbour above its plan."""
    quarters = [report(pack, n, f"2024-Q{n}", USUAL) for n in (1, 2, 3)]
    last = report(pack, 4, "2024-Q4", IN_THOUSANDS)
    neighbour = report(pack, 5, "2024-Q4", ABOVE_PLAN, unit="943")
    return [*quarters, last, neighbour]


@pytest.fixture
def archived(
    readings: list[ParsedReport], pack: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> ArchivedChecking:
    """A checking of an archive that has the readings, and delivery 9, whose bytes are lost."""
    outcomes: dict[int, Outcome] = {reading.delivery.id: reading for reading in readings}

    def read(_: ArchivedReading, deliveries: Sequence[Delivery]) -> list[list[Outcome]]:
        lost = OSError("no such bytes")
        return [[outcomes.get(each.id, Unread(each, lost))] for each in deliveries]

    monkeypatch.setattr(ArchivedReading, "__call__", read)
    settings = Settings(_env_file=None, var=tmp_path)
    return ArchivedChecking(settings, pack, rules_of(pack))


def test_both_parts_of_a_check_say_what_the_whole_says(
    readings: list[ParsedReport], pack: Pack
) -> None:
    rules = rules_of(pack)
    whole = Checker(pack, rules, "test").check(readings, no_history())
    # In other batches, and by other checkers.
    first, others = readings[:1], readings[1:]
    within = [
        *Checker(pack, rules, "test").check_within(others),
        *Checker(pack, rules, "test").check_within(first),
    ]
    within.sort(key=lambda each: each.reading.number)
    assert Checker(pack, rules, "test").check_over_time(within, no_history()) == whole
    found = {finding.rule for submission in whole for finding in submission.findings}
    levels = {rules.words[rule].level for rule in found}
    assert {RuleLevel.TABLE, RuleLevel.HISTORY} <= levels


def test_a_delivery_that_two_runs_checked_has_its_reports_both_times(
    archived: ArchivedChecking, readings: list[ParsedReport]
) -> None:
    twice, once = readings[3].delivery, readings[4].delivery
    checked = archived([twice, once, twice])
    assert [each.delivery for each in checked] == [twice, once, twice]
    assert [len(each.reports) for each in checked] == [1, 1, 1]
    assert checked[0] == checked[2]
    assert checked[0].reports[0].findings != []


def test_a_delivery_that_cannot_be_read_or_checked_has_an_error_and_the_others_their_reports(
    archived: ArchivedChecking, readings: list[ParsedReport], monkeypatch: pytest.MonkeyPatch
) -> None:
    check = Checker.check_within

    def check_others(self: Checker, batch: Sequence[ParsedReport]) -> list[CheckedWithin]:
        if any(reading.unit_code == "943" for reading in batch):
            raise RuntimeError("a bug")
        return check(self, batch)

    monkeypatch.setattr(Checker, "check_within", check_others)
    sound, broken = readings[0].delivery, readings[4].delivery
    lost = replace(sound, id=9)
    found = archived([sound, broken, lost])
    assert [each.error for each in found] == [None, "a bug", "no such bytes"]
    assert [len(each.reports) for each in found] == [1, 0, 0]
