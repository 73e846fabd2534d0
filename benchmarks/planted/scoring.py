"""Every case planted in an invented province, and the score of what the rules report."""

import itertools
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from benchmarks.in_memory import Report, past_of_readings, reading_of
from benchmarks.planted.cases import ANYWHERE, MAIN, Case, Scene, Spot
from benchmarks.planted.controller import SEEN_ALONE, SEEN_OVER_TIME
from benchmarks.planted.good import GOOD
from benchmarks.planted.over_time import OVER_TIME
from benchmarks.planted.within import WITHIN
from benchmarks.province import Province
from expectations.checking import Checker
from program.calendar.period import Period, PeriodKind
from program.finding import Finding, Severity
from program.pack.pack import Pack
from program.parsed_report import ParsedReport

UNITS = tuple(str(code) for code in range(941, 952))
NEWCOMER = UNITS[-1]
"""The unit that never reported before."""
PEER = UNITS[0]
"""The unit whose reports are always good. Cases copy them."""
FORMS = tuple(MAIN)
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_AT_ONCE = 4
"""Cases of a form in a round."""


@dataclass(frozen=True)
class Planted:
    """A report with a planted case.

    `spots` is where a rule must report it, `arrived` what the same run took in before it.
    """

    name: str
    report: Report
    spots: list[Spot]
    arrived: list[Report]


@dataclass
class Score:
    """Counts of a case."""

    planted: int = 0
    reported: int = 0
    """Reported at its cells."""
    asked: int = 0
    """Reported at all."""
    kept_out: int = 0
    """Refused."""
    rules: Counter[str] = field(default_factory=Counter)
    """How often each rule was broken."""


class Trial:
    """An invented province with its past.

    `everything` has all rules and no past, `history` only the rules on other reports. Together they
    do what a run does. So the other rules run only on the planted reports, not on all reports
    around them.
    """

    def __init__(self, pack: Pack, everything: Checker, history: Checker, seed: int) -> None:
        self._pack = pack
        self._everything = everything
        self._history = history
        self._dice = random.Random(f"planted-{seed}")
        self._province = Province(pack, seed, UNITS)
        first = Period(2023, PeriodKind.QUARTER, 1)
        quarters_before = self._dice.randint(5, 7)
        self.period = first.moved(quarters_before)
        quarters = [first.moved(number) for number in range(quarters_before)]
        known = [reading_of(report, pack, n) for n, report in enumerate(self._reports(quarters))]
        self._past = past_of_readings(known)

    def _reports(self, quarters: Sequence[Period]) -> Iterator[Report]:
        """Yield the reports of some quarters, and the outcomes of the two years before this one."""
        quarterly = [form for form in FORMS if form != "outcomes"]
        reported = list(itertools.product(quarters, quarterly))
        for back in (2, 1):
            year = Period(self.period.year - back, PeriodKind.YEAR, 1)
            reported.append((year, "outcomes"))
        for period, form in reported:
            for unit in UNITS:
                if unit != NEWCOMER:
                    yield self._province.report(form, unit, period)

    def run(self, scores: dict[str, Score]) -> None:
        """Plant and score each case once, and score the good reports around the first cases."""
        self._score(self._alone(), scores, with_history=False)
        for planted in self._rounds():
            self._score(planted, scores, with_history=True)

    def good(self, form: str, unit: str) -> Report:
        """Return the good report of a unit for this period (for this year, if of outcomes)."""
        return self._province.report(form, unit, self._period_of(form))

    def _period_of(self, form: str) -> Period:
        return Period(self.period.year, PeriodKind.YEAR, 1) if form == "outcomes" else self.period

    def _alone(self) -> list[Planted]:
        """Return the cases that show in one report alone."""
        tried = [
            self._plant(name, case, self._shuffled())
            for name, case in (WITHIN | SEEN_ALONE).items()
        ]
        return [planted for planted in tried if planted is not None]

    def _shuffled(self) -> list[str]:
        return self._dice.sample(UNITS[1:-1], len(UNITS) - 2)

    def _rounds(self) -> Iterator[list[Planted]]:
        """Yield the other cases, round by round.

        A round has four cases of each form, each in another unit, so that most reports around
        them are good. The first round has these good reports too, to be scored as they are.
        """
        rounds: dict[int, list[Planted]] = defaultdict(list)
        for form in FORMS:
            cases = [
                (name, case)
                for name, case in (OVER_TIME | SEEN_OVER_TIME | GOOD).items()
                if case.form == form
            ]
            for number, planted in self._of_known_units(cases):
                rounds[number].append(planted)
            for number, planted in enumerate(self._of_newcomer(cases)):
                rounds[number].append(planted)
        rounds[0] = [*self._as_they_are(rounds[0]), *rounds[0]]
        yield from rounds.values()

    def _of_known_units(self, cases: Sequence[tuple[str, Case]]) -> Iterator[tuple[int, Planted]]:
        """Yield the cases of units with a past, with their rounds."""
        units: list[str] = []
        with_past = [(name, case) for name, case in cases if not case.is_first]
        for number, (name, case) in enumerate(with_past):
            turn, place = divmod(number, _AT_ONCE)
            if place == 0:
                units = self._shuffled()
            # The cases of a round share out the units.
            planted = self._plant(name, case, units[place::_AT_ONCE])
            if planted is not None:
                yield turn, planted

    def _of_newcomer(self, cases: Sequence[tuple[str, Case]]) -> Iterator[Planted]:
        """Yield the cases of the unit without a past: it has one report in a round."""
        for name, case in cases:
            if case.is_first:
                planted = self._plant(name, case, [NEWCOMER])
                if planted is not None:
                    yield planted

    def _as_they_are(self, round_: Sequence[Planted]) -> Iterator[Planted]:
        """Yield the good reports around the cases of a round."""
        changed = {(planted.report.form, planted.report.unit) for planted in round_}
        for form, unit in itertools.product(FORMS, UNITS):
            if unit != NEWCOMER and (form, unit) not in changed:
                yield Planted(f"as it is ({form})", self.good(form, unit), [], [])

    def _plant(self, name: str, case: Case, units: Sequence[str]) -> Planted | None:
        """Plant a case in the first unit whose report it can change; None if there is none."""
        for unit in units:
            period = self._period_of(case.form)
            a_year = 4 if period.kind is PeriodKind.QUARTER else 1
            scene = Scene(
                report=self._province.report(case.form, unit, period),
                before=self._province.report(case.form, unit, period.moved(-1)),
                earlier=self._province.report(case.form, unit, period.moved(-a_year)),
                after=self._province.report(case.form, unit, period.moved(1)),
                peer=self._province.report(case.form, PEER, period),
                pack=self._pack,
                dice=self._dice,
            )
            spots = case.change(scene)
            if spots is not None:
                return Planted(name, scene.report, spots, scene.arrived)
        return None

    def _score(
        self, planted: list[Planted], scores: dict[str, Score], *, with_history: bool
    ) -> None:
        """Check some reports and count the findings of each for its case."""
        # Their numbers are far above those of all other reports.
        readings = [reading_of(p.report, self._pack, 100_000 + n) for n, p in enumerate(planted)]
        submissions = self._everything.check(readings)
        of_history: list[Sequence[Finding]] = [()] * len(planted)
        if with_history:
            of_history = self._compared(planted, readings)
        for number, submission in enumerate(submissions):
            findings = [*submission.findings, *of_history[number]]
            reported = [each for each in findings if each.severity is not Severity.INFO]
            case, is_kept_out = planted[number], not submission.verdict.loads
            _count(scores[case.name], case, readings[number], reported, is_kept_out=is_kept_out)

    def _compared(
        self, planted: list[Planted], readings: list[ParsedReport]
    ) -> list[Sequence[Finding]]:
        """Return what the rules on other reports find in each planted report."""
        changed = {(case.report.form, case.report.unit) for case in planted}
        forms = dict.fromkeys(case.report.form for case in planted)
        peers: list[Report] = []
        for form, unit in itertools.product(forms, UNITS[:-1]):
            if (form, unit) not in changed:
                peers.append(self.good(form, unit))
        arrived = itertools.chain.from_iterable(case.arrived for case in planted)
        others = [reading_of(report, self._pack, n) for n, report in enumerate([*peers, *arrived])]
        submissions = self._history.check([*others, *readings], self._past)
        return [submission.findings for submission in submissions[-len(planted) :]]


