"""The examples of all rules, checked as real reports are: all at once, in both languages.

Only the pages of the rules and tests use this.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from expectations.checking import Checker
from expectations.cross_checks.rules import AcrossRule
from expectations.docs.examples import Example, Examples, line_row, load_examples, readings_of
from expectations.docs.scenarios import (
    Scenario,
    ScenarioFile,
    load_scenarios,
    place_in,
    scenarios_of,
    with_forms,
)
from expectations.docs.scenarios import ScenarioExample as ExampleOfReports
from expectations.findings.cells import SUBMISSION, CellRef, cell_of
from expectations.rules.rule_models import FormRule
from expectations.rules.rule_set import Language, RuleSet
from expectations.rules.validate import frame_columns, frame_names
from expectations.run.suite import Expected, expectations_of
from program.finding import Finding
from program.forms.form import Form
from program.pack.pack import Pack
from program.parsed_report import ParsedReport
from program.records.current_report import CurrentReport, current_reports
from program.records.history import no_history
from program.submission import Submission

HISTORY, ACROSS = "history", "across"
_LANGUAGES: tuple[Language, ...] = ("vi", "en")
RuleOfReports: TypeAlias = FormRule | AcrossRule
_ByNumber: TypeAlias = Mapping[int, tuple[Finding, ...]]
_Found: TypeAlias = Mapping[Language, _ByNumber]
"""Findings by language and number of the reading."""
_Scenarios: TypeAlias = Mapping[str, tuple[Scenario, Scenario]]
"""The good scenario and the bad scenario of each rule."""


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """A rule of a form, its good and its bad example, and what was found in them.

    `place` is where the rule points in the bad example. `found` are its findings by language.
    """

    expected: Expected
    frame: str
    good: ParsedReport
    bad: ParsedReport
    row: int
    place: CellRef | None
    in_good: tuple[Finding, ...]
    found: Mapping[Language, tuple[Finding, ...]]

    @property
    def here(self) -> Mapping[Language, Finding]:
        """The finding at `place`, by language. Raises LookupError if there is none."""
        return _finding_at(self.expected.words.id, self.place, self.found)


@dataclass(frozen=True, slots=True)
class ScenarioResults:
    """A rule against other reports, its good and its bad scenario, and what was found in them.

    `in_good` is what was found in the good scenario. `beside` is what was found at the reports that
    came first in the bad one, and `found` what was found at its last one, by language.
    """

    rule: RuleOfReports
    example: ExampleOfReports
    good: Scenario
    bad: Scenario
    place: CellRef
    in_good: tuple[Finding, ...]
    beside: tuple[Finding, ...]
    found: Mapping[Language, tuple[Finding, ...]]

    @property
    def here(self) -> Mapping[Language, Finding]:
        """The finding at `place`, by language. Raises LookupError if there is none."""
        return _finding_at(self.rule.id, self.place, self.found)


@dataclass(frozen=True, slots=True)
class ExampleResults:
    """The rules by language, and the checked examples.

    `of_forms` has them by form. `of_reports` has those of rules against other reports, under
    `history` and `across`.
    """

    rules: Mapping[Language, RuleSet]
    of_forms: Mapping[str, tuple[ExampleResult, ...]]
    of_reports: Mapping[str, tuple[ScenarioResults, ...]]

    @property
    def unshown(self) -> list[str]:
        """The rules without an example. The reader's rules have theirs in docs/reading.md."""
        shown = set(self.rules["vi"].reading)
        for of_form in self.of_forms.values():
            shown.update(example.expected.words.id for example in of_form)
        for of_file in self.of_reports.values():
            shown.update(example.rule.id for example in of_file)
        return [rule for rule in self.rules["vi"].words if rule not in shown]

    @property
    def untranslated(self) -> list[str]:
        """The rules that have no English words."""
        vietnamese, english = self.rules["vi"].words, self.rules["en"].words
        return [rule for rule, words in vietnamese.items() if words == english[rule]]


