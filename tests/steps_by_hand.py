"""The steps of a run that take reports in, without Prefect: for tests of what a run leaves."""

from flows.night import collecting, steps
from flows.night.run_context import RunContext


def collect(run: RunContext) -> None:
    """Collect from all sources, and extract the zips."""
    for source in run.sources(None):
        collecting.collect(run, source)
    collecting.unpack(run)


def load(run: RunContext) -> None:
    """Read, check and load what waits."""
    for chunk in run.pending():
        steps.load(run, steps.check(run, steps.read(run, chunk)))
