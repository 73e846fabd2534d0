"""The quality page from runs of a warehouse: its marts, and Data Docs that are pruned without a link left behind."""

import re
from pathlib import Path

import pytest

from flows.night import steps
from flows.night.run_context import RunContext, open_run
from program.finding import Severity
from program.records.query_rows import FirstSubmissionRow
from program.settings import Settings
from program.submission import Verdict
from tests.arriving import an_hour_old
from tests.conftest import GOOD_LEVELS, Fill
from tests.steps_by_hand import collect, load
from warehouse.queries.published_runs import run_counts
from warehouse.queries.quality import first_passes, quality, rule_examples

pytestmark = pytest.mark.usefixtures("reads_here")

BAD = {**GOOD_LEVELS, "total": {**GOOD_LEVELS["total"], "women": 999}}
RUNS = (
    {"942/q4.xlsx": ("942", "2024-Q4", BAD), "943/q4.xlsx": ("943", "2024-Q4", GOOD_LEVELS)},
    {"942/q4 sửa.xlsx": ("942", "2024-Q4", GOOD_LEVELS), "944/ảnh.xlsx": None},
    {"944/q4.xlsx": ("944", "2024-Q4", BAD)},
)


@pytest.fixture(scope="module")
def nights(
    tmp_path_factory: pytest.TempPathFactory, fill: Fill
) -> tuple[Settings, RunContext, list[str]]:
    """Three runs that keep the Data Docs of two; with the page as the first two left it."""
    folder = tmp_path_factory.mktemp("nights")
    settings = Settings(
        _env_file=None, var=folder / "var", inbox_url=str(folder / "inbox"), keep_data_docs=2
    )
    pages = []
    for files in RUNS:
        for name, content in files.items():
            path = folder / "inbox" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(
                fill(content[0], content[1], levels=content[2])
                if content
                else b"\xff\xd8\xff\xe0 a picture"
            )
            if not content:
                an_hour_old(path)
        night = open_run(settings, None)
        collect(night)
        load(night)
        steps.publish(night)
        assert night.finish()["errors"] == []
        pages.append((settings.site / "quality.html").read_text(encoding="utf-8"))
    return settings, night, pages


def test_each_report_says_how_it_came_right(nights: tuple[Settings, RunContext, list[str]]) -> None:
    reports = {row.unit_code: row for row in first_passes(nights[1].warehouse)}

    def how_it_came_right(row: FirstSubmissionRow) -> tuple[int, bool, bool]:
        return row.versions, row.is_first_pass, row.is_accepted

    assert {unit: how_it_came_right(row) for unit, row in reports.items()} == {
        "942": (2, False, True),
        "943": (1, True, True),
        "944": (1, False, False),
    }
    fixed, open_ = reports["942"], reports["944"]
    assert fixed.accepted_at is not None
    assert fixed.first_at is not None
    assert fixed.accepted_at > fixed.first_at
    assert fixed.accepted_at.tzinfo is not None
    assert open_.accepted_at is None


def test_findings_stand_by_run_report_and_rule_without_notes(
    nights: tuple[Settings, RunContext, list[str]],
) -> None:
    rows = quality(nights[1].warehouse)
    assert {row.severity for row in rows} <= {Severity.CRITICAL, Severity.WARNING}
    of_women = [
        (row.run_id, row.unit_code, row.period, row.findings)
        for row in rows
        if row.rule == "TRN-01"
    ]
    assert of_women == [(1, "942", "2024-Q4", 1), (3, "944", "2024-Q4", 1)]
    # What cannot be read has no unit of its own: its sender's stands for it.
    assert [
        (row.run_id, row.unit_code, row.period) for row in rows if row.rule.startswith("FILE-")
    ] == [(2, "944", None)]
    assert (
        rule_examples(nights[1].warehouse)["TRN-01"].message
        == "Số nữ (999) lớn hơn số người tham dự (150)."
    )


def test_runs_are_counted_the_newest_first(
    nights: tuple[Settings, RunContext, list[str]],
) -> None:
    counted = [
        (
            night.run_id,
            sum(count for verdict, count in night.verdicts.items() if verdict.loads),
            night.verdicts[Verdict.QUARANTINED],
        )
        for night in run_counts(nights[1].warehouse, 2)
    ]
    assert counted == [(3, 0, 1), (2, 1, 0)]


def test_data_docs_of_the_last_runs_are_kept_and_no_link_leads_nowhere(
    nights: tuple[Settings, RunContext, list[str]],
) -> None:
    site = nights[0].site
    assert sorted(folder.name for folder in (site / "data-docs").iterdir()) == [
        "run-000002",
        "run-000003",
    ]
    for page in ("index.html", "quality.html"):
        links = re.findall(r'href="([^"#]+)"', (site / page).read_text(encoding="utf-8"))
        assert links
        assert [link for link in links if not (site / link).is_file()] == []


def test_a_page_never_links_to_what_is_pruned_after_it(
    nights: tuple[Settings, RunContext, list[str]],
) -> None:
    linked = [set(re.findall(r"data-docs/(run-\d+)/", page)) for page in nights[2]]
    assert linked == [
        {"run-000001"},
        {"run-000001", "run-000002"},
        {"run-000002", "run-000003"},
    ]


def test_a_site_without_a_run_says_so(settings: Settings, tmp_path: Path) -> None:
    night = open_run(settings, None)
    steps.publish(night)
    night.finish()
    page = (settings.site / "quality.html").read_text(encoding="utf-8")
    assert "Chưa có tệp nào." in page
    assert "Chưa có quy tắc nào bị vi phạm." in page
