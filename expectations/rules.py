"""Rules as data: the YAML of `suites/`, validated, and the version of the whole rule set."""

from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from program.configuration import Model, load_model
from program.errors import ConfigurationError
from program.finding import Severity
from program.form import Form
from program.pack import Pack, fingerprint_of

SUITES = Path(__file__).parent / "suites"


class Words(Model):
    """What a rule is called, how severe it is, and what a district reads. `cases` adds a sentence to `message`."""

    id: str = Field(pattern=r"^[A-Z]{2,8}-\d{2,3}$")
    severity: Severity
    message: str
    expected: str
    fix: str
    cases: dict[str, str] = Field(default_factory=dict)


class CellRule(Words):
    """A rule that every form gets from its own layout."""

    derive: Literal[
        "required", "optional", "whole", "whole_vnd", "minimum", "maximum", "vocabulary", "exact", "line_total", "column_total"
    ]
    expect: str


class FormRule(Words):
    """A rule of one form. `table` is one of its tables, or `submission`; `at` is the element a finding points to."""

    table: str
    expect: str
    kwargs: dict[str, Any]
    at: str
    source: str

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the expectation looks at."""
        single = [self.kwargs[key] for key in ("column", "column_A", "column_B") if key in self.kwargs]
        return (*single, *self.kwargs.get("column_list", ()))


class _Reading(Model):
    rules: tuple[Words, ...]


class _Cells(Model):
    rules: tuple[CellRule, ...]


class _Suite(Model):
    form: str
    rules: tuple[FormRule, ...]


class RuleSet:
    """All rules that a pack's forms are checked by. `version` changes with any rule, layout or release."""

    def __init__(self, pack: Pack, suites: Path = SUITES) -> None:
        self.reading = {rule.id: rule for rule in load_model(suites / "reading.yaml", _Reading).rules}
        self.cells = load_model(suites / "cells.yaml", _Cells).rules
        self._forms = {form.code: _form_rules(suites, form) for form in pack.forms}
        files = [suites / "reading.yaml", suites / "cells.yaml", *(suites / f"{code}.yaml" for code in sorted(self._forms))]
        self.version = f"{metadata.version('mtqg-monitor')}+{pack.fingerprint}.{fingerprint_of(files)}"
        _check_ids([*self.reading.values(), *self.cells, *(rule for rules in self._forms.values() for rule in rules)])

    def of_form(self, code: str) -> tuple[FormRule, ...]:
        """Return the rules of a form, in the order of their file."""
        return self._forms[code]


def _form_rules(suites: Path, form: Form) -> tuple[FormRule, ...]:
    path = suites / f"{form.code}.yaml"
    suite = load_model(path, _Suite)
    if suite.form != form.code:
        raise ConfigurationError(f"{path}: form: expected {form.code}, found {suite.form}")
    tables = {"submission", *(t.name for t in form.tables)}
    for rule in suite.rules:
        if rule.table not in tables:
            raise ConfigurationError(f"{path}: {rule.id}: table: expected one of {', '.join(sorted(tables))}, found {rule.table}")
    return suite.rules


def _check_ids(rules: list[Any]) -> None:
    ids = [rule.id for rule in rules]
    doubled = sorted({i for i in ids if ids.count(i) > 1})
    if doubled:
        raise ConfigurationError(f"{SUITES}: rule ids used twice: {', '.join(doubled)}")
