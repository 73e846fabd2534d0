"""What a night's check costs: all rules of the works form over many submissions of 60 works, as one batch.

Compared, in one run on one machine, with the same rules written by hand in vectorised pandas, with pandera (pip install
'.[bench]'), and with a checkpoint for each submission, which is measured on a few and multiplied. Seconds are of this process
alone (CPU), so that a busy machine does not blur the ratios.

Usage: python -m benchmarks.checking [--submissions 3000]
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import pandas as pd

from program.settings import load_settings, quiet_third_parties

quiet_third_parties(load_settings())

from benchmarks.works_by_hand import RULES, failing  # noqa: E402
from expectations.checking import Checker  # noqa: E402
from expectations.examples import load_examples, readings_of  # noqa: E402
from expectations.frames import batch_frames  # noqa: E402
from expectations.rules import RuleSet  # noqa: E402
from expectations.suite import expectations_of  # noqa: E402
from expectations.validation import Validation  # noqa: E402
from program.pack import load_pack  # noqa: E402
from program.reading import Reading  # noqa: E402

LINES, ALONE = 60, 10
Result = TypeVar("Result")


def night(good: Reading, submissions: int) -> list[Reading]:
    """Return works reports, each with the example's first work 60 times under codes of its own; one in 50 has three bad lines."""
    table, rows = good.tables["work_list"], list(range(10, 10 + LINES))
    readings = []
    for number in range(submissions):
        values: dict[str, Any] = {name: column[:1] * LINES for name, column in table.values.items()}
        values["work_code"] = [f"CT-{number}-{row}" for row in rows]
        if number % 50 == 0:
            values["work_progress_pct"] = [90.0, *values["work_progress_pct"][1:]]
            values["work_code"] = [*values["work_code"][:-2], "CT-01", "ct 01"]
        read = replace(table, values=values, rows=rows, lines=[""] * LINES)
        readings.append(replace(good, delivery=replace(good.delivery, id=number), tables={"work_list": read}))
    return readings


def timed(run: Callable[[], Result]) -> tuple[float, Result]:
    """Return the CPU seconds of a call, and what it gave."""
    started = time.process_time()
    result = run()
    return time.process_time() - started, result


def main(submissions: int) -> None:
    """Check the same night in each way, and print seconds and ratios."""
    pack = load_pack(load_settings().pack)
    rules = RuleSet(pack)
    readings = night(readings_of(load_examples("works"), pack)[""], submissions)
    form = readings[0].form
    assert form is not None
    checker, validation = Checker(pack, rules, "bench"), Validation("bench", "bench")
    checker.check(readings[:1])

    whole, judged = timed(lambda: checker.check(readings))
    frames, by_table = timed(lambda: batch_frames(form, [(r.delivery.id, r) for r in readings]))
    frame = by_table["work_list"]
    expected = expectations_of(form, "work_list", set(frame.columns), rules)
    ours, found = timed(lambda: validation.failures("night", frame, expected))
    hand, by_hand = timed(lambda: failing(frame))
    assert {e.words.id for e in expected} == RULES.keys(), "the rules by hand are not those of the form"
    assert sorted((rule.words.id, n, row) for rule, n, row in found) == sorted(by_hand)
    alone, _ = timed(lambda: [checker.check([reading]) for reading in readings[:ALONE]])
    print(f"{submissions} submissions × {LINES} lines, {len(expected)} expectations on the list, {len(found)} failures")
    print(f"whole check {whole:.2f} s ({len(judged)} verdicts with their facts), of it frames {frames:.2f} s, rules {ours:.2f} s")
    print(f"by hand in pandas {hand:.2f} s: ours takes {ours / hand:.1f} times as long")
    print_pandera(frame, ours)
    each = alone / ALONE * submissions
    print(f"a checkpoint each {each:.0f} s, scaled from {ALONE} reports: {each / whole:.0f} times as long as the batch")


def print_pandera(frame: pd.DataFrame, ours: float) -> None:
    """Print the ratio to the same rules as pandera's checks, where it is installed."""
    try:
        import pandera.pandas as pa  # noqa: PLC0415  (never a dependency of the run)
    except ImportError:
        print("pandera is not installed: pip install '.[bench]'")
        return
    checks = [pa.Check(lambda whole, ask=ask: ~ask(whole), name=rule) for rule, asks in RULES.items() for ask in asks]
    schema = pa.DataFrameSchema(checks=checks)

    def validate() -> Any:
        try:
            return schema.validate(frame, lazy=True)
        except pa.errors.SchemaErrors as wrong:
            return wrong.failure_cases

    seconds, _ = timed(validate)
    print(f"pandera {seconds:.2f} s: ours takes {ours / seconds:.1f} times as long")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--submissions", type=int, default=3000)
    main(parser.parse_args().submissions)
