"""The examples of all rules, judged by the real check: all at once, one batch a form, in both languages."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from expectations.across.rules import AcrossRule
from expectations.checking import Checker
from expectations.examples import Example, Examples, line_row, load_examples, readings_of
from expectations.places import SUBMISSION, Place, place_of
from expectations.rule_checks import frame_columns, frame_names
from expectations.rules import FormRule, Language, RuleSet
from expectations.suite import Expected, expectations_of
from expectations.worlds import Example as ExampleOfReports
from expectations.worlds import OtherReports, World, load_other_reports, place_in, with_forms, worlds_of
from program.current import current_reports
from program.finding import Finding
from program.form import Form
from program.history import no_past
from program.pack import Pack
from program.reading import Reading

HISTORY, ACROSS = "history", "across"
_LANGUAGES: tuple[Language, ...] = ("vi", "en")
RuleOfReports: TypeAlias = FormRule | AcrossRule
_Found = Mapping[Language, Mapping[int, tuple[Finding, ...]]]


@dataclass(frozen=True, slots=True)
class Judged:
    """A rule of a form, its good and its bad example, and where and in which words the bad one was found, by language."""

    expected: Expected
    frame: str
    good: Reading
    bad: Reading
    row: int
    place: Place | None
    in_good: tuple[Finding, ...]
    found: Mapping[Language, tuple[Finding, ...]]

    @property
    def here(self) -> Mapping[Language, Finding]:
        """The finding at the place that the rule points to, by language."""
        return _at(self.expected.words.id, self.place, self.found)


@dataclass(frozen=True, slots=True)
class JudgedWorlds:
    """A rule against other reports, its good and its bad world, and what was found in them.

    `in_good` is what was found in the good world, `beside` at the reports that came first in the bad one, and `found` at the
    last one of it, by language.
    """

    rule: RuleOfReports
    example: ExampleOfReports
    good: World
    bad: World
    place: Place
    in_good: tuple[Finding, ...]
    beside: tuple[Finding, ...]
    found: Mapping[Language, tuple[Finding, ...]]

    @property
    def here(self) -> Mapping[Language, Finding]:
        """The finding at the place that the rule points to, by language."""
        return _at(self.rule.id, self.place, self.found)


@dataclass(frozen=True, slots=True)
class Hearing:
    """The rules by language, the judged examples by form, and those of rules against other reports: `history`, `across`."""

    rules: Mapping[Language, RuleSet]
    of_forms: Mapping[str, tuple[Judged, ...]]
    of_reports: Mapping[str, tuple[JudgedWorlds, ...]]

    @property
    def unshown(self) -> list[str]:
        """The rules without an example, and so on no page; those of the reader have theirs in docs/reading.md."""
        shown = {e.expected.words.id for of_form in self.of_forms.values() for e in of_form}
        shown |= {e.rule.id for of_file in self.of_reports.values() for e in of_file}
        return [rule for rule in self.rules["vi"].words if rule not in shown and rule not in self.rules["vi"].reading]

    @property
    def untranslated(self) -> list[str]:
        """The rules that have no English words."""
        said = {lang: rules.words for lang, rules in self.rules.items()}
        return [rule for rule, words in said["vi"].items() if words == said["en"][rule]]


def hear(pack: Pack) -> Hearing:
    """Have every example judged, in the order of their files."""
    examples = {code: load_examples(code) for code in dict.fromkeys(form.code for form in pack.forms)}
    others = {name: load_other_reports(name) for name in (HISTORY, ACROSS)}
    whole = with_forms(pack, others[HISTORY])
    readings, worlds = _read(examples, others, whole)
    rules = {lang: RuleSet(whole, lang=lang) for lang in _LANGUAGES}
    alone = [reading for of_form in readings.values() for reading in of_form.values()]
    pairs = {name: [world for pair in of_file.values() for world in pair] for name, of_file in worlds.items()}
    found = {lang: _findings(Checker(whole, rules[lang], "examples"), alone, **pairs) for lang in _LANGUAGES}
    return Hearing(
        rules,
        {
            code: tuple(_judged(r, e, readings[code], found, rules["vi"]) for r, e in of_form.rules.items())
            for code, of_form in examples.items()
        },
        {
            name: tuple(_judged_worlds(r, e, worlds[name][r], found, rules["vi"]) for r, e in of_file.rules.items())
            for name, of_file in others.items()
        },
    )


def _read(
    examples: Mapping[str, Examples], others: Mapping[str, OtherReports], pack: Pack
) -> tuple[dict[str, dict[str, Reading]], dict[str, dict[str, tuple[World, World]]]]:
    """Return the readings of every form's examples and the worlds of the others, each reading with a number of its own."""
    readings: dict[str, dict[str, Reading]] = {}
    worlds: dict[str, dict[str, tuple[World, World]]] = {}
    first = 0
    for code, of_form in examples.items():
        readings[code] = readings_of(of_form, pack, first)
        first += len(readings[code])
    for name, of_file in others.items():
        worlds[name] = worlds_of(of_file, pack, first)
        first += sum(len(world.readings) for pair in worlds[name].values() for world in pair)
    return readings, worlds


