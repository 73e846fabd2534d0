"""Rules as data: the YAML of `suites/` and of a pack's own `suites/`, validated, and the version of the whole rule set.

What a form's rules may name is in `rule_checks.py`, their English words in `translation.py`.
"""

from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from pydantic import field_validator

from expectations.across.rules import AcrossRule, AcrossSuite, elements_compared, forms_of, wrong_across
from expectations.from_pack import Known, known_of
from expectations.overruling import wrong_corrections
from expectations.rule_checks import wrong_rules
from expectations.texts import Words
from expectations.translation import LANGUAGES, translated
from program.configuration import Model, load_model, repeated
from program.errors import ConfigurationError
from program.finding import Severity
from program.form import Form
from program.pack import Pack, fingerprint_of

if TYPE_CHECKING:
    from expectations.suite import Suite

SUITES = Path(__file__).parent / "suites"
ACROSS = "across.yaml"
"""The rules across submissions; a pack's own file takes the place of the one here. Suites of before had none."""
HISTORY = "history.yaml"
"""Rules that every form gets, against earlier periods and peers; own file and suites of before as with those."""
SIZING = (
    "expect_column_values_to_be_between",
    "expect_column_ratio_to_be_between",
    "expect_column_parts_to_not_exceed_whole",
    "expect_column_pair_values_a_to_be_greater_than_b",
)
"""Expectations about how large a figure is, those first that say most surely which cell is wrong and by how much."""
_COLUMN_KEYS = ("column", "column_A", "column_B")

Language: TypeAlias = Literal["vi", "en"]
"""What findings are worded in. Vietnamese is what districts read; English is for a colleague who does not read it."""


class CellRule(Words):
    """A rule that every form gets from its own layout."""

    derive: Literal[
        "required",
        "optional",
        "whole",
        "whole_vnd",
        "minimum",
        "maximum",
        "vocabulary",
        "exact",
        "capital",
        "line_total",
        "column_total",
    ]
    expect: str


class FormRule(Words):
    """A rule of one form. `table` is one of its tables, or `submission`; `at` is the element a finding points to."""

    table: str
    expect: str
    kwargs: dict[str, Any]
    at: str
    source: str

    @field_validator("kwargs")
    @classmethod
    def _columns_are_names(cls, kwargs: dict[str, Any]) -> dict[str, Any]:
        single = [kwargs[key] for key in _COLUMN_KEYS if key in kwargs]
        several = kwargs.get("column_list", [])
        if not isinstance(several, list) or not all(isinstance(name, str) for name in (*single, *several)):
            raise ValueError("column, column_A and column_B are names of columns, column_list a list of such names")
        return kwargs

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the expectation looks at, those of its `row_condition` included."""
        return (*columns_in(self.kwargs), *_conditioned(self.kwargs.get("row_condition")))


def columns_in(kwargs: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the columns that an expectation with these arguments judges."""
    return (*(kwargs[key] for key in _COLUMN_KEYS if key in kwargs), *kwargs.get("column_list", ()))


def _conditioned(condition: Any) -> Iterator[str]:
    """Yield the columns that a `row_condition` names, at whatever depth of its ands and ors."""
    if isinstance(condition, dict):
        column = condition.get("column")
        if isinstance(column, dict) and isinstance(column.get("name"), str):
            yield column["name"]
        for part in condition.values():
            yield from _conditioned(part)
    elif isinstance(condition, list):
        for part in condition:
            yield from _conditioned(part)


class _Reading(Model):
    rules: tuple[Words, ...]


class _Cells(Model):
    rules: tuple[CellRule, ...]


class _History(Model):
    rules: tuple[FormRule, ...]


class _Suite(Model):
    form: str
    rules: tuple[FormRule, ...]


