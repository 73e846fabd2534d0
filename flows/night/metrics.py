"""The metrics of a run: built from its summary and the ledger, written for Prometheus."""

from datetime import timedelta

from flows.night.artifacts import counts_of
from flows.night.run_context import RunContext
from program.records.metrics import RunMetrics, StateMetrics
from publish.metrics import write_run_metrics, write_state_metrics
from warehouse.lifecycle.holds import held_deliveries
from warehouse.queries.operations import last_completed_at, letter_counts


def write_metrics(run: RunContext) -> None:
    """Write what monitoring learns of a run that has ended into `MTQG_METRICS`.

    Raises OSError if the folder cannot be written to.
    """
    folder = run.settings.metrics_folder
    province = run.pack.program.province
    write_run_metrics(folder, province, run_metrics(run))
    write_state_metrics(folder, province, state_metrics(run))


def run_metrics(run: RunContext) -> RunMetrics:
    """Return the metrics of a run that has ended."""
    now = run.now()
    # An intake that found nothing leaves no run in the ledger.
    has_completed = not run.summary.errors
    completed_at = now if has_completed else last_completed_at(run.warehouse, run.kind)
    return RunMetrics(
        kind=run.kind.value,
        ended_at=now,
        completed_at=completed_at,
        # A clock that was set back must not give a negative duration.
        seconds=max(now - run.began_at, timedelta()).total_seconds(),
        errors=len(run.summary.errors),
        warnings=len(run.summary.warnings),
        counts=counts_of(run.summary_so_far()),
        step_seconds=dict(run.summary.seconds),
    )


def state_metrics(run: RunContext) -> StateMetrics:
    """Return what waits and the space that is left."""
    letters = letter_counts(run.warehouse)
    return StateMetrics(
        letters_waiting=letters.waiting,
        letters_failed=letters.failed,
        oldest_waiting_since=letters.oldest_since,
        held=len(held_deliveries(run.warehouse)),
        storage=run.storage,
    )