def _count(
    score: Score,
    planted: Planted,
    reading: ParsedReport,
    reported: list[Finding],
    *,
    is_kept_out: bool,
) -> None:
    places = {_place(reading, planted.report, spot) for spot in planted.spots}
    score.planted += 1
    if places:
        score.reported += places <= _reported_places(reported)
    else:
        # The case is about the report as a whole: so must be a finding.
        score.reported += any(finding.cell is None for finding in reported)
    score.asked += bool(reported)
    score.kept_out += is_kept_out
    score.rules.update({finding.rule for finding in reported})


def _reported_places(reported: Iterable[Finding]) -> set[tuple[str | None, str | None]]:
    """Return sheets and cells of findings, each also as a row without its column."""
    places: set[tuple[str | None, str | None]] = set()
    for finding in reported:
        # A range is a column of several cells: all of them are reported.
        first, _, last = (finding.cell or "").partition(":")
        column, row = first.rstrip("0123456789"), first.lstrip(_LETTERS)
        rows = range(int(row), int(last.lstrip(_LETTERS)) + 1) if last else (row,)
        for each in rows:
            places |= {(finding.sheet, f"{column}{each}" or None), (finding.sheet, f"{each}")}
    return places


def _place(reading: ParsedReport, report: Report, spot: Spot) -> tuple[str, str | None]:
    """Return sheet and cell of a spot."""
    name, line, column = spot
    table = reading.tables[name]
    # A list as read has no names of its lines, but their order.
    names = table.lines if line in table.lines else list(report.tables[name])
    row = table.rows[names.index(line)]
    return table.sheet, str(row) if column == ANYWHERE else table.cell(column, row)
