"""The work of `expectations.checking`: one batch per form and table, findings traced back to submission and cell.

Importing this module imports Great Expectations.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import cache
from pathlib import Path

import pandas as pd

from expectations.across.comparing import Comparer
from expectations.consequences import Told, due_at, without_consequences
from expectations.frames import batch_frames
from expectations.history.comparing import Comparison
from expectations.history.memory import Frames
from expectations.overruling import Overruling
from expectations.partial import part_of
from expectations.places import Place, place_of, text_places
from expectations.rules import RuleSet
from expectations.suite import expectations_of
from expectations.validation import Validation
from expectations.wording import finding_of_problem, finding_of_row
from program.current import CurrentReport
from program.finding import Finding, Severity
from program.form import Form
from program.history import Past
from program.pack import Pack
from program.reading import Reading
from program.submission import Submission, verdict_of

_WORST_FIRST = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.INFO: 2}
_CELL = re.compile(r"^(?P<column>[A-Z]+)(?P<row>\d+)$")

Batch = Sequence[tuple[int, Reading]]
"""Readings of one form version, each with its number."""


class BatchChecker:
    """Checks readings in batches; see `expectations.checking.Checker`, which is how others come to it."""

    def __init__(self, pack: Pack, rules: RuleSet, run_name: str, *, history_periods: int) -> None:
        self._rules = rules
        self._overruling = Overruling(pack.corrections)
        self._validation = Validation(pack.folder.name, run_name)
        self._comparer = Comparer(pack, rules, self._validation)
        self._comparison = Comparison(pack, rules, self._validation, history_periods)

    def check(self, worlds: Sequence[Sequence[Reading]], past: Past | None) -> list[Submission]:
        """Return a submission for each reading, in order; readings of different `worlds` do not see each other."""
        readings = [reading for world in worlds for reading in world]
        findings = {r.number: [finding_of_problem(p, self._rules.reading[p.rule]) for p in r.problems] for r in readings}
        batches = []
        for form, batch in _by_form(readings):
            frames = batch_frames(form, batch)
            for number, finding in self._check_form(form, batch, frames):
                findings[number].append(finding)
            batches.append(self._loading(form, batch, frames, findings))
        if past is not None:
            for number, finding in list(self._comparison.findings(batches, worlds, past, findings)):
                findings[number].append(finding)
        return [_submission(r, self._overruling.apply(findings[r.number], r)) for r in readings]

    def _loading(
        self, form: Form, batch: Batch, frames: Mapping[str, pd.DataFrame], found: Mapping[int, list[Finding]]
    ) -> Frames:
        """Return a batch's frames without the lines that stay out, and which of its submissions load."""
        parts = {n: part_of(r, self._overruling.apply(found[n], r)) for n, r in batch}
        if any(part.lines for part in parts.values()):
            frames = batch_frames(form, [(n, part.reading) for n, part in parts.items()])
        return Frames(form, frames, {n for n, part in parts.items() if verdict_of(part.blocking, lines_out=part.lines).loads})

    def compare(self, *worlds: Iterable[CurrentReport]) -> list[tuple[int, Finding]]:
        """Return what submissions believed now say differently of one thing: each finding with its submission's number.

        Reports of different `worlds` are not compared with each other.
        """
        return self._comparer.compare(*worlds)

    def publish_docs(self, folder: Path) -> Path:
        """Write Data Docs of all that was checked so far into `folder`; return their first page."""
        return self._validation.publish_docs(folder)

    def _check_form(self, form: Form, batch: Batch, frames: Mapping[str, pd.DataFrame]) -> Iterator[tuple[int, Finding]]:
        """Yield the findings of one form's batch, without those that only follow from one that is told already."""
        readings = dict(batch)
        refused = ((n, p.sheet, p.cell) for n, r in batch for p in r.problems if self._refuses(p.rule))
        texts_of = cache(lambda number: text_places(readings[number]))
        told = Told(refused, self._rules.sizing)
        # Tables first, the submission's own frame last: its sums are of cells that the tables' rules have judged.
        for name, frame in frames.items():
            expected = expectations_of(form, name, set(frame.columns), self._rules)
            if frame.empty or not expected:
                continue
            failures = self._validation.failures(f"{form.code}.{form.version}.{name}", frame, expected)
            if not failures:
                continue
            at = {(int(n), int(row)): i for i, (n, row) in enumerate(zip(frame["submission_id"], frame["row"], strict=True))}
            failures = told.in_order(without_consequences(failures, form, name, frame))
            places = sorted({at[number, row] for _, number, row in failures})
            records = dict(zip(places, frame.iloc[places].to_dict("records"), strict=True))
            for rule, number, row in failures:
                place = place_of(form, name, rule.at, row, readings[number])
                about = {column: place_of(form, name, column, row, readings[number]) for column in rule.columns}
                record = records[at[number, row]]
                texts = _cells_among(about, texts_of(number)) if "texts" in rule.words.cases else {}
                # A sum that says which text it passed over says more than one that only says the same figure.
                due = None if texts else due_at(rule, record)
                if place is not None and not told.follows(rule, number, place, about.values(), due):
                    yield number, finding_of_row(rule, record, form, place, texts)

    def _refuses(self, rule: str) -> bool:
        """Tell whether a reading rule leaves its cell without a value; a mere note ("2.208" read as 2208) does not."""
        return rule.startswith("CELL-") and self._rules.reading[rule].severity is Severity.CRITICAL


def _cells_among(about: Mapping[str, Place | None], places: Set[Place]) -> dict[str, str]:
    """Return the cells of those columns that stand at one of `places`."""
    return {column: place[1] for column, place in about.items() if place in places and place and place[1]}


def _by_form(readings: Sequence[Reading]) -> Iterator[tuple[Form, Batch]]:
    groups: dict[tuple[str, str], list[tuple[int, Reading]]] = defaultdict(list)
    forms: dict[tuple[str, str], Form] = {}
    for reading in readings:
        if reading.form is not None:
            key = (reading.form.code, reading.form.version)
            forms[key] = reading.form
            groups[key].append((reading.number, reading))
    for key, batch in groups.items():
        yield forms[key], batch


def _reading_order(finding: Finding, reading: Reading) -> tuple[int, int, int, str, str]:
    """Order findings as a reader of the workbook meets them: the worst first, then by sheet, row and column."""
    sheets = [table.sheet for table in reading.form.tables] if reading.form else []
    sheet = sheets.index(finding.sheet) if finding.sheet in sheets else -1
    match = _CELL.match(finding.cell or "")
    row, column = (int(match["row"]), match["column"].rjust(3)) if match else (0, "")
    return _WORST_FIRST[finding.severity], sheet, row, column, finding.rule


def _submission(reading: Reading, findings: list[Finding]) -> Submission:
    ordered = sorted(findings, key=lambda finding: _reading_order(finding, reading))
    part = part_of(reading, ordered)
    verdict = verdict_of(part.blocking, lines_out=part.lines)
    facts = part.facts() if reading.form else ()
    return Submission(
        delivery=reading.delivery,
        verdict=verdict,
        findings=tuple(ordered),
        form_code=reading.form.code if reading.form else None,
        form_version=reading.form.version if reading.form else None,
        unit_code=reading.unit_code,
        period=reading.period,
        stage=reading.stage,
        facts=facts if verdict.loads else (),
        part=reading.part,
        values_read=len(facts),
    )
