"""Metrics for Prometheus, as files that node_exporter's textfile collector reads.

https://github.com/prometheus/node_exporter#textfile-collector
"""

from datetime import datetime
from pathlib import Path

from prometheus_client import CollectorRegistry, Gauge, write_to_textfile

from program.machine.file_access import public_files
from program.records.metrics import RunMetrics, StateMetrics


def write_run_metrics(folder: Path, province: str, run: RunMetrics) -> Path:
    """Write `mtqg-<kind>.prom` into `folder`, and return its path.

    A reader sees the old file or the new one, never a part. Every series has the labels
    `province`, the code of the pack, and `kind`.
    """
    group = _Group({"province": province, "kind": run.kind})
    group.set("run_end_timestamp_seconds", "When the last run ended.", _seconds(run.ended_at))
    if run.completed_at is not None:
        group.set(
            "run_last_success_timestamp_seconds",
            "When a run last ended without an error.",
            _seconds(run.completed_at),
        )
    group.set("run_duration_seconds", "How long the last run took.", run.seconds)
    group.set("run_errors", "System errors of the last run.", run.errors)
    group.set("run_warnings", "Warnings of the last run.", run.warnings)
    for name, count in run.counts.items():
        group.set("run_count", "What the last run counted.", count, what=name)
    for step, seconds in run.step_seconds.items():
        group.set("run_step_duration_seconds", "Duration of a step.", seconds, step=step)
    return group.write(folder / f"mtqg-{run.kind}.prom")


def write_state_metrics(folder: Path, province: str, state: StateMetrics) -> Path:
    """Write `mtqg-state.prom` into `folder`, as `write_run_metrics` does; return its path."""
    group = _Group({"province": province})
    group.set("letters_waiting", "Letters that wait to be sent.", state.letters_waiting)
    group.set("letters_failed", "Letters that were refused for good.", state.letters_failed)
    if state.oldest_waiting_since is not None:
        group.set(
            "letters_oldest_waiting_timestamp_seconds",
            "When the oldest letter that waits was written.",
            _seconds(state.oldest_waiting_since),
        )
    group.set("deliveries_held", "Deliveries that wait for the office.", state.held)
    group.set("warehouse_size_bytes", "Size of the warehouse.", state.storage.warehouse_bytes)
    group.set("disk_free_bytes", "Free space where MTQG_VAR is.", state.storage.disk_free_bytes)
    group.set("disk_size_bytes", "Size of the disk where MTQG_VAR is.", state.storage.disk_bytes)
    return group.write(folder / "mtqg-state.prom")


class _Group:
    """Gauges of one file that share some labels."""

    def __init__(self, labels: dict[str, str]) -> None:
        self._labels = labels
        self._registry = CollectorRegistry()
        self._gauges: dict[str, Gauge] = {}

    def set(self, name: str, help_text: str, value: float, **more: str) -> None:
        """Set the gauge `mtqg_<name>`; `more` are labels that only this gauge has."""
        labels = self._labels | more
        if name not in self._gauges:
            self._gauges[name] = Gauge(
                f"mtqg_{name}", help_text, tuple(labels), registry=self._registry
            )
        self._gauges[name].labels(**labels).set(value)

    def write(self, path: Path) -> Path:
        # The collector runs as another user.
        with public_files():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_to_textfile(str(path), self._registry)
        return path


def _seconds(instant: datetime) -> float:
    return instant.timestamp()
