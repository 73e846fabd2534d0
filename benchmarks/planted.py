"""How many planted errors the rules find at the right cell, and how many good reports they ask about or keep out.

An invented province of eleven units has reported for some quarters. In the last one some reports are spoilt, some are good
but odd. The province is the machine's own (`benchmarks/province.py`), which is not how any real district reports.

Usage: python -m benchmarks.planted [--provinces 10]
"""

import argparse
import copy
import random
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from program.settings import ROOT, load_settings, quiet_third_parties

quiet_third_parties(load_settings())

from benchmarks.province import Lines, Province, Report, history_alone, past_of_readings, reading_of  # noqa: E402
from expectations.checking import Checker  # noqa: E402
from expectations.rules import RuleSet  # noqa: E402
from program.finding import Finding  # noqa: E402
from program.pack import Pack, load_pack  # noqa: E402
from program.period import Period, PeriodKind  # noqa: E402
from program.reading import Reading  # noqa: E402

UNITS = tuple(str(code) for code in range(941, 952))
FORMS = ("disbursement", "livelihoods", "training", "works")
_TABLE = {"disbursement": "capital", "livelihoods": "support", "training": "levels", "works": "work_list"}
_AT_ONCE = 4
Spot = tuple[str, str]
"""A line and a column of a form's main table."""


@dataclass(frozen=True)
class Case:
    """What is done to a good report.

    `change` returns where it must be told: no spot is the report as a whole, None that this report cannot be spoilt so.
    """

    form: str
    change: Callable[[Lines, Report, Report, random.Random], list[Spot] | None]
    is_error: bool = True


def _number(lines: Lines, spot: Spot) -> float:
    value = lines[spot[0]].get(spot[1])
    return float(value) if isinstance(value, int | float) else 0.0


def _spots(lines: Lines, start: str, least: float = 0) -> list[Spot]:
    return [
        (line, c) for line, values in lines.items() for c in values if c.startswith(start) and _number(lines, (line, c)) > least
    ]


def _times(start: str, factor: float, least: float) -> Callable[[Lines, Report, Report, random.Random], list[Spot] | None]:
    """Multiply one figure that the unit reported before, large enough for the slip to be one."""

    def change(lines: Lines, before: Report, _peer: Report, dice: random.Random) -> list[Spot] | None:
        then = before.tables[_TABLE[before.form]]
        known = [s for s in _spots(lines, start, least) if s[0] in then and _number(then, s) > least / 4 and s[0] != "total"]
        if not known:
            return None
        spot = dice.choice(known)
        lines[spot[0]][spot[1]] = round(_number(lines, spot) * factor, 4)
        lines.pop("total", None)
        return [spot]

    return change


def _in_dong(start: str) -> Callable[[Lines, Report, Report, random.Random], list[Spot] | None]:
    """Write all money of the report in đồng under triệu đồng."""

    def change(lines: Lines, _before: Report, _peer: Report, _dice: random.Random) -> list[Spot] | None:
        spots = [s for s in _spots(lines, start, 1) if s[0] != "total"]
        for line, column in [s for s in _spots(lines, start) if s[1].endswith("_vnd")]:
            lines[line][column] = _number(lines, (line, column)) * 1_000_000
        lines.pop("total", None)
        return [s for s in spots if s[1].endswith("_vnd")] or None

    return change


def _falls(start: str) -> Callable[[Lines, Report, Report, random.Random], list[Spot] | None]:
    """Write what was paid in the period alone instead of the cumulative figure."""

    def change(lines: Lines, before: Report, _peer: Report, dice: random.Random) -> list[Spot] | None:
        then = before.tables[_TABLE[before.form]]
        known = [
            s for s in _spots(lines, start) if s[0] in then and 2 * _number(then, s) > _number(lines, s) > _number(then, s) > 1
        ]
        if not known:
            return None
        spot = dice.choice(known)
        lines[spot[0]][spot[1]] = round(_number(lines, spot) - _number(then, spot), 1)
        return [spot]

    return change


