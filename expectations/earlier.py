"""Suites of an earlier revision, read by today's code: rules that no longer fit are left out, and named."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from expectations.across.rules import AcrossRule, wrong_across
from expectations.from_pack import known_of
from expectations.rule_checks import frame_columns, frame_names, wrong_rules
from expectations.rules import ACROSS, HISTORY, CellRule, FormRule, RuleSet
from expectations.suite import expectations_of
from expectations.texts import Words
from program.configuration import load_yaml
from program.errors import ConfigurationError
from program.form import Form
from program.pack import Pack

_KINDS: dict[str, Any] = {"reading.yaml": Words, "cells.yaml": CellRule, ACROSS: AcrossRule, HISTORY: FormRule}


def fitting_rules(suites: Path, pack: Pack) -> tuple[RuleSet, Pack, list[str]]:
    """Return the rules of `suites` and `pack` that can still run, the pack, and a complaint for each that cannot.

    Rewrites the files without them: for copies only. Comments are lost, a suite of a form that the pack does not have is
    removed, and a correction of a rule that is gone is left out of the pack.
    """
    bare = replace(pack, correction_files={})
    complaints = _leave_out_unfit(suites, bare)
    known = RuleSet(bare, suites).words
    kept = {file: tuple(c for c in corrections if c.rule in known) for file, corrections in pack.correction_files.items()}
    fitting = replace(pack, correction_files=kept)
    return RuleSet(fitting, suites), fitting, complaints


def _leave_out_unfit(suites: Path, pack: Pack) -> list[str]:
    versions = {code: [form for form in pack.forms if form.code == code] for code in {form.code for form in pack.forms}}
    versions[HISTORY.removesuffix(".yaml")] = list(pack.forms)
    own = pack.folder / "suites"
    for path in own.glob("*.yaml"):
        if path.stem not in versions and path.name not in _KINDS:
            path.unlink()
    files = [
        path for path in sorted((*suites.glob("*.yaml"), *own.glob("*.yaml"))) if path.name in _KINDS or path.stem in versions
    ]
    complaints: list[str] = []
    for path in files:
        mistake = partial(_mistake, kind=_KINDS.get(path.name, FormRule), versions=versions.get(path.stem, []), pack=pack)
        complaints += _leave_out(path, mistake)
    refused = dict(_refused(pack, RuleSet(pack, suites)))
    for path in files if refused else ():
        complaints += _leave_out(path, lambda entry: refused.get(entry["id"]))
    return complaints


def _leave_out(path: Path, mistake: Callable[[Any], str | None]) -> list[str]:
    """Keep the entries of a suite in which there is no mistake; return a line for each of the others."""
    content = load_yaml(path)
    judged = [(entry, mistake(entry)) for entry in content["rules"]]
    wrong = [f"{entry.get('id')}: {complaint}" for entry, complaint in judged if complaint]
    if wrong:
        kept = {**content, "rules": [entry for entry, complaint in judged if not complaint]}
        path.write_text(yaml.safe_dump(kept, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return wrong


def _mistake(entry: Any, kind: Any, versions: list[Form], pack: Pack) -> str | None:
    try:
        rule = TypeAdapter(kind).validate_python(entry)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
    mistakes = wrong_rules([rule], versions, known_of(pack)) if isinstance(rule, FormRule) else []
    mistakes += wrong_across(rule, pack) if kind is AcrossRule else []
    return mistakes[0].removeprefix(f"{rule.id}: ") if mistakes else None


def _refused(pack: Pack, rules: RuleSet) -> Iterator[tuple[str, str]]:
    """Yield the rules that Great Expectations refuses, such as one by an expectation that is no longer there."""
    frames = ((form, name, set(frame_columns(form, name))) for form in pack.forms for name in frame_names(form))
    for expected in chain.from_iterable(expectations_of(form, name, columns, rules) for form, name, columns in frames):
        try:
            expected.expectation()
        except ConfigurationError as wrong:
            yield expected.words.id, str(wrong).removeprefix(f"rule {expected.words.id}: ")
