"""The rows of figures that are kept: after a run they are what the marts say in whole, and only the part that changed was asked."""

import os
import shutil
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from flows.night.run_context import RunContext, open_run
from program.records.audit import Signature
from program.settings import Settings
from publish import figure_rows as kept_figures
from publish.figure_rows import FigureRows, figure_rows
from tests.conftest import GOOD_LEVELS, SAMPLES, Fill
from tests.steps_by_hand import collect, load
from warehouse.lifecycle.withdraw import withdraw
from warehouse.queries.report_states import Reporter, rows_that_follow

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("reads_here")]
DAY = date(2025, 10, 20)
FIRST = ("949-thanh-tri", "31561-dai-hai", "31567-my-tu")
OTHER_WOMEN = {
    **GOOD_LEVELS,
    "district": {**GOOD_LEVELS["district"], "women": 52},
    "total": {**GOOD_LEVELS["total"], "women": 62},
}
BAD_WOMEN = {**GOOD_LEVELS, "total": {**GOOD_LEVELS["total"], "women": 999}}
Send = Callable[[str, str, bytes], None]


@pytest.fixture
def send(settings: Settings) -> Send:
    def send(unit: str, name: str, content: bytes) -> None:
        folder = Path(settings.inbox_url) / unit
        folder.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
        os.utime(folder / name, (1_760_000_000, 1_760_000_000))

    return send


@pytest.fixture
def sample(settings: Settings) -> Callable[[str], None]:
    """Send files of the sample, of a unit or a single one: sample("942-chau-thanh")."""

    def sample(pattern: str) -> None:
        for path in sorted(SAMPLES.glob(pattern)):
            target = Path(settings.inbox_url) / path.relative_to(SAMPLES)
            copy = shutil.copytree if path.is_dir() else shutil.copy2
            target.parent.mkdir(exist_ok=True)
            copy(path, target)

    return sample


def night(settings: Settings) -> RunContext:
    run = open_run(settings, DAY)
    collect(run)
    load(run)
    assert run.finish()["errors"] == []
    return run


def kept_and_asked(run: RunContext) -> tuple[FigureRows, FigureRows]:
    """Return the rows with those of the last run, and all rows asked from the marts."""
    kept = figure_rows(run.warehouse, run.pack, DAY, run.settings.var / "site-rows")
    return kept, figure_rows(run.warehouse, run.pack, DAY)


def assert_equal(run: RunContext) -> FigureRows:
    kept, asked = kept_and_asked(run)
    for field in fields(FigureRows):
        assert list(getattr(kept, field.name)) == list(getattr(asked, field.name)), field.name
    return kept


def test_each_run_s_rows_are_those_of_the_marts_in_whole(
    settings: Settings,
    send: Send,
    sample: Callable[[str], None],
    fill: Fill,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # In a warehouse as small as this one, a single report would be reason enough to ask for all.
    monkeypatch.setattr(kept_figures, "_LARGEST_PART", 1)
    whole: list[str] = []
    ask = kept_figures._asked
    for folder in FIRST:
        sample(folder)
    first = assert_equal(night(settings))
    assert first.figures
    assert first.sums
    assert first.money
    assert first.plans

    def counted(*given: object) -> FigureRows:
        whole.append("asked")
        return ask(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(kept_figures, "_asked", counted)

    def changed_by_night(before: FigureRows) -> FigureRows:
        run = night(settings)
        run.warehouse.dispose()
        whole.clear()
        after = assert_equal(run)
        # Once for the comparison, and never for the rows that are kept.
        assert whole == ["asked"]
        assert after != before
        return after

    sample("943-*/*giải ngân 2024-Q4.xlsx")
    money = changed_by_night(first)
    sample("31591-*/*tập huấn 2025-Q3.xlsx")
    commune = changed_by_night(money)
    send("949", "sửa.xlsx", fill("949", "2024-Q4", levels=OTHER_WOMEN))
    corrected = changed_by_night(commune)
    run = night(settings)
    withdraw(run.warehouse, 1, Signature("", datetime.now(UTC), "gửi nhầm"))
    assert assert_equal(run) != corrected
    withdrawn = assert_equal(run)
    send("949", "sai.xlsx", fill("949", "2024-Q4", levels=BAD_WOMEN))
    assert assert_equal(night(settings)) == withdrawn


def test_a_report_touches_its_unit_and_the_units_that_it_is_summed_up_to(
    settings: Settings,
) -> None:
    run = night(settings)
    part = rows_that_follow(run.warehouse, [Reporter("training", "31561")])
    assert part.forms == {"training"}
    assert "TRN-PARTICIPANTS" in part.indicators
    assert "DIS-DISBURSED" not in part.indicators
    # The old district on whose land the commune lies, and the province.
    assert part.units == {"31561", "943", "94"}
