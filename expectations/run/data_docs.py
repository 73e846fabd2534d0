"""Data Docs: the pages of Great Expectations on all that a run validated, written at its end."""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from great_expectations import ExpectationSuite, get_context
from great_expectations import __version__ as gx_version
from great_expectations.core import ExpectationSuiteValidationResult, ExpectationValidationResult
from great_expectations.core.run_identifier import RunIdentifier
from great_expectations.data_context.data_context.ephemeral_data_context import EphemeralDataContext
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
)
from great_expectations.data_context.types.resource_identifiers import (
    ExpectationSuiteIdentifier,
    ValidationResultIdentifier,
)
from great_expectations.validator.validation_statistics import calc_validation_statistics

from expectations.run.gx_metrics import Judged

_SITE = "data_docs"


@dataclass(frozen=True, slots=True)
class Validated:
    """One batch: the name of its suite, its first and last submission, and its results."""

    suite: str
    first: int
    last: int
    judged: Sequence[Judged]


def write_data_docs(folder: Path, title: str, run_name: str, batches: Sequence[Validated]) -> Path:
    """Write a page for each batch, one for each suite and an index; return the index's path."""
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    context = _context()
    run = RunIdentifier(run_name=run_name)
    _add_suites(context, batches)
    _add_results(context, title, run, batches)
    _add_site(context, folder)
    context.build_data_docs()
    return folder / "index.html"


def _add_suites(context: EphemeralDataContext, batches: Sequence[Validated]) -> None:
    suites = {batch.suite: batch for batch in batches}
    for name, batch in suites.items():
        expectations = [judged.expectation.copy() for judged in batch.judged]
        context.suites.add(ExpectationSuite(name, expectations=expectations))


def _add_results(
    context: EphemeralDataContext, title: str, run: RunIdentifier, batches: Sequence[Validated]
) -> None:
    counted: Counter[str] = Counter()
    for batch in batches:
        # A suite has a batch in each chunk of a run: only a number tells their pages apart.
        counted[batch.suite] += 1
        page = f"{title}-{batch.suite}-{counted[batch.suite]}"
        suite = ExpectationSuiteIdentifier(batch.suite)
        key = ValidationResultIdentifier(suite, run, page)
        context.validation_results_store.set(key, _result(batch, run))


def _add_site(context: EphemeralDataContext, folder: Path) -> None:
    backend = {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)}
    context.add_data_docs_site(
        _SITE,
        # show_how_to_buttons is documented, but missing in the type (1.24.1).
        {  # type: ignore[typeddict-unknown-key]
            "class_name": "SiteBuilder",
            "show_how_to_buttons": False,
            "store_backend": backend,
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        },
    )


def _context() -> EphemeralDataContext:
    # Without this, each context leaves a temporary folder behind (1.24.1).
    stores = InMemoryStoreBackendDefaults(init_temp_docs_sites=False)
    config = DataContextConfig(store_backend_defaults=stores)
    context = get_context(mode="ephemeral", project_config=config)
    context.variables.progress_bars = {"globally": False}  # type: ignore[assignment]
    return context


def _result(batch: Validated, run: RunIdentifier) -> ExpectationSuiteValidationResult:
    results = [_expectation_result(judged) for judged in batch.judged]
    numbers = calc_validation_statistics(results)
    return ExpectationSuiteValidationResult(
        results=results,
        success=numbers.success,
        suite_name=batch.suite,
        statistics=numbers._asdict(),
        meta={
            "great_expectations_version": gx_version,
            "run_id": run,
            "validation_time": run.run_time,
            "batch_parameters": {"submission_id": f"{batch.first} – {batch.last}"},
        },
    )


def _expectation_result(judged: Judged) -> ExpectationValidationResult:
    result = dict(judged.result)
    # The page names the rows of the full list; ours has only as many as a page can show.
    if "partial_unexpected_index_list" in result:
        result["unexpected_index_list"] = result["partial_unexpected_index_list"]
    configuration = judged.expectation.configuration
    return ExpectationValidationResult(judged.success, configuration, result)