def _again(lines: Lines, before: Report, _peer: Report, _dice: random.Random) -> list[Spot] | None:
    then = before.tables[_TABLE[before.form]]
    if before.form == "training" and not _number(then, ("district", "classes")):
        return None
    lines.clear()
    lines.update(copy.deepcopy(then))
    return []


def _of_another(lines: Lines, _before: Report, peer: Report, _dice: random.Random) -> list[Spot] | None:
    theirs = peer.tables[_TABLE[peer.form]]
    if peer.form == "training" and not _number(theirs, ("district", "classes")):
        return None
    lines.clear()
    lines.update(copy.deepcopy(theirs))
    return []


def _backwards(status: str, progress: float) -> Callable[[Lines, Report, Report, random.Random], list[Spot] | None]:
    def change(lines: Lines, before: Report, _peer: Report, dice: random.Random) -> list[Spot] | None:
        then = before.tables["work_list"]
        known = [
            line
            for line in lines
            if line in then and then[line]["work_status"] == status and _number(then, (line, "work_progress_pct")) > 20
        ]
        if not known:
            return None
        line = dice.choice(known)
        lines[line] |= {"work_status": "in_progress", "work_actual_end": None, "work_progress_pct": progress}
        return [(line, "work_progress_pct")]

    return change


def _lost(lines: Lines, before: Report, _peer: Report, dice: random.Random) -> list[Spot] | None:
    known = [n for n, values in before.tables["work_list"].items() if n in lines and values["work_status"] == "in_progress"]
    if len(lines) < 2 or not known:
        return None
    del lines[dice.choice(known)]
    return []


def _above_plan(lines: Lines, _before: Report, _peer: Report, dice: random.Random) -> list[Spot] | None:
    spots = _spots(lines, "plan_central_investment_vnd", 10)
    if not spots:
        return None
    line = dice.choice(spots)[0]
    lines[line]["disbursed_central_investment_vnd"] = round(_number(lines, (line, "plan_central_investment_vnd")) * 1.2, 1)
    return [(line, "disbursed_central_investment_vnd")]


def _jump(lines: Lines, _before: Report, _peer: Report, dice: random.Random) -> list[Spot] | None:
    """A project is given two to five times the money in mid-year, and pays it out."""
    line, times = dice.choice(list(lines)), dice.uniform(2, 5)
    for column in lines[line]:
        lines[line][column] = round(_number(lines, (line, column)) * times, 1)
    return []


def _ends(lines: Lines, _before: Report, _peer: Report, dice: random.Random) -> list[Spot] | None:
    """A project of which nothing is said any more."""
    if len(lines) < 3:
        return None
    del lines[dice.choice(list(lines))]
    return []


def _begins(lines: Lines, _before: Report, _peer: Report, dice: random.Random) -> list[Spot] | None:
    plan = round(dice.lognormvariate(6, 1), 1)
    line = {"plan_central_recurrent_vnd": plan, "disbursed_central_recurrent_vnd": round(plan * dice.uniform(0, 0.6), 1)}
    lines["da9_tda1"] = {**line}
    return []


def _none(lines: Lines, _before: Report, _peer: Report, _dice: random.Random) -> list[Spot] | None:
    for values in lines.values():
        for column, value in values.items():
            values[column] = 0 if isinstance(value, int | float) else value
    return []


def _new_work(lines: Lines, _before: Report, _peer: Report, dice: random.Random) -> list[Spot] | None:
    if not lines:
        return None
    model = next(iter(lines.values()))
    invested = round(dice.lognormvariate(7.5, 1), 1)
    lines["99"] = {**model, "work_code": "N-99", "work_name": "Công trình mới", "work_status": "not_started", "work_start": None}
    lines["99"] |= {"work_actual_end": None, "work_investment_vnd": invested, "work_disbursed_vnd": 0.0, "work_progress_pct": 0}
    return []


