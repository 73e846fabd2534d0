"""Cost of checking a run's reports with history, compared with rules written by hand.

Invented districts report on two forms. They are checked as in a run: in chunks of 500, each
compared with earlier quarters and with the chunks before it. Of 50 reports four are bad, two of
them only beside earlier ones. The peer is vectorised pandas (`by_hand/`) with the same data frames
and the same rules of the two forms. It must find the same rows, and in history the same rules for
the same reports. It writes no texts of findings. All figures are CPU time of this process.

Usage: python -m benchmarks.checking [--reports 3000] [--docs]
"""

import argparse
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from program.settings import load_settings, quiet_third_parties

quiet_third_parties(load_settings())

from benchmarks.by_hand import meaning, over_time, training, works  # noqa: E402
from benchmarks.by_hand.asking import failing  # noqa: E402
from benchmarks.cpu import Spent, measured  # noqa: E402
from benchmarks.in_memory import past_of_readings, reading_of  # noqa: E402
from benchmarks.province import Province  # noqa: E402
from expectations.checking import Checker, load_batch_checker  # noqa: E402
from expectations.rules.rule_set import RuleSet  # noqa: E402
from program.calendar.period import Period  # noqa: E402
from program.forms.form import Form  # noqa: E402
from program.pack.load import load_pack  # noqa: E402
from program.pack.pack import Pack  # noqa: E402
from program.parsed_report import ParsedReport  # noqa: E402
from program.records.history import History  # noqa: E402
from program.units.register import UnitRegister  # noqa: E402
from program.units.unit import Unit, UnitKind  # noqa: E402

load_batch_checker()

from expectations.run.frames import batch_frames  # noqa: E402
from expectations.run.gx_runner import GxRunner  # noqa: E402
from expectations.run.suite import expectations_of  # noqa: E402

BY_HAND = {"training": training.FRAMES, "works": works.FRAMES}
OVER_TIME = {"training": meaning.TRAINING, "works": meaning.WORKS}
PERIOD = Period.parse("2024-Q4")
EARLIER = (1, 2, 4)
"""How many quarters before `PERIOD` the districts reported too."""
CHUNK = 500
BAD = 50
"""Of so many reports, four are bad: two in themselves, two beside earlier ones."""
Found = list[tuple[str, int, int]]
"""Rule, submission and row of each failure."""


def with_districts(pack: Pack, districts: int) -> Pack:
    """Return the pack with copies of its districts and communes: at least `districts` districts."""
    valid = [unit for unit in pack.units if unit.is_valid_on(PERIOD.end)]
    below = [unit for unit in valid if unit.kind is not UnitKind.PROVINCE]
    own = sum(unit.kind is UnitKind.DISTRICT for unit in below)
    units = list(pack.units)
    for copy in range(1, math.ceil(districts / own)):
        units += [_copied(unit, copy) for unit in below]
    return replace(pack, units=UnitRegister(units))


def _copied(unit: Unit, copy: int) -> Unit:
    parent = f"{copy}-{unit.parent}" if unit.kind is UnitKind.COMMUNE else unit.parent
    return replace(unit, code=f"{copy}-{unit.code}", parent=parent)


def reports_of(
    pack: Pack, districts: Sequence[str], period: Period, first: int
) -> list[ParsedReport]:
    """Return the reports of a period, district by district, numbered from `first`."""
    province = Province(pack, 1719, districts)
    reports = (
        province.report(form, district, period) for district in districts for form in BY_HAND
    )
    return [reading_of(report, pack, number) for number, report in enumerate(reports, start=first)]


def spoilt(reading: ParsedReport) -> ParsedReport:
    """Return a report with errors in its first lines."""
    assert reading.form is not None
    for name, column, wrong in _ERRORS[reading.form.code]:
        reading = _with_first(reading, name, column, lambda _, wrong=wrong: wrong)
    return reading


_ERRORS: dict[str, list[tuple[str, str, float | str]]] = {
    "training": [("levels", "women", 9_999.0), ("class_list", "class_level", "commune")],
    "works": [("work_list", "work_progress_pct", 100.5)],
}
"""Tables, columns, and wrong values for their first lines, by form.

More women than people, a class at another level than in the summary; a work that is 100.5 % done.
"""


