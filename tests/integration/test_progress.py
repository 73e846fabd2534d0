"""What a person who waits for a run sees of it."""

from pathlib import Path

from flows.night import collecting, steps
from flows.night.progress import Progress, watched_by
from flows.night.run_context import open_run
from flows.night.runtime import step
from program.settings import Settings
from tests.conftest import Fill


def test_a_run_prints_its_step_and_how_many_deliveries_are_done(
    settings: Settings, tmp_path: Path, fill: Fill
) -> None:
    for unit in ("942", "943", "944"):
        (tmp_path / "inbox" / unit).mkdir()
        (tmp_path / "inbox" / unit / "a.xlsx").write_bytes(fill(unit, "2024-Q4"))
    chunks_of_two = settings.model_copy(update={"chunk_deliveries": 2})
    seen: list[Progress] = []
    with watched_by(seen.append), open_run(chunks_of_two, None) as run:
        with step(run, "source inbox"):
            collecting.collect(run, run.sources("inbox")[0])
        for chunk in run.pending():
            steps.load(run, steps.check(run, steps.read(run, chunk)))
    assert seen == [
        Progress("source inbox"),
        Progress("read", 0, 3),
        Progress("read", 1, 3),
        Progress("read", 2, 3),
        Progress("check", 0, 3),
        Progress("load", 0, 3),
        Progress("read", 2, 3),
        Progress("read", 3, 3),
        Progress("check", 2, 3),
        Progress("load", 2, 3),
    ]
    seen.clear()
    with open_run(settings, None) as run, step(run, "unpack"):
        collecting.unpack(run)
    assert seen == []
