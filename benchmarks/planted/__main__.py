"""Score of the rules: planted errors reported at the right cell, and false alarms on good reports.

An invented province of eleven units has reported for some quarters. In the last quarter some
reports have a planted error, and some are good but odd. The figures of the province are random
(`benchmarks/province.py`): no real district reports like that. The limits of the rules were
chosen with provinces 0 to 99. Provinces from 1000 on are held out for scoring.

Usage: python -m benchmarks.planted [--provinces 10] [--first 0] [--why]
"""

import argparse
import random
import tempfile
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from program.settings import ROOT, load_settings, quiet_third_parties

quiet_third_parties(load_settings())

from benchmarks.in_memory import history_alone  # noqa: E402
from benchmarks.planted.across import ACROSS, try_across  # noqa: E402
from benchmarks.planted.controller import SEEN_ALONE, SEEN_OVER_TIME  # noqa: E402
from benchmarks.planted.good import GOOD  # noqa: E402
from benchmarks.planted.over_time import OVER_TIME  # noqa: E402
from benchmarks.planted.scoring import FORMS, UNITS, Score, Trial  # noqa: E402
from benchmarks.planted.within import WITHIN  # noqa: E402
from benchmarks.planted.workbooks import (  # noqa: E402
    ODD,
    WRONG,
    WorkbookScore,
    try_workbooks,
)
from benchmarks.stock import with_stock  # noqa: E402
from expectations.checking import Checker  # noqa: E402
from expectations.rules.rule_set import RuleSet  # noqa: E402
from program.pack.load import load_pack  # noqa: E402


def main(provinces: int, first: int, *, why: bool) -> None:
    """Score all cases in some provinces and print the scores."""
    pack = with_stock(load_pack(ROOT / "config" / "soc-trang"))
    scores: dict[str, Score] = defaultdict(Score)
    of_workbooks: dict[str, WorkbookScore] = defaultdict(WorkbookScore)
    with tempfile.TemporaryDirectory() as folder:
        everything = Checker(pack, RuleSet(pack), "planted")
        history = Checker(pack, history_alone(pack, Path(folder)), "planted")
    for seed in range(first, first + provinces):
        trial = Trial(pack, everything, history, seed)
        trial.run(scores)
        try_across(trial, pack, everything, scores)
        reports = {form: [trial.good(form, unit) for unit in UNITS] for form in FORMS}
        try_workbooks(reports, pack, everything, random.Random(seed), of_workbooks)
    _print(scores, why=why)
    _print_workbooks(of_workbooks)


def _print(scores: dict[str, Score], *, why: bool) -> None:
    """Print a line for each case, and the shares of all errors and of all good reports."""
    kinds = (*OVER_TIME, *SEEN_OVER_TIME, *WITHIN, *SEEN_ALONE, *ACROSS)
    errors = [name for name in kinds if name in scores]
    good = [name for name in scores if name in GOOD or name.startswith("as it is")]
    for name in errors:
        _print_case(name, scores[name], f"reported at its cell {scores[name].reported:3}", why=why)
    for name in good:
        score = scores[name]
        outcome = f"asked {score.asked:3}, kept out {score.kept_out:3}"
        _print_case(name, score, outcome, why=why)

    _print_errors([scores[name] for name in errors])
    _print_good([scores[name] for name in good])


def _print_errors(scores: Sequence[Score]) -> None:
    planted = sum(score.planted for score in scores)
    reported = sum(score.reported for score in scores) / planted
    print(f"{planted} errors of {len(scores)} kinds, reported at the right cell: {reported:.1%}")


def _print_good(scores: Sequence[Score]) -> None:
    planted = sum(score.planted for score in scores)
    kept_out = sum(score.kept_out for score in scores) / planted
    asked = sum(score.asked for score in scores) / planted
    print(f"{planted} good ones of {len(scores)} kinds,", end=" ")
    print(f"kept out: {kept_out:.1%}, asked about: {asked:.1%}")
    rules = sum((score.rules for score in scores), Counter[str]())
    counts = [f"{rule} {count}" for rule, count in rules.most_common()]
    print("rules that good ones broke:", ", ".join(counts) or "none")


def _print_workbooks(scores: Mapping[str, WorkbookScore]) -> None:
    """Print a line for each odd workbook, and the shares of the wrong and of the right ones."""
    for name, score in scores.items():
        counts = f"asked {score.asked}, kept out {score.kept_out}, reported {score.reported}"
        rules = " ".join(f"{rule}:{count}" for rule, count in score.rules.most_common())
        print(f"{name:35} {score.tried} tried, {counts}, false {score.false_facts}  {rules}")
    wrong = [score for name, score in scores.items() if name in WRONG]
    right = [score for name, score in scores.items() if name in ODD]
    tried = sum(score.tried for score in wrong)
    reported = sum(score.reported for score in wrong)
    print(f"{tried} wrong workbooks of {len(wrong)} kinds, reported at the right cell: {reported}")
    tried = sum(score.tried for score in right)
    kept_out = sum(score.kept_out for score in right)
    asked = sum(score.asked for score in right)
    print(f"{tried} odd ones of {len(right)} kinds, kept out: {kept_out}, asked about: {asked}")
    false_facts = sum(score.false_facts for score in scores.values())
    print(f"false facts, loaded without a question: {false_facts}")


def _print_case(name: str, score: Score, outcome: str, *, why: bool) -> None:
    counts = [f"{rule}:{count}" for rule, count in score.rules.most_common()]
    rules = " ".join(counts) if why else ""
    print(f"{name:45} {score.planted:4} planted, {outcome}  {rules}".rstrip())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--provinces", type=int, default=10)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--why", action="store_true", help="print the rules that each case broke")
    arguments = parser.parse_args()
    main(arguments.provinces, arguments.first, why=arguments.why)