def spoilt_over_time(reading: ParsedReport) -> ParsedReport:
    """Return a report that contradicts the earlier ones of its unit.

    Its first class has a thousand times the days; or less is paid of a work than before, its total
    investment is doubled, two works have each other's names, and another work is lost.
    """
    assert reading.form is not None
    if reading.form.code == "training":
        return _with_first(reading, "levels", "days", lambda days: 1_000 * days)
    less_paid = _with_first(reading, "work_list", "work_disbursed_vnd", lambda paid: paid // 4)
    doubled = _with_first(less_paid, "work_list", "work_investment_vnd", lambda amount: 2 * amount)
    table = doubled.tables["work_list"]
    names = [*table.values["work_name"]]
    names[2:4] = reversed(names[2:4])
    swapped = replace(table, values={**table.values, "work_name": names})
    tables = {**doubled.tables, "work_list": swapped.without(table.rows[1:2])}
    return replace(doubled, tables=tables)


def _with_first(
    reading: ParsedReport, name: str, column: str, wrong: Callable[[Any], float | str]
) -> ParsedReport:
    """Return the report with another value in the first line of a table, if it has a line."""
    table = reading.tables[name]
    if not table.rows:
        return reading
    first, *others = table.values[column]
    values = {**table.values, column: [wrong(first), *others]}
    wrong_table = replace(table, values=values)
    return replace(reading, tables={**reading.tables, name: wrong_table})


def batches_of(
    chunks: Sequence[Sequence[ParsedReport]],
) -> Iterator[tuple[Form, list[tuple[int, ParsedReport]]]]:
    """Yield the reports of each chunk and form with their numbers."""
    for chunk in chunks:
        for code in BY_HAND:
            batch = [(r.number, r) for r in chunk if r.form and r.form.code == code]
            form = batch[0][1].form if batch else None
            if form is not None:
                yield form, batch


def filled_frames(form: Form, batch: Sequence[tuple[int, ParsedReport]]) -> dict[str, pd.DataFrame]:
    """Return the frames of a batch that have a row: no report here has an optional table."""
    frames = batch_frames(form, batch)
    return {name: frame for name, frame in frames.items() if not frame.empty}


def found_by_hand(chunks: Sequence[Sequence[ParsedReport]]) -> Found:
    """Return what the rules by hand find."""
    found: Found = []
    for form, batch in batches_of(chunks):
        for name, frame in filled_frames(form, batch).items():
            found += failing(frame, BY_HAND[form.code][name])
    return found


def found_by_hand_over_time(work: "Work") -> list[tuple[str, int]]:
    """Return what the rules of history by hand find, with the other rules before them."""
    found: list[tuple[str, int]] = []
    periods = (PERIOD.code, PERIOD.moved(-1).code)
    for chunk, past in zip(work.chunks, work.pasts, strict=True):
        for form, batch in batches_of([chunk]):
            of_form = OVER_TIME[form.code]
            frames = filled_frames(form, batch)
            failures: Found = []
            for name, frame in frames.items():
                failures += failing(frame, BY_HAND[form.code][name])
            refused = over_time.refused_figures(of_form, frames, failures)
            units = {number: reading.unit_code or "" for number, reading in batch}
            found += over_time.failing_over_time(of_form, frames, units, past, refused, periods)
    return found


def found_by_rules(chunks: Sequence[Sequence[ParsedReport]], rules: RuleSet) -> Found:
    """Return what Great Expectations finds on the same frames."""
    validation, found = GxRunner("bench", "bench"), []
    for form, batch in batches_of(chunks):
        for name, frame in filled_frames(form, batch).items():
            expected = expectations_of(form, name, frame.columns, rules)
            # Otherwise the two would not be compared on the same work.
            rule_ids = {expectation.words.id for expectation in expected}
            assert rule_ids == BY_HAND[form.code][name].keys(), f"{form.code} {name}"
            failures = validation.failures(name, frame, expected)
            found += [(rule.words.id, number, row) for rule, number, row in failures]
    return found


@dataclass(frozen=True, slots=True)
class Work:
    """What there is to check: chunks of reports, and the past of each chunk."""

    chunks: list[list[ParsedReport]]
    pasts: list[History]

    @property
    def reports(self) -> int:
        """The number of reports."""
        return sum(map(len, self.chunks))


def work_of(pack: Pack, reports: int) -> Work:
    """Return about `reports` reports of the period in chunks, with their pasts."""
    codes = [unit.code for unit in pack.units if unit.kind is UnitKind.DISTRICT]
    districts = codes[: reports // len(BY_HAND)]
    earlier: list[ParsedReport] = []
    for number, quarters in enumerate(EARLIER):
        period = PERIOD.moved(-quarters)
        earlier += reports_of(pack, districts, period, number * reports)
    now = reports_of(pack, districts, PERIOD, len(EARLIER) * reports)
    for number, reading in enumerate(now):
        # Two reports of each form, then good ones up to the next multiple of BAD.
        if number % BAD < len(BY_HAND):
            now[number] = spoilt(reading)
        elif number % BAD < 2 * len(BY_HAND):
            now[number] = spoilt_over_time(reading)
    starts = range(0, len(now), CHUNK)
    chunks = [now[start : start + CHUNK] for start in starts]
    # A chunk's past may have the earlier quarters and the chunks that were loaded before it.
    known = [[*earlier, *now[:start]] for start in starts]
    pasts = [past_of_chunk(*both) for both in zip(chunks, known, strict=True)]
    return Work(chunks, pasts)


def past_of_chunk(chunk: Sequence[ParsedReport], known: Sequence[ParsedReport]) -> History:
    """Return what the warehouse would give as the past of a chunk, had it loaded `known`.

    These are the reports of the same units, and those of all others for the same period and the one
    before.
    """
    units = {reading.unit_code for reading in chunk}
    periods = {PERIOD, PERIOD.moved(-1)}
    of_units = [r for r in known if r.unit_code in units or r.period in periods]
    return past_of_readings(of_units)


def main(reports: int, *, docs: bool) -> None:
    """Check the same reports in each way, and print seconds and ratios."""
    pack = with_districts(load_pack(load_settings().pack), reports // len(BY_HAND))
    rules = RuleSet(pack)
    work = work_of(pack, reports)
    checker = Checker(pack, rules, "bench")

    with measured() as first_batch:
        checker.check(work.chunks[0][: len(BY_HAND)], work.pasts[0])
    with measured() as without_history:
        for chunk in work.chunks:
            checker.check(chunk)
    with measured() as by_hand:
        failures = found_by_hand(work.chunks)
    with measured() as by_rules:
        failures_of_rules = found_by_rules(work.chunks, rules)
    with measured() as by_hand_over_time:
        failures_over_time = found_by_hand_over_time(work)
    with measured() as with_history:
        findings = _check_all(checker, work)
    assert sorted(failures_of_rules) == sorted(failures)
    findings_over_time = [finding for finding in findings if finding[0] in over_time.RULES]
    assert sorted(findings_over_time) == sorted(failures_over_time)

    print(f"{work.reports} reports of {len(BY_HAND)} forms, ", end="")
    print(f"{len(failures)} failures, {len(failures_over_time)} of history, ", end="")
    print(f"{len(findings)} findings")
    print(f"broken rules of history: {', '.join(sorted({rule for rule, _ in failures_over_time}))}")
    print(f"first batch, with the plans of all rules: {first_batch.seconds:.2f} s")
    print(f"by hand, frames and rules: {by_hand.seconds:.2f} s")
    print(f"by Great Expectations, the same: {_beside(by_rules, by_hand)}")
    print(f"check without history: {_beside(without_history, by_hand)}")
    each = 1000 * with_history.seconds / work.reports
    print(f"by hand with history: {by_hand_over_time.seconds:.2f} s")
    print(f"check with history: {_beside(with_history, by_hand_over_time)}, {each:.1f} ms a report")
    if docs:
        with TemporaryDirectory() as folder, measured() as written:
            checker.publish_docs(Path(folder))
        print(f"Data Docs of all: {written.seconds:.2f} s")


def _beside(spent: Spent, by_hand: Spent) -> str:
    return f"{spent.seconds:.2f} s, {spent.seconds / by_hand.seconds:.1f} times as long"


def _check_all(checker: Checker, work: Work) -> list[tuple[str, int]]:
    """Check all chunks with their pasts; return rule and report of each finding."""
    findings: list[tuple[str, int]] = []
    for chunk, past in zip(work.chunks, work.pasts, strict=True):
        for reading, submission in zip(chunk, checker.check(chunk, past), strict=True):
            findings += [(finding.rule, reading.number) for finding in submission.findings]
    return findings


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--reports", type=int, default=3000)
    parser.add_argument("--docs", action="store_true", help="write Data Docs too")
    given = parser.parse_args()
    main(given.reports, docs=given.docs)
