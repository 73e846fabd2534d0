"""Planting every case in an invented province, and scoring what the rules tell."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from benchmarks.in_memory import Report, past_of_readings, reading_of
from benchmarks.planted.cases import MAIN, Case, Scene, Spot
from benchmarks.planted.good import GOOD
from benchmarks.planted.over_time import OVER_TIME
from benchmarks.planted.within import WITHIN
from benchmarks.province import Province
from expectations.checking import Checker
from program.finding import Finding, Severity
from program.pack import Pack
from program.period import Period, PeriodKind
from program.reading import Reading

UNITS = tuple(str(code) for code in range(941, 952))
NEWCOMER = UNITS[-1]
"""The unit of which nothing was reported before."""
PEER = UNITS[0]
"""The unit whose reports are always good ones, to be copied."""
FORMS = tuple(MAIN)
_AT_ONCE = 4


@dataclass(frozen=True)
class Planted:
    """A report to which a case was done, where it must be told, and what arrived before it in the same night."""

    name: str
    report: Report
    spots: list[Spot]
    arrived: list[Report]


@dataclass
class Score:
    """Of one case: how often it was planted, told at its cells, asked about at all, and kept out.

    And the rules that spoke.
    """

    planted: int = 0
    told: int = 0
    asked: int = 0
    kept_out: int = 0
    rules: Counter[str] = field(default_factory=Counter)


class Trial:
    """One invented province with its past.

    `everything` has all rules and no past, `history` the rules of history alone: together they are
    what a night does, but a night's worth of other rules is not run again for each round.
    """

    def __init__(self, pack: Pack, everything: Checker, history: Checker, seed: int) -> None:
        self._pack, self._everything, self._history = pack, everything, history
        self._dice, self._province = random.Random(f"planted-{seed}"), Province(pack, seed, UNITS)
        quarters = [
            Period(year, PeriodKind.QUARTER, n) for year in (2023, 2024) for n in (1, 2, 3, 4)
        ]
        self.period = quarters[self._dice.randint(5, 7)]
        before = [
            (form, period)
            for period in quarters[: quarters.index(self.period)]
            for form in FORMS
            if form != "outcomes"
        ]
        before += [("outcomes", Period(self.period.year - n, PeriodKind.YEAR, 1)) for n in (2, 1)]
        known = [
            self._province.report(form, unit, period)
            for form, period in before
            for unit in UNITS
            if unit != NEWCOMER
        ]
        self._past = past_of_readings(
            [reading_of(report, pack, n) for n, report in enumerate(known)]
        )

    def run(self, scores: dict[str, Score]) -> None:
        """Plant each case once and score it; good reports beside the first ones are scored too."""
        self._score(self._alone(), scores, with_history=False)
        for planted in self._rounds():
            self._score(planted, scores, with_history=True)

    def good(self, form: str, unit: str) -> Report:
        """Return the report of this period (this year, for outcomes) that a unit would truthfully send."""
        return self._province.report(form, unit, self._period_of(form))

    def _period_of(self, form: str) -> Period:
        return Period(self.period.year, PeriodKind.YEAR, 1) if form == "outcomes" else self.period

    def _alone(self) -> list[Planted]:
        return [
            planted
            for name, case in WITHIN.items()
            if (planted := self._plant(name, case, self._shuffled())) is not None
        ]

    def _shuffled(self) -> list[str]:
        return self._dice.sample(UNITS[1:-1], len(UNITS) - 2)

    def _rounds(self) -> Iterator[list[Planted]]:
        """Yield the cases, four of a form at a time, each in another unit: most reports of a quarter are good ones.

        Those beside the first cases are scored as they are.
        """
        rounds: dict[int, list[Planted]] = defaultdict(list)
        first: Counter[str] = Counter()
        for form in FORMS:
            cases = [(name, case) for name, case in (OVER_TIME | GOOD).items() if case.form == form]
            for number, (name, case) in enumerate((n, c) for n, c in cases if not c.is_first):
                if number % _AT_ONCE == 0:
                    units = self._shuffled()
                planted = self._plant(name, case, units[number % _AT_ONCE :: _AT_ONCE])
                rounds[number // _AT_ONCE] += [planted] if planted else []
            for name, case in cases:
                if case.is_first and (planted := self._plant(name, case, [NEWCOMER])):
                    rounds[first[form]].append(planted)
                    first[form] += 1
        spoilt = {(p.report.form, p.report.unit) for p in rounds[0]}
        beside = [
            (form, unit)
            for form in FORMS
            for unit in UNITS
            if unit != NEWCOMER and (form, unit) not in spoilt
        ]
        rounds[0] = [
            *(
                Planted(f"as it is ({form})", self.good(form, unit), [], [])
                for form, unit in beside
            ),
            *rounds[0],
        ]
        yield from rounds.values()

    def _plant(self, name: str, case: Case, units: Sequence[str]) -> Planted | None:
        """Return the case done to the first unit that it can be done to."""
        for unit in units:
            period = self._period_of(case.form)
            periods = (
                period,
                period.moved(-1),
                period.moved(-4 if period.kind is PeriodKind.QUARTER else -1),
                period.moved(1),
            )
            now, before, earlier, after = (
                self._province.report(case.form, unit, p) for p in periods
            )
            of_peer = self._province.report(case.form, PEER, period)
            scene = Scene(now, before, earlier, after, of_peer, self._pack, self._dice)
            spots = case.change(scene)
            if spots is not None:
                return Planted(name, scene.report, spots, scene.arrived)
        return None

    def _score(
        self, planted: list[Planted], scores: dict[str, Score], *, with_history: bool
    ) -> None:
        readings = [reading_of(p.report, self._pack, 100_000 + n) for n, p in enumerate(planted)]
        own = self._everything.check(readings)
        compared = self._compared(planted, readings) if with_history else [()] * len(planted)
        for p, reading, submission, more in zip(planted, readings, own, compared, strict=True):
            told = [f for f in (*submission.findings, *more) if f.severity is not Severity.INFO]
            _count(scores[p.name], p, reading, told, is_kept_out=not submission.verdict.loads)

    def _compared(self, planted: list[Planted], readings: list[Reading]) -> list[Sequence[Finding]]:
        spoilt = {(p.report.form, p.report.unit) for p in planted}
        others = [
            (form, unit)
            for form in dict.fromkeys(p.report.form for p in planted)
            for unit in UNITS[:-1]
        ]
        peers = [self.good(form, unit) for form, unit in others if (form, unit) not in spoilt]
        arrived = [report for p in planted for report in p.arrived]
        came = [reading_of(report, self._pack, n) for n, report in enumerate([*peers, *arrived])]
        return [
            s.findings for s in self._history.check([*came, *readings], self._past)[-len(planted) :]
        ]


def _count(
    score: Score, planted: Planted, reading: Reading, told: list[Finding], *, is_kept_out: bool
) -> None:
    places = {_place(reading, planted.report, spot) for spot in planted.spots}
    score.planted += 1
    score.told += (
        places <= {(f.sheet, f.cell) for f in told} if places else any(f.cell is None for f in told)
    )
    score.asked += bool(told)
    score.kept_out += is_kept_out
    score.rules.update({f.rule for f in told})


def _place(reading: Reading, report: Report, spot: Spot) -> tuple[str, str | None]:
    table, line, column = spot
    read = reading.tables[table]
    at = read.lines.index(line) if line in read.lines else list(report.tables[table]).index(line)
    return read.sheet, read.cell(column, read.rows[at])
