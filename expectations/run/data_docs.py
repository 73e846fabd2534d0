"""Data Docs: pages on all that a run validated by Great Expectations, written at its end.

The pages are our own. Those of Great Expectations (1.24.1) print texts of senders without escapes,
and load scripts and styles from other hosts.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from great_expectations import __version__ as gx_version
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from expectations.custom.rendering import sentence_on
from expectations.run.frames import INDEX
from expectations.run.gx_metrics import RuleResult
from program.vietnamese import format_number

_PAGES = "validations"
_PLACEHOLDER = re.compile(r"\{\w+\}")


@dataclass(frozen=True, slots=True)
class Validated:
    """One batch: the name of its suite, how many submissions it has, and its results."""

    suite: str
    submissions: int
    results: Sequence[RuleResult]


@dataclass(frozen=True, slots=True)
class _Failing:
    """A row that fails a rule, and the values of the rule's columns in it."""

    submission: int
    row: int
    values: str


@dataclass(frozen=True, slots=True)
class _Rule:
    """A rule with its result for a batch. `rows` and `failing` are None for a rule on a table."""

    id: str
    severity: str
    message: str
    sentence: str
    passes: bool
    rows: int | None
    failing: int | None
    examples: Sequence[_Failing]


@dataclass(frozen=True, slots=True)
class _Page:
    """A page on a batch: its file below the folder, and its rules, the failing ones first."""

    name: str
    batch: Validated
    rules: Sequence[_Rule]

    @property
    def failing(self) -> int:
        """How many of the rules fail."""
        return sum(not rule.passes for rule in self.rules)


def write_data_docs(folder: Path, title: str, batches: Sequence[Validated]) -> Path:
    """Write a page for each batch and an index; return the index's path.

    Texts of senders are escaped, and the pages ask no host for anything.
    """
    (folder / _PAGES).mkdir(parents=True, exist_ok=True)
    values = {"title": title, "gx_version": gx_version}
    counted: Counter[str] = Counter()
    pages = []
    for batch in batches:
        # A suite has a batch in each chunk of a run: only a number tells their pages apart.
        counted[batch.suite] += 1
        name = f"{_PAGES}/{batch.suite}-{counted[batch.suite]}.html"
        page = _Page(name, batch, _rules_of(batch))
        pages.append(page)
        text = _template("batch.html.j2").render(page=page, **values)
        (folder / name).write_text(text, encoding="utf-8")
    index = folder / "index.html"
    text = _template("index.html.j2").render(pages=pages, **values)
    index.write_text(text, encoding="utf-8")
    return index


# Cached, because it keeps the compiled templates.
@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = format_number
    return environment


def _template(name: str) -> Template:
    return _environment().get_template(name)


def _rules_of(batch: Validated) -> list[_Rule]:
    rules = [_rule(outcome) for outcome in batch.results]
    return sorted(rules, key=lambda rule: rule.passes)


def _rule(outcome: RuleResult) -> _Rule:
    expectation = outcome.expectation
    result = outcome.result
    meta: Mapping[str, Any] = expectation.meta or {}
    rows = result.get("partial_unexpected_index_list") or ()
    return _Rule(
        id=meta.get("rule", ""),
        severity=str(expectation.severity.value),
        # What a message says of one finding is not known here.
        message=_PLACEHOLDER.sub("…", str(expectation.notes or "")),
        sentence=sentence_on(expectation),
        passes=outcome.success,
        rows=result.get("element_count"),
        failing=result.get("unexpected_count"),
        examples=[_failing(row) for row in rows],
    )


def _failing(row: Mapping[str, Any]) -> _Failing:
    """Return a failing row as the engine names it: the columns of the index, then the rule's."""
    values = []
    for name, value in row.items():
        if name not in INDEX and not pd.isna(value):
            values.append(f"{name} = {_shown(value)}")
    return _Failing(int(row["submission_id"]), int(row["row"]), ", ".join(values))


def _shown(value: object) -> str:
    if isinstance(value, int | float):
        return format_number(value)
    return str(value)
