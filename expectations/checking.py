"""Checking a night's readings: one batch per form and table, findings traced back to submission and cell."""

import logging
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from great_expectations import Checkpoint, ExpectationSuite, ValidationDefinition, get_context
from great_expectations.core import ExpectationSuiteValidationResult
from great_expectations.data_context.types.base import DataContextConfig, InMemoryStoreBackendDefaults

from expectations.frames import INDEX, SUBMISSION, batch_frames
from expectations.rules import RuleSet
from expectations.suite import Expected, expectations_of
from expectations.wording import finding_of_problem, finding_of_row
from program.errors import MtqgError
from program.finding import Finding, Severity
from program.form import Form
from program.pack import Pack
from program.reading import Reading, TableReading, facts_of
from program.submission import Submission, verdict_of

_ORDER = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.INFO: 2}
_DOCS = "data_docs"
_CELL = re.compile(r"^(?P<column>[A-Z]+)(?P<row>\d+)$")


class Checker:
    """Checks readings in batches, and can publish what Great Expectations saw as Data Docs.

    One object serves a night: each call of `check` adds its validation results to the same Data Docs.
    """

    def __init__(self, pack: Pack, rules: RuleSet, docs_folder: Path | None = None) -> None:
        self._rules = rules
        self._docs_folder = docs_folder
        logging.getLogger("great_expectations").setLevel(logging.WARNING)
        stores = InMemoryStoreBackendDefaults(init_temp_docs_sites=False)
        self._context = get_context(mode="ephemeral", project_config=DataContextConfig(store_backend_defaults=stores))
        self._context.variables.progress_bars = {"globally": False}  # type: ignore[assignment]
        self._source = self._context.data_sources.add_pandas(pack.folder.name)

    def check(self, readings: Sequence[Reading]) -> list[Submission]:
        """Return a submission for each reading, in order. One bad reading never touches its neighbours."""
        findings: dict[int, list[Finding]] = defaultdict(list)
        for number, reading in enumerate(readings):
            findings[number] += [finding_of_problem(p, self._rules.reading[p.rule]) for p in reading.problems]
        for form, batch in _by_form(readings):
            for number, finding in self._check_form(form, batch):
                findings[number].append(finding)
        return [_submission(reading, findings[number]) for number, reading in enumerate(readings)]

    def publish_docs(self) -> Path | None:
        """Write Data Docs of all that was checked so far; return their first page, None where no folder was given."""
        if self._docs_folder is None:
            return None
        self._context.add_data_docs_site(
            _DOCS,
            {
                "class_name": "SiteBuilder",
                "show_how_to_buttons": False,
                "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(self._docs_folder)},
                "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
            },
        )
        self._context.build_data_docs()
        self._context.delete_data_docs_site(_DOCS)
        return self._docs_folder / "index.html"

    def _check_form(self, form: Form, batch: list[tuple[int, Reading]]) -> Iterator[tuple[int, Finding]]:
        """Yield the findings of one form's batch, without those that only follow from a cell already refused.

        A 2.208 read as 2,208 people would also break every sum it is part of; its sender needs to hear of it once.
        """
        readings = dict(batch)
        refused = {(n, p.sheet, p.cell) for n, r in batch for p in r.problems if p.rule.startswith("CELL-")}
        # Tables first, the submission's own frame last: its sums are of cells that the tables' rules have judged.
        for name, frame in batch_frames(form, batch).items():
            expected = expectations_of(form, name, set(frame.columns), self._rules)
            if frame.empty or not expected:
                continue
            rows = frame.set_index(list(INDEX), drop=False)
            for rule, key in self._failures(f"{form.code}.{form.version}.{name}", frame, expected):
                number, sheet_row = key
                place = _place(form, name, rule.at, sheet_row, readings[number])
                about = {_place(form, name, column, sheet_row, readings[number]) for column in rule.columns}
                if place is None or any(spot is not None and (number, *spot) in refused for spot in about):
                    continue
                if rule.is_of_cell and rule.words.severity is Severity.CRITICAL:
                    refused.add((number, *place))
                row = rows.loc[key].to_dict()
                yield number, finding_of_row(rule.words, rule.expect, rule.kwargs, rule.at, row, form, place, rule.extra)

    def _failures(self, name: str, frame: pd.DataFrame, expected: list[Expected]) -> Iterator[tuple[Expected, tuple[int, int]]]:
        """Run one checkpoint over one frame and yield each failing row with the expectation that it failed."""
        try:
            asset = self._source.get_asset(name)
            batch = asset.get_batch_definition("all")
        except LookupError:
            batch = self._source.add_dataframe_asset(name).add_batch_definition_whole_dataframe("all")
        suite = ExpectationSuite(name, expectations=[e.expectation(n) for n, e in enumerate(expected)])
        definition = ValidationDefinition(name=name, data=batch, suite=self._context.suites.add_or_update(suite))
        checkpoint = Checkpoint(
            name=name,
            validation_definitions=[self._context.validation_definitions.add_or_update(definition)],
            result_format={"result_format": "COMPLETE", "unexpected_index_column_names": list(INDEX)},
        )
        result = self._context.checkpoints.add_or_update(checkpoint).run(batch_parameters={"dataframe": frame})
        failures = [failure for run in result.run_results.values() for failure in _failing_rows(run, expected)]
        # Rules of a single cell first: what they refuse silences the rules that only follow from it.
        yield from sorted(failures, key=lambda failure: not failure[0].is_of_cell)