@dataclass(frozen=True, slots=True)
class _Files:
    """The files of examples: by form, and `history` and `across`."""

    of_forms: Mapping[str, Examples]
    of_reports: Mapping[str, ScenarioFile]


@dataclass(frozen=True, slots=True)
class _Inputs:
    """The parsed reports of all examples. Each has a number of its own.

    `of_forms` has them by form and rule, `scenarios` by file and rule.
    """

    of_forms: Mapping[str, Mapping[str, ParsedReport]]
    scenarios: Mapping[str, _Scenarios]

    def scenarios_in(self, file: str) -> list[Scenario]:
        """Return all scenarios of a file."""
        scenarios: list[Scenario] = []
        for good, bad in self.scenarios[file].values():
            scenarios += [good, bad]
        return scenarios


def check_examples(pack: Pack) -> ExampleResults:
    """Check every example; return the results in the order of their files.

    Raises ConfigurationError if a file of examples is missing or wrong.
    """
    files = _load_files(pack)
    # The scenarios of history may use forms that the pack does not have.
    with_all = with_forms(pack, files.of_reports[HISTORY])
    inputs = _inputs(files, with_all)
    rules = {lang: RuleSet(with_all, lang=lang) for lang in _LANGUAGES}
    found: dict[Language, _ByNumber] = {}
    for lang, rule_set in rules.items():
        checker = Checker(with_all, rule_set, "examples")
        found[lang] = _findings(checker, inputs)
    vietnamese = rules["vi"]
    of_forms: dict[str, tuple[ExampleResult, ...]] = {}
    for code, examples in files.of_forms.items():
        readings = inputs.of_forms[code]
        results: list[ExampleResult] = []
        for rule, example in examples.rules.items():
            result = _result_of_example(rule, example, readings, found, vietnamese)
            results.append(result)
        of_forms[code] = tuple(results)
    of_reports: dict[str, tuple[ScenarioResults, ...]] = {}
    for name, others in files.of_reports.items():
        scenarios = inputs.scenarios[name]
        of_file: list[ScenarioResults] = []
        for rule, example_of_reports in others.rules.items():
            two = scenarios[rule]
            of_file.append(_result_of_scenarios(rule, example_of_reports, two, found, vietnamese))
        of_reports[name] = tuple(of_file)
    return ExampleResults(rules, of_forms, of_reports)


def _load_files(pack: Pack) -> _Files:
    # A form's versions share one file.
    codes = dict.fromkeys(form.code for form in pack.forms)
    return _Files(
        of_forms={code: load_examples(code) for code in codes},
        of_reports={name: load_scenarios(name) for name in (HISTORY, ACROSS)},
    )


def _inputs(files: _Files, pack: Pack) -> _Inputs:
    readings: dict[str, Mapping[str, ParsedReport]] = {}
    scenarios: dict[str, _Scenarios] = {}
    first = 0
    for code, examples in files.of_forms.items():
        of_form = readings_of(examples, pack, first)
        readings[code] = of_form
        first += len(of_form)
    for name, others in files.of_reports.items():
        of_file = scenarios_of(others, pack, first)
        scenarios[name] = of_file
        for good, bad in of_file.values():
            first += len(good.readings)
            first += len(bad.readings)
    return _Inputs(readings, scenarios)


def _findings(checker: Checker, inputs: _Inputs) -> _ByNumber:
    """Return what is found in each reading, by its number.

    Only the reports of a scenario of history see each other before they are loaded. The others have
    nothing to be compared with: to ask for the history of each took most of the time.
    """
    scenarios = [scenario.readings for scenario in inputs.scenarios_in(HISTORY)]
    checked = checker.check(_readings_alone(inputs))
    checked += checker.check_isolated(scenarios, no_history())
    submissions = {submission.delivery.id: submission for submission in checked}
    found: dict[int, list[Finding]] = {}
    for number, submission in submissions.items():
        found[number] = list(submission.findings)
    current: list[Iterable[CurrentReport]] = []
    for scenario in inputs.scenarios_in(ACROSS):
        of_scenario: dict[int, Submission] = {}
        for reading in scenario.readings:
            of_scenario[reading.number] = submissions[reading.number]
        current.append(current_reports(of_scenario))
    for number, finding in checker.compare(*current):
        found[number].append(finding)
    return {number: tuple(findings) for number, findings in found.items()}


