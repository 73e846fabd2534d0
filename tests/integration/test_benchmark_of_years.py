"""The benchmark of years: its province, and runs that are recorded on a day of the past."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from benchmarks.communes import Communes, due_with, quarters_of
from benchmarks.quarter import run_date
from benchmarks.years import Place, Years, measure_replays, run_then
from program.calendar.period import Period
from program.calendar.stage import Stage
from warehouse.database.engine import open_warehouse
from warehouse.queries.as_of import open_as_of
from warehouse.tables import SubmissionRow

pytestmark = pytest.mark.slow


def reports_on(url: str, day: date | None) -> int:
    engine = open_as_of(url, day) if day else open_warehouse(url)
    with engine.connect() as connection:
        count = connection.scalar(select(func.count()).select_from(SubmissionRow))
    engine.dispose()
    return count or 0


def test_a_commune_sends_the_outcomes_of_a_year_twice() -> None:
    third, fourth = Period.parse("2022-Q3"), Period.parse("2022-Q4")
    assert [due.form for due in due_with(fourth)].count("outcomes") == 1
    stages = [due.stage for due in (*due_with(third), *due_with(fourth)) if due.form == "outcomes"]
    assert stages == [Stage.ESTIMATE, Stage.FINAL]


def test_a_spoilt_report_comes_again_a_quarter_later_and_what_was_known_then_stays(
    tmp_path: Path,
) -> None:
    communes = Communes(tmp_path / "files", 1, again=1.0)
    first, second = quarters_of(1)[:2]
    assert len(communes.arrivals(first)) == 4
    names = [path.name for path in communes.arrivals(second)]
    assert len(names) == 8
    assert sum("lần 2" in name and first.code in name for name in names) == 4

    place = Place(tmp_path / "place", communes.pack_folder)
    for quarter in (first, second):
        place.receive(communes.arrivals(quarter))
        run_then(place.settings, run_date(quarter))
    url = place.settings.warehouse_url
    assert reports_on(url, run_date(first)) == 4
    # One report had nothing to spoil: its second file has the same bytes, so it is a duplicate.
    assert reports_on(url, run_date(second)) == reports_on(url, None) == 11

    run_then(place.settings, run_date(second) + timedelta(days=1))
    result = Years("test")
    measure_replays(place, result)
    replayed = {name.strip(): row.split("(")[1] for name, row in result.rows.items()}
    assert replayed["of it a run that found nothing"].startswith("1 runs")
    assert replayed["of it a run with reports"].startswith("2 runs")
