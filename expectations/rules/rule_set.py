"""All rules that a pack's forms are checked by, read from YAML and validated, with their version.

`rule_models.py` declares what a rule is, `rule_files.py` finds the files, `validate.py` checks
what a form's rules name, and `translation.py` has their English words.
"""

from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from expectations.cross_checks.rules import (
    AcrossRule,
    CrossCheckSuite,
    cross_check_errors,
    elements_compared,
    forms_of,
)
from expectations.findings.waivers import waiver_errors
from expectations.rules.pack_values import Known, known_of
from expectations.rules.rule_files import RuleFiles, find_rule_files
from expectations.rules.rule_models import (
    CellRule,
    CellsFile,
    FormFile,
    FormRule,
    HistoryFile,
    ReaderRule,
    ReadingFile,
)
from expectations.rules.texts import RuleText
from expectations.rules.translation import translated
from expectations.rules.validate import rule_errors
from program.errors import ConfigurationError
from program.finding import Severity
from program.pack.load import fingerprint_of
from program.pack.pack import Pack
from program.pack.yaml_file import load_model, repeated

if TYPE_CHECKING:
    from expectations.run.suite import Suite

SUITES = Path(__file__).parents[1] / "suites"
SIZING = (
    "expect_column_values_to_be_between",
    "expect_column_ratio_to_be_between",
    "expect_column_parts_to_not_exceed_whole",
    "expect_column_pair_values_a_to_be_greater_than_b",
)
"""Expectations about how large a figure is.

Those come first that say with most certainty which cell is wrong and by how much.
"""

Language: TypeAlias = Literal["vi", "en"]
"""The language of findings. Districts read Vietnamese; English is for a colleague who does not."""


class RuleSet:
    """All rules that a pack's forms are checked by, worded in one language.

    A form's rules are those of the pack's own `suites/<form>.yaml`, else those of
    `suites/<form>.yaml` here.

    Attributes:
        language: The language of the words.
        known: What rules may take from the pack.
        suites: What `expectations.run.suite` built so far, by form code, form version, frame and
            its columns.
        unruled: The forms without a rule file. They are checked by their layout alone.
        reading: The reader's rules by their id.
        cells: The rules that every form gets from its layout.
        history: The rules against earlier periods and peers.
        across: The rules across submissions.
        compared: The elements that `across` compares, by form.
        sizing: The rank of each rule about a figure's size. Of several at one cell, only the one
            with the lowest rank is reported.
        version: Changes with any rule, layout or release, never with the language.

    Raises:
        ConfigurationError: Names the file, the rule and what is wrong with it.
    """

    def __init__(
        self,
        pack: Pack,
        suites: Path = SUITES,
        lang: Language = "vi",
    ) -> None:
        files = find_rule_files(pack, suites)
        self.language = lang
        self.known = known_of(pack)
        self.suites: dict[tuple[str, str, str, frozenset[str]], Suite] = {}
        self.unruled = files.without_rules

        reading_rules = _reading_rules(files.reading, lang)
        self.reading = {rule.id: rule for rule in reading_rules}
        self.cells = _cell_rules(files.cells, lang)
        self._forms: dict[str, tuple[FormRule, ...]] = {}
        for code, path in files.forms.items():
            self._forms[code] = _form_rules(path, code, pack, self.known, lang)
        self.across = _across_rules(files.across, pack, lang)
        self.compared = elements_compared(self.across, pack)
        self.history = _history_rules(files.history, pack, self.known, lang)
        ids_by_file = self._ids_by_file(files)
        _refuse_doubled(ids_by_file)

        sized_rules: list[CellRule | FormRule] = [*self.cells, *self._rules_of_forms()]
        self.sizing = _size_ranks(sized_rules)
        # A waiver names a rule: it can be validated only when all rules are known.
        _refuse_wrong_corrections(pack, self.words, reading_rules)
        fingerprint = fingerprint_of(files.paths)
        release = metadata.version("mtqg-monitor")
        self.version = f"{release}+{pack.fingerprint}.{fingerprint}"

    @property
    def compared_forms(self) -> frozenset[str]:
        """The forms that cross-checks compare; `compared` has the elements of each."""
        return frozenset(self.compared)

    @property
    def words(self) -> dict[str, RuleText]:
        """Every rule of every kind by its id: the rules of the reader and of cells first."""
        rules: list[RuleText] = [*self.reading.values(), *self.cells, *self._rules_of_forms()]
        rules += [*self.history, *self.across]
        return {rule.id: rule for rule in rules}

    @property
    def confirmable(self) -> frozenset[str]:
        """The critical rules of which a person must say whether the report is meant.

        They compare a report with what was reported before: it may be right as it is.
        """
        return frozenset(rule.id for rule in self.history if rule.severity is Severity.CRITICAL)

    def can_waive(self, rule_id: str) -> bool:
        """Tell whether a finding of a rule can be waived: its cell or file can be read."""
        rule = self.words.get(rule_id)
        if rule is None or rule.severity is Severity.INFO:
            return False
        return rule_id not in _unreadable(self.reading.values())

    def of_form(self, code: str) -> tuple[FormRule, ...]:
        """Return the rules of a form in the order of their file; none where it has no file."""
        return self._forms.get(code, ())

    def _rules_of_forms(self) -> list[FormRule]:
        return [rule for rules in self._forms.values() for rule in rules]

    def _ids_by_file(self, files: RuleFiles) -> dict[Path, list[str]]:
        """Return the ids of the rules in each file, the files that every form uses first."""
        rules: dict[Path, Iterable[RuleText]] = {
            files.reading: self.reading.values(),
            files.cells: self.cells,
        }
        if files.across is not None:
            rules[files.across] = self.across
        if files.history is not None:
            rules[files.history] = self.history
        for code, path in files.forms.items():
            rules[path] = self._forms[code]
        # Lists, not sets: an id that stands twice in one file must stay visible.
        ids: dict[Path, list[str]] = {}
        for path, of_file in rules.items():
            ids[path] = [rule.id for rule in of_file]
        return ids