def _readings_alone(inputs: _Inputs) -> list[ParsedReport]:
    """Return the readings that are checked for themselves."""
    alone: list[ParsedReport] = []
    for readings in inputs.of_forms.values():
        alone += readings.values()
    # Reports that are cross-checked meet only after each was checked alone.
    for scenario in inputs.scenarios_in(ACROSS):
        alone += scenario.readings
    return alone


def _result_of_example(
    rule: str,
    example: Example,
    readings: Mapping[str, ParsedReport],
    found: _Found,
    rules: RuleSet,
) -> ExampleResult:
    good, bad = readings[""], readings[rule]
    form = bad.form
    assert form is not None  # noqa: S101  (readings_of gives every reading its form)
    frame, expected = _expected(rule, example, form, rules)
    row = 0
    if frame != SUBMISSION:
        row = line_row(form.table(frame), bad.tables[frame], example.at)
    return ExampleResult(
        expected=expected,
        frame=frame,
        good=good,
        bad=bad,
        row=row,
        place=cell_of(form, frame, expected.at, row, bad),
        in_good=found["vi"][good.number],
        found=_of_reading(bad, found),
    )


def _result_of_scenarios(
    name: str,
    example: ExampleOfReports,
    scenarios: tuple[Scenario, Scenario],
    found: _Found,
    rules: RuleSet,
) -> ScenarioResults:
    good, bad = scenarios
    candidates = (*rules.history, *rules.across, *rules.of_form(example.then.form))
    *earlier, last = bad.readings
    return ScenarioResults(
        rule=next(rule for rule in candidates if rule.id == name),
        example=example,
        good=good,
        bad=bad,
        place=place_in(example, last),
        in_good=_all_of(good.readings, found["vi"]),
        beside=_all_of(earlier, found["vi"]),
        found=_of_reading(last, found),
    )


def _all_of(readings: Iterable[ParsedReport], found: _ByNumber) -> tuple[Finding, ...]:
    findings: list[Finding] = []
    for reading in readings:
        findings += found[reading.number]
    return tuple(findings)


def _of_reading(reading: ParsedReport, found: _Found) -> dict[Language, tuple[Finding, ...]]:
    return {lang: by_number[reading.number] for lang, by_number in found.items()}


def _finding_at(
    rule: str,
    place: CellRef | None,
    found: Mapping[Language, Iterable[Finding]],
) -> dict[Language, Finding]:
    here: dict[Language, Finding] = {}
    for lang, findings in found.items():
        for finding in findings:
            cell = (finding.sheet, finding.cell)
            if finding.rule == rule and cell == place:
                here.setdefault(lang, finding)
    if here.keys() == found.keys():
        return here
    # Who writes an example sees from the other findings what it breaks instead.
    others = [f"{finding.rule} at {finding.cell}" for finding in found["vi"]]
    listed = ", ".join(others) or "nothing"
    raise LookupError(f"{rule}: its bad example must break it at {place}, but there is {listed}")


def _expected(
    rule: str,
    example: Example,
    form: Form,
    rules: RuleSet,
) -> tuple[str, Expected]:
    """Return the frame and the expectation of a rule.

    A rule of the layout has many: the example's column and line choose one.
    """
    elements: set[str] = set()
    if example.column:
        # A list has an element for each column, a matrix one for each column and line.
        elements = {example.column, f"{example.column}_{example.at}"}
    for frame, expected in _all_expected(form, rules):
        if expected.words.id != rule:
            continue
        if not elements or expected.at in elements:
            return frame, expected
    raise LookupError(f"{form.code}: no expectation for {rule}; has its id or column changed?")


def _all_expected(form: Form, rules: RuleSet) -> Iterator[tuple[str, Expected]]:
    for name in frame_names(form):
        columns = set(frame_columns(form, name))
        for expected in expectations_of(form, name, columns, rules):
            yield name, expected
