"""What a run's check costs: reports of several forms, in chunks, with history, beside rules by hand.

Two forms of invented districts, checked as a run does: in chunks of 500, each held against the quarters
before and against what the chunks before it loaded; one report in 50 is bad. The peer is vectorised
pandas (`by_hand/`): the same frames, and the same rules of the two forms, which must find the same rows.
It has no history and words no findings. Seconds are of this process alone (CPU).

Usage: python -m benchmarks.checking [--reports 3000] [--docs]
"""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from program.settings import load_settings, quiet_third_parties

quiet_third_parties(load_settings())

from benchmarks.by_hand import training, works  # noqa: E402
from benchmarks.by_hand.asking import failing  # noqa: E402
from benchmarks.in_memory import past_of_readings, reading_of  # noqa: E402
from benchmarks.province import Province  # noqa: E402
from expectations.checking import Checker, load_batch_checker  # noqa: E402
from expectations.rules import RuleSet  # noqa: E402
from program.form import Form  # noqa: E402
from program.history import Past  # noqa: E402
from program.pack import Pack, load_pack  # noqa: E402
from program.period import Period  # noqa: E402
from program.reading import Reading  # noqa: E402
from program.units import Unit, UnitKind, UnitRegister  # noqa: E402

load_batch_checker()

from expectations.frames import batch_frames  # noqa: E402
from expectations.suite import expectations_of  # noqa: E402
from expectations.validation import Validation  # noqa: E402

BY_HAND = {"training": training.FRAMES, "works": works.FRAMES}
PERIOD, EARLIER = Period.parse("2024-Q4"), (1, 2, 4)
"""The quarter that is reported, and how many quarters before it others were."""
CHUNK, BAD = 500, 50
Found = list[tuple[str, int, int]]
Result = TypeVar("Result")