def _findings(
    checker: Checker, alone: Iterable[Reading], history: Iterable[World], across: Iterable[World]
) -> dict[int, tuple[Finding, ...]]:
    """Return what is found in each reading. Only reports of a world of history see each other before they are loaded."""
    compared = [world.readings for world in across]
    apart = [*((reading,) for reading in alone), *(world.readings for world in history)]
    apart += [(reading,) for world in compared for reading in world]
    submissions = {s.delivery.id: s for s in checker.check_apart(apart, no_past())}
    believed = [current_reports({r.number: submissions[r.number] for r in world}) for world in compared]
    found = {number: list(submission.findings) for number, submission in submissions.items()}
    for number, finding in checker.compare(*believed):
        found[number].append(finding)
    return {number: tuple(findings) for number, findings in found.items()}


def _judged(rule: str, example: Example, readings: Mapping[str, Reading], found: _Found, rules: RuleSet) -> Judged:
    form, good, bad = readings[rule].form, readings[""], readings[rule]
    assert form is not None  # noqa: S101  (readings_of gives every reading its form)
    frame, expected = _expected(rule, example, form, rules)
    row = 0 if frame == SUBMISSION else line_row(form.table(frame), bad.tables[frame], example.at)
    place = place_of(form, frame, expected.at, row, bad)
    return Judged(expected, frame, good, bad, row, place, found["vi"][good.number], _of(bad, found))


def _judged_worlds(
    name: str, example: ExampleOfReports, pair: tuple[World, World], found: _Found, rules: RuleSet
) -> JudgedWorlds:
    good, bad = pair
    rule = next(r for r in (*rules.history, *rules.across, *rules.of_form(example.then.form)) if r.id == name)
    place = place_in(example, bad.readings[-1])
    in_good, beside = (
        tuple(finding for reading in readings for finding in found["vi"][reading.number])
        for readings in (good.readings, bad.readings[:-1])
    )
    return JudgedWorlds(rule, example, good, bad, place, in_good, beside, _of(bad.readings[-1], found))


def _of(reading: Reading, found: _Found) -> dict[Language, tuple[Finding, ...]]:
    return {lang: of_language[reading.number] for lang, of_language in found.items()}


def _at(rule: str, place: Place | None, found: Mapping[Language, Iterable[Finding]]) -> dict[Language, Finding]:
    here = {lang: [f for f in each if f.rule == rule and (f.sheet, f.cell) == place] for lang, each in found.items()}
    if not all(here.values()):
        told = ", ".join(f"{f.rule} at {f.cell}" for f in found["vi"]) or "nothing"
        raise LookupError(f"{rule}: its bad example must break it at {place}, but there is {told}")
    return {lang: findings[0] for lang, findings in here.items()}


def _expected(rule: str, example: Example, form: Form, rules: RuleSet) -> tuple[str, Expected]:
    """Return the frame and the expectation of a rule; for one of the layout that of the example's column and line."""
    elements = {example.column, f"{example.column}_{example.at}"} if example.column else None
    for name, expected in _all_expected(form, rules):
        if expected.words.id == rule and (elements is None or expected.at in elements):
            return name, expected
    raise LookupError(f"{form.code}: no expectation for {rule}; has its id or column changed?")


def _all_expected(form: Form, rules: RuleSet) -> Iterator[tuple[str, Expected]]:
    for name in frame_names(form):
        for expected in expectations_of(form, name, set(frame_columns(form, name)), rules):
            yield name, expected