CASES: dict[str, Case] = {
    "a figure ×10 (people)": Case("training", _times("participants", 10, 30)),
    "a figure ×10 (plan)": Case("disbursement", _times("plan_central", 10, 20)),
    "a figure ×100 (plan)": Case("disbursement", _times("plan_central", 100, 20)),
    "a figure ×1000 (paid)": Case("disbursement", _times("disbursed_central", 1000, 20)),
    "a figure ×1000 (support)": Case("livelihoods", _times("support_vnd", 1000, 5)),
    "a figure ×1000 (a work)": Case("works", _times("work_investment_vnd", 1000, 5)),
    "a figure ÷1000 (plan in tỷ)": Case("disbursement", _times("plan_central", 0.001, 20)),
    "all money in đồng": Case("disbursement", _in_dong("plan_")),
    "all money in đồng (training)": Case("training", _in_dong("budget_")),
    "the period alone (paid)": Case("disbursement", _falls("disbursed_central")),
    "the period alone (households)": Case("livelihoods", _falls("supported")),
    "last quarter's report (paid)": Case("disbursement", _again),
    "last quarter's report (training)": Case("training", _again),
    "another unit's report (paid)": Case("disbursement", _of_another),
    "another unit's report (training)": Case("training", _of_another),
    "a completed work is not": Case("works", _backwards("completed", 80)),
    "progress falls": Case("works", _backwards("in_progress", 10)),
    "an unfinished work is missing": Case("works", _lost),
    "paid above plan": Case("disbursement", _above_plan),
    "good: as it is (disbursement)": Case("disbursement", lambda *_: [], is_error=False),
    "good: as it is (livelihoods)": Case("livelihoods", lambda *_: [], is_error=False),
    "good: as it is (training)": Case("training", lambda *_: [], is_error=False),
    "good: as it is (works)": Case("works", lambda *_: [], is_error=False),
    "good: a real jump": Case("disbursement", _jump, is_error=False),
    "good: a project ends": Case("disbursement", _ends, is_error=False),
    "good: a project begins": Case("disbursement", _begins, is_error=False),
    "good: no training at all": Case("training", _none, is_error=False),
    "good: a new work": Case("works", _new_work, is_error=False),
}


@dataclass(frozen=True)
class Planted:
    """A report to which a case was done, and where it must be told."""

    name: str
    report: Report
    spots: list[Spot]


@dataclass
class Score:
    """Of one case: how often it was planted, told at its cells, and, for a good one, asked about and kept out."""

    planted: int = 0
    told: int = 0
    asked: int = 0
    kept_out: int = 0


def try_province(pack: Pack, checkers: tuple[Checker, Checker], seed: int, scores: dict[str, Score]) -> Counter[str]:
    """Plant each case once in a province and score it; return which rules good reports broke.

    The first checker has all rules and no past, the second the rules of history alone: together they are what a night does, but
    a night's worth of other rules is not run again for each round.
    """
    dice, everything, history = random.Random(f"planted-{seed}"), *checkers
    province = Province(pack, seed, UNITS)
    periods = [Period(year, PeriodKind.QUARTER, n) for year in (2023, 2024) for n in (1, 2, 3, 4)][: dice.randint(6, 8)]
    before = [province.report(form, unit, period) for period in periods[:-1] for form in FORMS for unit in UNITS]
    past, blamed = past_of_readings([reading_of(report, pack, n) for n, report in enumerate(before)]), Counter[str]()
    rounds = _rounds(province, periods, dice)
    planted = {id(p.report): reading_of(p.report, pack, 100_000 + n) for n, p in enumerate(p for each in rounds for p in each)}
    within = {s.delivery.id: s for s in everything.check(list(planted.values()))}
    for cases in rounds:
        spoilt = {(p.report.form, p.report.unit) for p in cases}
        others = [(form, unit) for form in FORMS for unit in UNITS if (form, unit) not in spoilt]
        peers = [reading_of(province.report(form, unit, periods[-1]), pack, n) for n, (form, unit) in enumerate(others)]
        readings = [planted[id(p.report)] for p in cases]
        for p, reading, compared in zip(cases, readings, history.check([*peers, *readings], past)[-len(cases) :], strict=True):
            own = within[reading.delivery.id]
            told = [f for f in (*own.findings, *compared.findings) if f.severity.value != "info"]
            _score(scores[p.name], p, reading, told, is_kept_out=not own.verdict.loads)
            if not CASES[p.name].is_error:
                blamed.update({f.rule for f in told})
    return blamed