def with_districts(pack: Pack, districts: int) -> Pack:
    """Return the pack with copies of its districts and communes, at least so many districts."""
    places = [
        unit
        for unit in pack.units
        if unit.kind is not UnitKind.PROVINCE and unit.is_valid_on(PERIOD.end)
    ]
    own = sum(unit.kind is UnitKind.DISTRICT for unit in places)
    units = list(pack.units)
    for copy in range(1, -(-districts // own)):
        units += [_copied(unit, copy) for unit in places]
    return replace(pack, units=UnitRegister(units))


def _copied(unit: Unit, copy: int) -> Unit:
    parent = f"{copy}-{unit.parent}" if unit.kind is UnitKind.COMMUNE else unit.parent
    return replace(unit, code=f"{copy}-{unit.code}", parent=parent)


def reports_of(pack: Pack, districts: Sequence[str], period: Period, first: int) -> list[Reading]:
    """Return what the districts report for a period, district by district, numbered from `first`."""
    province = Province(pack, 1719, districts)
    reports = (
        province.report(form, district, period) for district in districts for form in BY_HAND
    )
    return [reading_of(report, pack, number) for number, report in enumerate(reports, start=first)]


def spoilt(reading: Reading) -> Reading:
    """Return a report with an error: more women than people, or a completed work at 90 %."""
    name, column, wrong = {
        "training": ("levels", "women", 9_999.0),
        "works": ("work_list", "work_progress_pct", 100.5),
    }[reading.form.code if reading.form else ""]
    table = reading.tables[name]
    if not table.rows:
        return reading
    values = {**table.values, column: [wrong, *table.values[column][1:]]}
    return replace(reading, tables={**reading.tables, name: replace(table, values=values)})  # type: ignore[arg-type]


def timed(run: Callable[[], Result]) -> tuple[float, Result]:
    """Return the CPU seconds of a call, and what it gave."""
    started = time.process_time()
    result = run()
    return time.process_time() - started, result


def batches_of(
    chunks: Sequence[Sequence[Reading]],
) -> Iterator[tuple[Form, list[tuple[int, Reading]]]]:
    """Yield the reports of each chunk and form with their numbers."""
    for chunk in chunks:
        for code in BY_HAND:
            batch = [(r.number, r) for r in chunk if r.form and r.form.code == code]
            form = batch[0][1].form if batch else None
            if form is not None:
                yield form, batch


def found_by_hand(chunks: Sequence[Sequence[Reading]]) -> Found:
    """Return what the rules by hand find."""
    found: Found = []
    for form, batch in batches_of(chunks):
        for name, frame in batch_frames(form, batch).items():
            found += failing(frame, BY_HAND[form.code][name])
    return found


def found_by_rules(chunks: Sequence[Sequence[Reading]], rules: RuleSet) -> Found:
    """Return what Great Expectations finds on the same frames."""
    validation, found = Validation("bench", "bench"), []
    for form, batch in batches_of(chunks):
        for name, frame in batch_frames(form, batch).items():
            expected = expectations_of(form, name, frame.columns, rules)
            assert {e.words.id for e in expected} == BY_HAND[form.code][name].keys(), (
                f"{form.code} {name}"
            )
            failures = validation.failures(name, frame, expected)
            found += [(rule.words.id, number, row) for rule, number, row in failures]
    return found


def main(reports: int, *, docs: bool) -> None:
    """Check the same reports in each way, and print seconds and ratios."""
    pack = with_districts(load_pack(load_settings().pack), reports // len(BY_HAND))
    rules = RuleSet(pack)
    districts = [unit.code for unit in pack.units if unit.kind is UnitKind.DISTRICT][
        : reports // len(BY_HAND)
    ]
    earlier = [
        reading
        for number, quarters in enumerate(EARLIER)
        for reading in reports_of(pack, districts, PERIOD.moved(-quarters), number * reports)
    ]
    sent = reports_of(pack, districts, PERIOD, len(EARLIER) * reports)
    now = [spoilt(reading) if n % BAD < len(BY_HAND) else reading for n, reading in enumerate(sent)]
    chunks = [now[start : start + CHUNK] for start in range(0, len(now), CHUNK)]
    pasts = [past_of_readings([*earlier, *now[: n * CHUNK]]) for n in range(len(chunks))]
    checker = Checker(pack, rules, "bench")

    fixed, _ = timed(lambda: checker.check(now[: len(BY_HAND)], pasts[0]))
    alone, _ = timed(lambda: [checker.check(chunk) for chunk in chunks])
    hand, by_hand = timed(lambda: found_by_hand(chunks))
    ours, by_rules = timed(lambda: found_by_rules(chunks, rules))
    whole, checked = timed(lambda: _check_all(checker, chunks, pasts))
    assert sorted(by_rules) == sorted(by_hand)
    findings = sum(len(submission.findings) for chunk in checked for submission in chunk)
    print(
        f"{len(now)} reports of {len(BY_HAND)} forms, {len(by_hand)} failures, {findings} findings"
    )
    print(f"first batch, with the plans of all rules: {fixed:.2f} s")
    print(f"by hand, frames and rules: {hand:.2f} s")
    print(f"by Great Expectations, the same: {ours:.2f} s, {ours / hand:.1f} times as long")
    print(f"check without history: {alone:.2f} s, {alone / hand:.1f} times as long")
    print(
        f"check with history: {whole:.2f} s, {whole / hand:.1f} times as long, {1000 * whole / len(now):.1f} ms a report"
    )
    if docs:
        with TemporaryDirectory() as folder:
            seconds, _ = timed(lambda: checker.publish_docs(Path(folder)))
        print(f"Data Docs of all: {seconds:.2f} s")


def _check_all(
    checker: Checker, chunks: Sequence[Sequence[Reading]], pasts: Sequence[Past]
) -> list[list[object]]:
    return [list(checker.check(chunk, past)) for chunk, past in zip(chunks, pasts, strict=True)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--reports", type=int, default=3000)
    parser.add_argument("--docs", action="store_true", help="write Data Docs too")
    asked = parser.parse_args()
    main(asked.reports, docs=asked.docs)
