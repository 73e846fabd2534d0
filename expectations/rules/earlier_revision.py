"""Suites of an earlier revision, read by today's code.

Rules that no longer fit are left out, and named.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from expectations.cross_checks.rules import AcrossRule, cross_check_errors
from expectations.rules.pack_values import known_of
from expectations.rules.rule_files import ACROSS, HISTORY
from expectations.rules.rule_models import CellRule, FormRule
from expectations.rules.rule_set import RuleSet
from expectations.rules.texts import RuleText
from expectations.rules.validate import frame_columns, frame_names, rule_errors
from expectations.run.suite import Expected, expectations_of
from program.errors import ConfigurationError
from program.forms.form import Form
from program.pack.pack import Pack
from program.pack.waiver import WaiverEntry
from program.pack.yaml_file import load_yaml

_KINDS: Mapping[str, Any] = {
    "reading.yaml": RuleText,
    "cells.yaml": CellRule,
    ACROSS: AcrossRule,
    HISTORY: FormRule,
}
"""The kind of the rules in each file that is not of a form."""


def load_rules_of_revision(suites: Path, pack: Pack) -> tuple[RuleSet, Pack, list[str]]:
    """Return the rules of `suites` and `pack` that can still run, the pack, and complaints.

    There is a complaint for each rule that cannot run. The files are rewritten without these
    rules, so they must be copies: comments are lost, a suite of a form that the pack does not have
    is removed, and a correction of a missing rule is left out of the pack.
    """
    # A correction of a rule that is left out would make the rules invalid.
    without_corrections = replace(pack, correction_files={})
    complaints = _leave_out_unfit(suites, without_corrections)
    remaining = RuleSet(without_corrections, suites)
    known = remaining.words
    kept: dict[str, tuple[WaiverEntry, ...]] = {}
    for file, corrections in pack.correction_files.items():
        kept[file] = tuple(each for each in corrections if each.rule in known)
    fitting = replace(pack, correction_files=kept)
    return RuleSet(fitting, suites), fitting, complaints


@dataclass(frozen=True, slots=True)
class _SuiteFile:
    """A file of rules: the kind of its rules, and the form versions that they are for."""

    path: Path
    kind: Any
    versions: tuple[Form, ...]


def _leave_out_unfit(suites: Path, pack: Pack) -> list[str]:
    """Remove what no longer fits from the files; return a complaint for each rule."""
    own = pack.folder / "suites"
    codes = {form.code for form in pack.forms}
    for path in own.glob("*.yaml"):
        is_of_form = path.stem in codes
        if not is_of_form and path.name not in _KINDS:
            path.unlink()
    files = _suite_files((suites, own), pack)
    complaints: list[str] = []
    for file in files:
        mistake_of = _mistakes_of(file, pack)
        complaints += _leave_out(file.path, mistake_of)
    # Great Expectations can refuse only what is otherwise right.
    remaining = RuleSet(pack, suites)
    refused = dict(_refused(pack, remaining))
    if refused:
        for file in files:
            complaints += _leave_out(file.path, lambda entry: refused.get(entry["id"]))
    return complaints


def _suite_files(folders: tuple[Path, ...], pack: Pack) -> list[_SuiteFile]:
    versions: dict[str, tuple[Form, ...]] = {HISTORY: pack.forms}
    for form in pack.forms:
        file = f"{form.code}.yaml"
        earlier = versions.get(file, ())
        versions[file] = (*earlier, form)
    paths: list[Path] = []
    for folder in folders:
        paths += folder.glob("*.yaml")
    files: list[_SuiteFile] = []
    for path in sorted(paths):
        name = path.name
        if name in _KINDS or name in versions:
            kind = _KINDS.get(name, FormRule)
            files.append(_SuiteFile(path, kind, versions.get(name, ())))
    return files


def _leave_out(path: Path, mistake: Callable[[Any], str | None]) -> list[str]:
    """Keep the entries of a suite without a mistake; return a line for each of the others."""
    content = load_yaml(path)
    kept: list[Any] = []
    complaints: list[str] = []
    for entry in content["rules"]:
        complaint = mistake(entry)
        if complaint:
            complaints.append(f"{entry.get('id')}: {complaint}")
        else:
            kept.append(entry)
    if complaints:
        text = yaml.safe_dump({**content, "rules": kept}, allow_unicode=True, sort_keys=False)
        path.write_text(text, encoding="utf-8")
    return complaints


def _mistakes_of(file: _SuiteFile, pack: Pack) -> Callable[[Any], str | None]:
    """Return a function that finds the first mistake of an entry of `file`; None: it has none."""
    adapter = TypeAdapter(file.kind)
    known = known_of(pack)

    def mistake(entry: Any) -> str | None:
        try:
            rule = adapter.validate_python(entry)
        except ValidationError as wrong:
            first = wrong.errors()[0]
            location = ".".join(str(part) for part in first["loc"])
            return f"{location}: {first['msg']}"
        mistakes: list[str] = []
        if file.kind is FormRule:
            mistakes += rule_errors([rule], file.versions, known)
        elif file.kind is AcrossRule:
            mistakes += cross_check_errors(rule, pack)
        if not mistakes:
            return None
        # The complaint names the rule already.
        return mistakes[0].removeprefix(f"{rule.id}: ")

    return mistake


def _refused(pack: Pack, rules: RuleSet) -> Iterator[tuple[str, str]]:
    """Yield each rule that Great Expectations refuses, with its complaint.

    Such as one by an expectation that no longer exists.
    """
    for expected in _all_expected(pack, rules):
        try:
            expected.expectation()
        except ConfigurationError as wrong:
            rule = expected.words.id
            yield rule, str(wrong).removeprefix(f"rule {rule}: ")


def _all_expected(pack: Pack, rules: RuleSet) -> Iterator[Expected]:
    for form in pack.forms:
        for name in frame_names(form):
            yield from expectations_of(
                form,
                name,
                set(frame_columns(form, name)),
                rules,
            )
