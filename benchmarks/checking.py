"""How much a night saves by checking all submissions of a form as one batch instead of one by one.

Prints seconds and, what counts on a shared machine, the ratio of the two in one run.

Usage: python -m benchmarks.checking [--submissions 60]
"""

import argparse
import time
from datetime import UTC, datetime

from program.settings import load_settings, quiet_third_parties

quiet_third_parties(load_settings())

from connectors.reader.reader import read_parts  # noqa: E402
from examples.synthetic import build  # noqa: E402
from expectations.checking import Checker  # noqa: E402
from expectations.rules import RuleSet  # noqa: E402
from program.delivery import Delivery  # noqa: E402
from program.pack import load_pack  # noqa: E402


def main(submissions: int) -> None:
    """Read the synthetic sample (repeated up to `submissions`), then check it both ways."""
    pack = load_pack(load_settings().pack)
    rules = RuleSet(pack)
    sample = [content for _, content in build()]
    now = datetime.now(UTC)
    started = time.perf_counter()
    readings = [
        reading
        for n in range(submissions)
        for reading in read_parts(sample[n % len(sample)], Delivery(n, "bench", "file", f"{n}", now, None), pack)
    ]
    read = time.perf_counter() - started

    checker = Checker(pack, rules, "warm-up")
    checker.check(readings[:1])
    started = time.perf_counter()
    together = checker.check(readings)
    batch = time.perf_counter() - started
    started = time.perf_counter()
    alone = [checker.check([reading])[0] for reading in readings]
    single = time.perf_counter() - started

    assert [s.verdict for s in together] == [s.verdict for s in alone]
    print(f"{submissions} submissions: read {read:.2f} s, checked as one batch {batch:.2f} s, one by one {single:.2f} s")
    print(f"one by one takes {single / batch:.1f} times as long as one batch")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--submissions", type=int, default=60)
    main(parser.parse_args().submissions)
