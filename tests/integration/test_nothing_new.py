"""What a run with nothing new asks the warehouse: no figure, no fact and no doubt again."""

import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from flows.night import steps
from flows.night.run_context import open_run
from program.settings import Settings
from tests.conftest import SAMPLES
from tests.steps_by_hand import collect, load
from warehouse import catalogue
from warehouse.database import views
from warehouse.states import RunKind

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("reads_here")]
DAY = date(2025, 10, 20)
FIGURES = re.compile(
    r"\b(mart_progress|mart_plans|mart_rollups|mart_disbursement|mart_training|mart_doubts"
    r"|mart_narratives|mart_figures|doubtful_elements|doubtful_facts|facts)\b"
)
"""What grows with the facts of all years, and takes seconds where there are many."""


@pytest.fixture
def sample(settings: Settings) -> Callable[[str], None]:
    def sample(unit: str) -> None:
        shutil.copytree(SAMPLES / unit, Path(settings.inbox_url) / unit)

    return sample


@contextmanager
def questions_of(engine: Engine) -> Iterator[list[str]]:
    """Give the list of all questions that are sent to the warehouse, as it grows."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        # PostgreSQL's ANALYZE takes a sample of each table, however many rows it has.
        if not statement.startswith("ANALYZE"):
            sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


def published_on(settings: Settings, day: date) -> list[str]:
    """Take in what came, export and publish; return what export and publish asked."""
    with open_run(settings, day) as run:
        collect(run)
        load(run)
        with questions_of(run.warehouse) as sent:
            steps.export(run)
            steps.publish(run)
        assert run.finish()["errors"] == []
    return sent


def test_a_day_later_with_nothing_new_no_figure_is_asked_for_again(
    settings: Settings, sample: Callable[[str], None]
) -> None:
    sample("949-thanh-tri")
    first = published_on(settings, DAY)
    assert {found for each in first for found in FIGURES.findall(each)} >= {
        "mart_progress",
        "mart_plans",
        "mart_disbursement",
        "mart_doubts",
        "facts",
    }
    asked = published_on(settings, DAY + timedelta(days=1))
    assert [each for each in asked if FIGURES.search(each)] == []
    # A new report is asked about.
    sample("31561-dai-hai")
    assert any(FIGURES.search(each) for each in published_on(settings, DAY + timedelta(days=2)))
    # Twice the reports, and not one question more.
    again = published_on(settings, DAY + timedelta(days=3))
    assert [each for each in again if FIGURES.search(each)] == []
    assert len(again) <= len(asked)


def test_what_is_printed_from_kept_figures_is_what_is_printed_from_the_warehouse(
    settings: Settings, sample: Callable[[str], None]
) -> None:
    sample("949-thanh-tri")
    published_on(settings, DAY)
    published_on(settings, DAY + timedelta(days=1))
    reports = settings.site / "reports"
    printed = {path: path.read_bytes() for path in reports.rglob("*.*") if path.suffix != ".json"}
    assert {path.parent.name for path in printed} >= {"bieu-cua-tinh", "tong-hop"}
    shutil.rmtree(settings.kept)
    shutil.rmtree(reports)
    published_on(settings, DAY + timedelta(days=1))
    assert {path: path.read_bytes() for path in printed} == printed


def test_statistics_of_the_database_are_renewed_only_after_a_change(
    settings: Settings, sample: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    renewed: list[str] = []

    def note(_connection: object, tables: Iterable[str]) -> None:
        renewed.extend(tables)

    monkeypatch.setattr(catalogue, "renew_statistics", note)
    monkeypatch.setattr(views, "renew_statistics", note)

    def tables_of(day: date) -> set[str]:
        renewed.clear()
        with open_run(settings, day) as run:
            collect(run)
            load(run)
            steps.compare(run)
            assert run.finish()["errors"] == []
        return set(renewed)

    sample("949-thanh-tri")
    assert {"units", "periods", "facts", "submissions"} <= tables_of(DAY)
    assert tables_of(DAY) == set()
    sample("31561-dai-hai")
    assert "facts" in tables_of(DAY)

    # The nightly run loads nothing itself where an intake did.
    sample("946-long-phu")
    with open_run(settings, DAY, RunKind.INTAKE) as intake:
        collect(intake)
        load(intake)
        assert intake.finish()["errors"] == []
    assert "facts" in tables_of(DAY)