def _rounds(province: Province, periods: list[Period], dice: random.Random) -> list[list[Planted]]:
    """Return the cases, four of a form at a time, each in another unit: most reports of a quarter are good ones."""
    rounds: dict[int, list[Planted]] = defaultdict(list)
    for form in FORMS:
        names = [name for name, case in CASES.items() if case.form == form]
        for number, name in enumerate(names):
            if number % _AT_ONCE == 0:
                units = dice.sample(UNITS, len(UNITS))
            for unit in units[number % _AT_ONCE :: _AT_ONCE]:
                report, before = (province.report(form, unit, period) for period in (periods[-1], periods[-2]))
                peer = province.report(form, units[-1], periods[-1])
                spots = CASES[name].change(report.tables[_TABLE[form]], before, peer, dice) if unit != units[-1] else None
                if spots is not None:
                    if form == "training":
                        report.tables["levels"]["total"] = dict(report.tables["levels"]["district"])
                    rounds[number // _AT_ONCE].append(Planted(name, report, spots))
                    break
    return list(rounds.values())


def _score(score: Score, planted: Planted, reading: Reading, told: list[Finding], *, is_kept_out: bool) -> None:
    cells = {_cell(reading, planted.report, spot) for spot in planted.spots}
    score.planted += 1
    score.told += cells <= {f.cell for f in told} if cells else any(f.cell is None for f in told)
    score.asked += bool(told)
    score.kept_out += is_kept_out


def _cell(reading: Reading, report: Report, spot: Spot) -> str | None:
    table = _TABLE[report.form]
    read = reading.tables[table]
    at = list(report.tables[table]).index(spot[0]) if report.form == "works" else read.lines.index(spot[0])
    return read.cell(spot[1], read.rows[at])


def main(provinces: int) -> None:
    """Score all cases over so many provinces and print what came of it."""
    pack = load_pack(ROOT / "config" / "soc-trang")
    rules = Counter[str]()
    scores: dict[str, Score] = defaultdict(Score)
    with tempfile.TemporaryDirectory() as folder:
        checkers = Checker(pack, RuleSet(pack), "planted"), Checker(pack, history_alone(pack, Path(folder)), "planted")
    for seed in range(provinces):
        rules += try_province(pack, checkers, seed, scores)
    for name, case in CASES.items():
        score = scores[name]
        of_good = f"asked about {score.asked:3}, kept out {score.kept_out:3}"
        said = f"told at its cell {score.told:3}" if case.is_error else of_good
        print(f"{name:35} {score.planted:4} planted, {said}")
    errors, good = ([scores[name] for name, case in CASES.items() if case.is_error is kind] for kind in (True, False))
    print(f"errors told at the right cell: {sum(s.told for s in errors) / sum(s.planted for s in errors):.1%}")
    kept_out, asked = (sum(getattr(s, name) for s in good) / sum(s.planted for s in good) for name in ("kept_out", "asked"))
    print(f"good ones kept out: {kept_out:.1%}, asked about: {asked:.1%}")
    print("rules that good ones broke:", ", ".join(f"{rule} {count}" for rule, count in rules.most_common()) or "none")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--provinces", type=int, default=10)
    main(parser.parse_args().provinces)
