"""How many planted errors the rules find at the right cell, and how many good reports they ask about or keep out.

An invented province of eleven units has reported for some quarters. In the last one some reports are spoilt, some are good
but odd. The province is the machine's own (`benchmarks/province.py`), which is not how any real district reports. Limits were
chosen while looking at provinces 0 to 99; those from 1000 on are held out.

Usage: python -m benchmarks.planted [--provinces 10] [--first 0] [--why]
"""

import argparse
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

from program.settings import ROOT, load_settings, quiet_third_parties

quiet_third_parties(load_settings())

from benchmarks.in_memory import history_alone  # noqa: E402
from benchmarks.planted.across import ACROSS, try_across  # noqa: E402
from benchmarks.planted.good import GOOD  # noqa: E402
from benchmarks.planted.over_time import OVER_TIME  # noqa: E402
from benchmarks.planted.scoring import Score, Trial  # noqa: E402
from benchmarks.planted.within import WITHIN  # noqa: E402
from benchmarks.stock import with_stock  # noqa: E402
from expectations.checking import Checker  # noqa: E402
from expectations.rules import RuleSet  # noqa: E402
from program.pack import load_pack  # noqa: E402


def main(provinces: int, first: int, *, why: bool) -> None:
    """Score all cases over so many provinces and print what came of it."""
    pack = with_stock(load_pack(ROOT / "config" / "soc-trang"))
    scores: dict[str, Score] = defaultdict(Score)
    with tempfile.TemporaryDirectory() as folder:
        everything = Checker(pack, RuleSet(pack), "planted")
        history = Checker(pack, history_alone(pack, Path(folder)), "planted")
    for seed in range(first, first + provinces):
        trial = Trial(pack, everything, history, seed)
        trial.run(scores)
        try_across(trial, pack, everything, scores)
    _print(scores, why=why)


def _print(scores: dict[str, Score], *, why: bool) -> None:
    errors = [name for name in (*OVER_TIME, *WITHIN, *ACROSS) if name in scores]
    good = [name for name in scores if name in GOOD or name.startswith("as it is")]
    for name in (*errors, *good):
        score = scores[name]
        said = (
            f"told at its cell {score.told:3}"
            if name in errors
            else f"asked {score.asked:3}, kept out {score.kept_out:3}"
        )
        rules = (
            " ".join(f"{rule}:{count}" for rule, count in score.rules.most_common()) if why else ""
        )
        print(f"{name:45} {score.planted:4} planted, {said}  {rules}".rstrip())
    of_errors, of_good = [scores[name] for name in errors], [scores[name] for name in good]
    planted = sum(s.planted for s in of_errors)
    print(
        f"{planted} errors of {len(errors)} kinds, told at the right cell: {sum(s.told for s in of_errors) / planted:.1%}"
    )
    planted = sum(s.planted for s in of_good)
    kept_out, asked = (
        sum(getattr(s, name) for s in of_good) / planted for name in ("kept_out", "asked")
    )
    print(
        f"{planted} good ones of {len(good)} kinds, kept out: {kept_out:.1%}, asked about: {asked:.1%}"
    )
    rules = sum((scores[name].rules for name in good), Counter[str]())
    print(
        "rules that good ones broke:",
        ", ".join(f"{rule} {count}" for rule, count in rules.most_common()) or "none",
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--provinces", type=int, default=10)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--why", action="store_true", help="name the rules that spoke of each case")
    arguments = parser.parse_args()
    main(arguments.provinces, arguments.first, why=arguments.why)
