"""A batch that fails: what fails alone is named, and the others are checked_reports as if it had never come."""

from collections.abc import Sequence

import pytest

from benchmarks.in_memory import history_alone, reading_of
from expectations.checking import Checker
from expectations.run.isolate_failures import check_isolating_failures
from program.errors import ConfigurationError
from program.pack.pack import Pack
from program.parsed_report import ParsedReport
from program.records.history import no_history
from program.submission import Submission
from tests.unit.test_history import people

Failed = list[tuple[str | None, str]]


@pytest.fixture(scope="module")
def readings(pack: Pack) -> list[ParsedReport]:
    """Three districts' training; the last one sends what the first one sent."""
    reports = [
        people("2024-Q2", 100, "943"),
        people("2024-Q2", 140, "945"),
        people("2024-Q2", 100, "942"),
    ]
    return [reading_of(report, pack, number) for number, report in enumerate(reports)]


@pytest.fixture(scope="module")
def checker(pack: Pack, tmp_path_factory: pytest.TempPathFactory) -> Checker:
    return Checker(pack, history_alone(pack, tmp_path_factory.mktemp("suites")), "test")


def checked_reports(
    checker: Checker, readings: Sequence[ParsedReport], breaks: set[str], most: int = 9
) -> tuple[list[Submission], Failed, int]:
    """Check readings with a check that breaks on the units `breaks`, and on more than `most` at once; count its calls."""
    failed: Failed = []
    calls = 0

    def check(batch: Sequence[ParsedReport]) -> list[Submission]:
        nonlocal calls
        calls += 1
        if len(batch) > most or any(reading.unit_code in breaks for reading in batch):
            raise RuntimeError("a bug")
        return checker.check(batch, no_history())

    return (
        check_isolating_failures(
            check, readings, lambda reading, wrong: failed.append((reading.unit_code, str(wrong)))
        ),
        failed,
        calls,
    )


def rules(submissions: Sequence[Submission]) -> list[tuple[str | None, set[str]]]:
    return [
        (submission.unit_code, {finding.rule for finding in submission.findings})
        for submission in submissions
    ]


def test_a_batch_that_passes_is_checked_once(
    checker: Checker, readings: list[ParsedReport]
) -> None:
    submissions, failed, calls = checked_reports(checker, readings, set())
    assert rules(submissions) == [("943", set()), ("945", set()), ("942", {"HIS-08"})]
    assert (failed, calls) == ([], 1)


def test_the_others_still_see_each_other(checker: Checker, readings: list[ParsedReport]) -> None:
    submissions, failed, _ = checked_reports(checker, readings, {"945"})
    assert rules(submissions) == [("943", set()), ("942", {"HIS-08"})]
    assert failed == [("945", "a bug")]


def test_what_fails_only_together_is_checked_alone(
    checker: Checker, readings: list[ParsedReport]
) -> None:
    submissions, failed, calls = checked_reports(checker, readings, set(), most=1)
    assert [submission.unit_code for submission in submissions] == ["943", "945", "942"]
    assert (failed, calls) == ([], 4)


def test_a_rule_that_is_wrong_in_itself_is_no_reading_s_fault(readings: list[ParsedReport]) -> None:
    def check(_batch: Sequence[ParsedReport]) -> list[Submission]:
        raise ConfigurationError("no such column")

    with pytest.raises(ConfigurationError):
        check_isolating_failures(check, readings, lambda _reading, _wrong: None)