def _reading_rules(path: Path, lang: Language) -> tuple[ReaderRule, ...]:
    rules = load_model(path, ReadingFile).rules
    ids = [rule.id for rule in rules]
    # A dict by id hides a double. So the check comes before one is made.
    _refuse_doubled({path: ids})
    return translated(rules, path, lang)


def _cell_rules(path: Path, lang: Language) -> tuple[CellRule, ...]:
    rules = load_model(path, CellsFile).rules
    return translated(rules, path, lang)


def _form_rules(
    path: Path,
    code: str,
    pack: Pack,
    known: Known,
    lang: Language,
) -> tuple[FormRule, ...]:
    """Return the rules of a form. Raises ConfigurationError for a name that it does not have."""
    suite = load_model(path, FormFile)
    if suite.form != code:
        raise ConfigurationError(f"{path}: form: expected {code}, found {suite.form}")
    versions = pack.versions_of(code)
    mistakes = rule_errors(suite.rules, versions, known)
    _refuse(f"{path}: {mistake}" for mistake in mistakes)
    return translated(suite.rules, path, lang)


def _across_rules(
    path: Path | None,
    pack: Pack,
    lang: Language,
) -> tuple[AcrossRule, ...]:
    """Return the rules across submissions whose forms the pack has.

    Raises ConfigurationError for a name that a form does not have.
    """
    if path is None:
        return ()
    codes = {form.code for form in pack.forms}
    suite = load_model(path, CrossCheckSuite)
    rules: list[AcrossRule] = []
    mistakes: list[str] = []
    for rule in translated(suite.rules, path, lang):
        # Not every pack has all forms that the shared suite compares.
        if not codes.issuperset(forms_of(rule)):
            continue
        rules.append(rule)
        place = f"{path}: {rule.id}"
        mistakes += [f"{place}: {mistake}" for mistake in cross_check_errors(rule, pack)]
    _refuse(mistakes)
    return tuple(rules)


def _history_rules(
    path: Path | None,
    pack: Pack,
    known: Known,
    lang: Language,
) -> tuple[FormRule, ...]:
    """Return the rules against earlier periods and peers.

    Raises ConfigurationError for a name that no frame of history has.
    """
    if path is None:
        return ()
    rules = load_model(path, HistoryFile).rules
    mistakes = rule_errors(rules, pack.forms, known)
    _refuse(f"{path}: {mistake}" for mistake in mistakes)
    return translated(rules, path, lang)


def _size_ranks(rules: Iterable[CellRule | FormRule]) -> dict[str, int]:
    return {rule.id: SIZING.index(rule.expect) for rule in rules if rule.expect in SIZING}


def _refuse_doubled(ids: Mapping[Path, list[str]]) -> None:
    """Raise ConfigurationError for a rule id that stands twice."""
    doubled = repeated(rule_id for of_file in ids.values() for rule_id in of_file)
    for rule_id in doubled:
        places: list[Path] = []
        for path, of_file in ids.items():
            places += [path] * of_file.count(rule_id)
        raise ConfigurationError(
            f"{places[-1]}: {rule_id}: the rule id stands twice, the other time in {places[0]}"
        )


def _refuse_wrong_corrections(
    pack: Pack,
    rules: Mapping[str, RuleText],
    reading: Iterable[RuleText],
) -> None:
    severities = {rule_id: rule.severity for rule_id, rule in rules.items()}
    _refuse(waiver_errors(pack, severities, _unreadable(reading)))


def _unreadable(reading: Iterable[RuleText]) -> list[str]:
    """Return the rules that leave a cell, or the whole file, without a value."""
    return [rule.id for rule in reading if rule.severity is Severity.CRITICAL]


def _refuse(mistakes: Iterable[str]) -> None:
    """Raise ConfigurationError with a line for each mistake, if there is one."""
    lines = list(mistakes)
    if lines:
        raise ConfigurationError("\n".join(lines))