class RuleSet:
    """All rules that a pack's forms are checked by, worded in one language.

    `version` changes with any rule, layout or release, never with the language. A form's rules are those of the pack's
    own `suites/<form>.yaml`, else those of `suites/<form>.yaml` here; `unruled` are the forms that have neither and are
    checked by their layout alone. `sizing` ranks the rules about a figure's size: of several at one cell the first is told.
    `suites` are those that `expectations.suite` built so far, by form code, form version, frame and its columns.
    Raises ConfigurationError that names file, rule and what is wrong with it.
    """

    def __init__(self, pack: Pack, suites: Path = SUITES, lang: Language = "vi") -> None:
        self.language = lang
        self.known = known_of(pack)
        self.suites: dict[tuple[str, str, str, frozenset[str]], Suite] = {}
        own = pack.folder / "suites"
        codes = sorted({form.code for form in pack.forms})
        _refuse_strays(own, codes)
        shipped = {code: suites / f"{code}.yaml" for code in codes}
        of_pack = {code: own / f"{code}.yaml" for code in codes}
        files = {code: path for code, path in (*shipped.items(), *of_pack.items()) if path.is_file()}
        self.unruled = tuple(code for code in codes if code not in files)
        reading, cells = suites / "reading.yaml", suites / "cells.yaml"
        met = translated(load_model(reading, _Reading).rules, reading, lang)
        self.reading = {rule.id: rule for rule in met}
        self.cells = translated(load_model(cells, _Cells).rules, cells, lang)
        self._forms = {
            code: translated(_form_rules(path, code, pack.forms, self.known), path, lang) for code, path in files.items()
        }
        of_forms = {path: self._forms[code] for code, path in files.items()}
        across, history = (
            next((path for path in (own / name, suites / name) if path.is_file()), None) for name in (ACROSS, HISTORY)
        )
        self.across = _across_rules(across, pack, lang) if across else ()
        self.compared = elements_compared(self.across, pack)
        self.history = _history_rules(history, pack, self.known, lang) if history else ()
        across_file, history_file = across or own / ACROSS, history or own / HISTORY
        everywhere = {reading: met, cells: self.cells, across_file: self.across, history_file: self.history}
        _refuse_doubled(everywhere | of_forms)
        checks: list[CellRule | FormRule] = [*self.cells, *(rule for rules in self._forms.values() for rule in rules)]
        self.sizing = {rule.id: SIZING.index(rule.expect) for rule in checks if rule.expect in SIZING}
        severities = {rule.id: rule.severity for rules in (*everywhere.values(), *of_forms.values()) for rule in rules}
        wrong = [*wrong_corrections(pack, severities, (rule.id for rule in met if rule.severity is Severity.CRITICAL))]
        if wrong:
            raise ConfigurationError("\n".join(wrong))
        fingerprint = fingerprint_of([reading, cells, *(path for path in (across, history) if path), *files.values()])
        self.version = f"{metadata.version('mtqg-monitor')}+{pack.fingerprint}.{fingerprint}"

    @property
    def compared_forms(self) -> frozenset[str]:
        """The forms that rules across submissions look at; `compared` has the elements of each."""
        return frozenset(self.compared)

    @property
    def words(self) -> dict[str, Words]:
        """Every rule by its id, of whatever kind: those of every form first."""
        of_forms = (rule for rules in self._forms.values() for rule in rules)
        return {rule.id: rule for rule in (*self.reading.values(), *self.cells, *of_forms, *self.history, *self.across)}

    def of_form(self, code: str) -> tuple[FormRule, ...]:
        """Return the rules of a form, in the order of their file; none where it is checked by its layout alone."""
        return self._forms.get(code, ())


def _form_rules(path: Path, code: str, forms: tuple[Form, ...], known: Known) -> tuple[FormRule, ...]:
    suite = load_model(path, _Suite)
    if suite.form != code:
        raise ConfigurationError(f"{path}: form: expected {code}, found {suite.form}")
    wrong = wrong_rules(suite.rules, [form for form in forms if form.code == code], known)
    if wrong:
        raise ConfigurationError("\n".join(f"{path}: {line}" for line in wrong))
    return suite.rules


def _across_rules(path: Path, pack: Pack, lang: Language) -> tuple[AcrossRule, ...]:
    """Return the rules across submissions whose forms the pack has. Raises ConfigurationError for what they name in vain."""
    codes = {form.code for form in pack.forms}
    said = translated(load_model(path, AcrossSuite).rules, path, lang)
    rules = tuple(rule for rule in said if codes.issuperset(forms_of(rule)))
    wrong = [f"{path}: {rule.id}: {mistake}" for rule in rules for mistake in wrong_across(rule, pack)]
    if wrong:
        raise ConfigurationError("\n".join(wrong))
    return rules


def _history_rules(path: Path, pack: Pack, known: Known, lang: Language) -> tuple[FormRule, ...]:
    """Return the rules against earlier periods and peers. Raises ConfigurationError for what they name in vain."""
    rules = load_model(path, _History).rules
    wrong = wrong_rules(rules, pack.forms, known)
    if wrong:
        raise ConfigurationError("\n".join(f"{path}: {line}" for line in wrong))
    return translated(rules, path, lang)


def _refuse_strays(own: Path, codes: list[str]) -> None:
    """Raise ConfigurationError for a file in a pack's `suites/` that no form would ever read: a misspelt name, mostly."""
    for path in sorted((*own.glob("*.y*ml"), *own.glob("*/*.y*ml"))):
        is_translation = path.parent.name in LANGUAGES and (own / path.name).is_file()
        if path.name not in {ACROSS, HISTORY, *(f"{code}.yaml" for code in codes)} or (path.parent != own and not is_translation):
            known = ", ".join(f"{code}.yaml" for code in codes)
            raise ConfigurationError(f"{path}: no form reads this file; expected one of {known}, or its translation in en/")


def _refuse_doubled(files: dict[Path, tuple[Words, ...]]) -> None:
    doubled = repeated(rule.id for rules in files.values() for rule in rules)
    for name in doubled:
        places = [str(path) for path, rules in files.items() for rule in rules if rule.id == name]
        raise ConfigurationError(f"{places[-1]}: {name}: the rule id stands twice, the other time in {places[0]}")
