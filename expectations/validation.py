"""Running Great Expectations: one checkpoint a frame, failing rows as values, Data Docs of all that was run."""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from great_expectations import Checkpoint, ExpectationSuite, ValidationDefinition, get_context
from great_expectations.core import ExpectationSuiteValidationResult
from great_expectations.core.batch_definition import BatchDefinition
from great_expectations.core.run_identifier import RunIdentifier
from great_expectations.data_context.types.base import DataContextConfig, InMemoryStoreBackendDefaults

from expectations.frames import INDEX
from expectations.suite import Expected
from program.errors import MtqgError

Failure = tuple[Expected, int, int]
"""An expectation, and the submission number and row that failed it."""

_DOCS = "data_docs"


class Validation:
    """An ephemeral Great Expectations context that remembers what it ran until its Data Docs are written."""

    def __init__(self, name: str, run_name: str) -> None:
        self._run = RunIdentifier(run_name=run_name)
        logging.getLogger("great_expectations").setLevel(logging.WARNING)
        # Without this, each context leaves a temporary folder behind (1.24.1).
        stores = InMemoryStoreBackendDefaults(init_temp_docs_sites=False)
        self._context = get_context(mode="ephemeral", project_config=DataContextConfig(store_backend_defaults=stores))
        self._context.variables.progress_bars = {"globally": False}  # type: ignore[assignment]
        self._source = self._context.data_sources.add_pandas(name)
        self._batches: dict[str, BatchDefinition[Any]] = {}
        self._checkpoints: dict[str, tuple[Sequence[Expected], Checkpoint]] = {}

    def failures(self, name: str, frame: pd.DataFrame, expected: Sequence[Expected]) -> list[Failure]:
        """Return each row of `frame` that fails one of `expected`; the rules of a single cell come first.

        Raises MtqgError where a rule could not be run: that must never look like a rule that passed.
        """
        checkpoint = self._checkpoint(name, expected)
        result = checkpoint.run(batch_parameters={"dataframe": frame}, run_id=self._run)
        found = [failure for run in result.run_results.values() for failure in _failures(run, expected)]
        return sorted(found, key=lambda failure: not failure[0].is_of_cell)

    def _checkpoint(self, name: str, expected: Sequence[Expected]) -> Checkpoint:
        """Return the checkpoint that runs `expected`: making one costs as much as a run on a small batch."""
        if name not in self._checkpoints or self._checkpoints[name][0] != expected:
            suite = ExpectationSuite(name, expectations=[e.expectation(number) for number, e in enumerate(expected)])
            definition = ValidationDefinition(name=name, data=self._batch(name), suite=self._context.suites.add_or_update(suite))
            checkpoint = Checkpoint(
                name=name,
                validation_definitions=[self._context.validation_definitions.add_or_update(definition)],
                result_format={"result_format": "COMPLETE", "unexpected_index_column_names": list(INDEX)},
            )
            self._checkpoints[name] = expected, self._context.checkpoints.add_or_update(checkpoint)
        return self._checkpoints[name][1]

    def publish_docs(self, folder: Path) -> Path:
        """Write Data Docs of all that was run so far into `folder`; return their first page."""
        backend = {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)}
        self._context.add_data_docs_site(
            _DOCS,
            # show_how_to_buttons is documented, but missing in the type (1.24.1).
            {  # type: ignore[typeddict-unknown-key]
                "class_name": "SiteBuilder",
                "show_how_to_buttons": False,
                "store_backend": backend,
                "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
            },
        )
        self._context.build_data_docs()
        self._context.delete_data_docs_site(_DOCS)
        return folder / "index.html"

    def _batch(self, name: str) -> BatchDefinition[Any]:
        if name not in self._batches:
            self._batches[name] = self._source.add_dataframe_asset(name).add_batch_definition_whole_dataframe("all")
        return self._batches[name]


def _failures(run: ExpectationSuiteValidationResult, expected: Sequence[Expected]) -> Iterator[Failure]:
    for outcome in run.results:
        meta: dict[str, Any] = getattr(outcome.expectation_config, "meta", None) or {}
        rule = expected[meta["number"]]
        places: list[dict[str, Any]] | None = outcome.result.get("unexpected_index_list")
        if not outcome.success and places is None:
            raise MtqgError(f"rule {rule.words.id} ({rule.expect}) could not be run: {outcome.exception_info}")
        for place in places or ():
            yield rule, int(place["submission_id"]), int(place["row"])