def _failing_rows(run: ExpectationSuiteValidationResult, expected: list[Expected]) -> Iterator[tuple[Expected, tuple[int, int]]]:
    for outcome in run.results:
        rule = expected[outcome.expectation_config.meta["number"]]
        places: list[dict[str, Any]] | None = outcome.result.get("unexpected_index_list")
        if not outcome.success and places is None:
            # A rule that could not run must never look like a rule that passed or failed.
            raise MtqgError(f"rule {rule.words.id} ({rule.expect}) could not be run: {outcome.exception_info}")
        for place in places or ():
            yield rule, (int(place["submission_id"]), int(place["row"]))


def _place(form: Form, frame_name: str, at: str, row: int, reading: Reading) -> tuple[str | None, str | None] | None:
    """Return sheet and cell of what a rule points at; None where the form's column is not in this workbook."""
    if frame_name != SUBMISSION:
        return _cell(reading.tables[frame_name], at, row)
    for table in form.tables:
        if at in table.elements and table.name in reading.tables:
            column, line = table.elements[at]
            read = reading.tables[table.name]
            numbers = read.frame.loc[read.frame["line"] == line.key, "row"]
            return _cell(read, column.name, int(numbers.iloc[0])) if len(numbers) else None
    return None, None


def _cell(read: TableReading, element: str, row: int) -> tuple[str | None, str | None] | None:
    cell = read.cell(element, row)
    sheet = read.frame.loc[read.frame["row"] == row, "sheet"].iloc[0]
    return (sheet, cell) if cell else None


def _by_form(readings: Sequence[Reading]) -> Iterator[tuple[Form, list[tuple[int, Reading]]]]:
    groups: dict[tuple[str, str], list[tuple[int, Reading]]] = defaultdict(list)
    for number, reading in enumerate(readings):
        if reading.form is not None:
            groups[reading.form.code, reading.form.version].append((number, reading))
    for batch in groups.values():
        form = batch[0][1].form
        if form is not None:
            yield form, batch


def _reading_order(finding: Finding, reading: Reading) -> tuple[int, int, int, str, str]:
    """Order findings as a reader of the workbook meets them: the worst first, then by sheet, row and column."""
    sheets = [table.sheet for table in reading.form.tables] if reading.form else []
    sheet = sheets.index(finding.sheet) if finding.sheet in sheets else -1
    match = _CELL.match(finding.cell or "")
    row, column = (int(match["row"]), match["column"].rjust(3)) if match else (0, "")
    return _ORDER[finding.severity], sheet, row, column, finding.rule


def _submission(reading: Reading, findings: list[Finding]) -> Submission:
    ordered = sorted(findings, key=lambda f: _reading_order(f, reading))
    verdict = verdict_of(ordered)
    return Submission(
        delivery=reading.delivery,
        verdict=verdict,
        findings=tuple(ordered),
        form_code=reading.form.code if reading.form else None,
        form_version=reading.form.version if reading.form else None,
        unit_code=reading.unit_code,
        period=reading.period,
        facts=facts_of(reading) if verdict.loads else (),
    )
