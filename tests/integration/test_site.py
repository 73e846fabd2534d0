"""The site: every link leads somewhere, every number to its cell, and only what changed is new."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

import lxml.html
import openpyxl
import pytest
from sqlalchemy import update

from flows.night import steps
from flows.night.run_context import RunContext, open_run
from program.pack.pack import Pack
from program.records.site_rows import SubmissionLine
from program.settings import Settings
from publish import figure_rows
from publish.site import reporting_pages, submission_pages
from publish.site.guide_pages import GUIDES, write_guide_pages
from publish.site.pages import SitePages, open_site
from publish.site.site import publish_site
from tests.conftest import GOOD_LEVELS, Fill
from tests.steps_by_hand import collect, load
from warehouse.database.engine import Warehouse, open_warehouse
from warehouse.tables import FindingRow, SubmissionRow

pytestmark = pytest.mark.usefixtures("reads_here")
NOON = datetime(2025, 1, 25, 5, tzinfo=UTC)
BAD_LEVELS = {**GOOD_LEVELS, "total": {**GOOD_LEVELS["total"], "women": 999}}
OTHER_LEVELS = {
    **GOOD_LEVELS,
    "district": {**GOOD_LEVELS["district"], "women": 52},
    "total": {**GOOD_LEVELS["total"], "women": 62},
}


@dataclass(frozen=True)
class FilledWarehouse:
    """A warehouse after a run, with its pack and settings."""

    warehouse: Warehouse
    pack: Pack
    settings: Settings


@pytest.fixture(scope="module")
def filled(
    tmp_path_factory: pytest.TempPathFactory, fill: Fill, pack: Pack
) -> Iterator[FilledWarehouse]:
    """The warehouse after a good report and a bad one. Nobody changes it."""
    folder = tmp_path_factory.mktemp("filled")
    for unit, levels in (("942", GOOD_LEVELS), ("943", BAD_LEVELS)):
        (folder / "inbox" / unit).mkdir(parents=True)
        content = fill(unit, "2024-Q4", levels=levels)
        (folder / "inbox" / unit / "report.xlsx").write_bytes(content)
    with open_run(settings_in(folder), date(2025, 1, 20)) as first:
        collect(first)
        load(first)
        first.finish()
    yield from opened(folder, pack)


@pytest.fixture(scope="module")
def shown(filled: FilledWarehouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its site, for tests that only look."""
    folder = tmp_path_factory.mktemp("shown")
    publish(filled, folder)
    return folder


@pytest.fixture
def run(filled: FilledWarehouse, tmp_path: Path) -> Iterator[FilledWarehouse]:
    """A copy of it, for tests that let something come."""
    folder = Path(shutil.copytree(filled.settings.var.parent, tmp_path / "filled"))
    yield from opened(folder, filled.pack)


def settings_in(folder: Path) -> Settings:
    return Settings(_env_file=None, var=folder / "var", inbox_url=str(folder / "inbox"))


def opened(folder: Path, pack: Pack) -> Iterator[FilledWarehouse]:
    settings = settings_in(folder)
    warehouse = open_warehouse(settings.warehouse_url)
    yield FilledWarehouse(warehouse, pack, settings)
    warehouse.dispose()


def publish(run: FilledWarehouse | RunContext, folder: Path) -> Path:
    return publish_site(run.warehouse, run.pack, run.settings, NOON, folder=folder)


def pages_in(folder: Path) -> dict[str, lxml.html.HtmlElement]:
    return {
        path.relative_to(folder).as_posix(): lxml.html.fromstring(path.read_text(encoding="utf-8"))
        for path in folder.rglob("*.html")
    }


def dead_links(folder: Path) -> list[str]:
    pages = pages_in(folder)
    anchors = {place: set(tree.xpath("//@id")) for place, tree in pages.items()}
    dead = []
    for place, tree in pages.items():
        for link in tree.xpath("//a/@href | //link/@href | //img/@src"):
            parts = urlsplit(link)
            target = (folder / place).parent / unquote(parts.path) if parts.path else folder / place
            name = target.resolve().relative_to(folder.resolve()).as_posix()
            is_there = (folder / name).is_file()
            if not is_there or (parts.fragment and parts.fragment not in anchors.get(name, ())):
                dead.append(f"{place}: {link}")
    return dead


def test_every_link_of_every_page_leads_to_a_page_and_a_place_on_it(shown: Path) -> None:
    pages = pages_in(shown)
    assert {"index.html", "quality.html", "units/942.html", "reporting/training.html"} <= set(pages)
    assert dead_links(shown) == []
    for place, tree in pages.items():
        assert tree.xpath("//h1"), place
        assert tree.get("lang") == "vi"


def test_a_sum_says_the_command_that_opens_it(shown: Path) -> None:
    page = pages_in(shown)["indicators/TRN-PARTICIPANTS.html"]
    (command,) = page.xpath("//section[@id='cong']//code/text()")
    assert command == ("mtqg trace --unit 94 --indicator TRN-PARTICIPANTS --period 2024-Q4 --sum")


def test_the_guides_are_on_the_site_with_their_pictures(shown: Path) -> None:
    pages = pages_in(shown)
    guides = {f"huong-dan/{path.stem}.html" for path in GUIDES.glob("*.md")}
    assert len(guides) == 3
    assert guides == set(pages["index.html"].xpath("//footer//a/@href"))
    for guide in guides:
        pictures = pages[guide].xpath("//img")
        assert pictures, guide
        for picture in pictures:
            assert picture.get("alt"), f"{guide}: {picture.get('src')} has no text"
            assert (shown / "huong-dan" / picture.get("src")).is_file()
    assert pages["huong-dan/huyen-xa.html"].xpath("//table")


def test_an_installation_without_the_documents_has_no_guides(tmp_path: Path, pack: Pack) -> None:
    with open_site(tmp_path / "site") as output:
        pages = SitePages(output, "")
        assert write_guide_pages(pages, output, {"pack": pack}, tmp_path / "none") == []


def test_a_figure_leads_to_the_cell_that_its_sender_filled_in(shown: Path) -> None:
    pages = pages_in(shown)
    for place in ("indicators/TRN-PARTICIPANTS.html", "units/942.html"):
        links = [
            link
            for link in pages[place].xpath("//a[contains(@href, '#participants_total')]")
            if link.get("href").startswith("../submissions/")
        ]
        assert links, place
        path, anchor = links[0].get("href").removeprefix("../").split("#")
        (cell,) = pages[path].xpath(f"//td[@id='{anchor}']")
        assert cell.get("title") == "Tổng hợp, ô C12"
        assert cell.text.strip() == links[0].text_content()


def test_a_report_that_waits_for_a_correction_says_what_and_where(shown: Path) -> None:
    page = pages_in(shown)["units/943.html"]
    (items,) = page.xpath("//section[h2='Đề nghị đơn vị xem lại']")
    text = " ".join(items.text_content().split())
    assert "Lỗi" in text
    assert "trang tính Tổng hợp, ô D12" in text
    heat = pages_in(shown)["reporting/training.html"]
    assert heat.xpath("//td[@class='heat to_fix']//a/@href")


def test_a_corrected_report_shows_each_cell_that_changed_beside_the_old_one(
    run: FilledWarehouse, tmp_path: Path, fill: Fill
) -> None:
    content = fill("942", "2024-Q4", levels=OTHER_LEVELS)
    (Path(run.settings.inbox_url) / "942" / "again.xlsx").write_bytes(content)
    second = open_run(run.settings, date(2025, 1, 21))
    collect(second)
    load(second)
    folder = tmp_path / "shown"
    publish(second, folder)
    changed = {
        place: tree.xpath("//td[del]")
        for place, tree in pages_in(folder).items()
        if place.startswith("submissions/") and tree.xpath("//del")
    }
    ((place, cells),) = changed.items()
    assert place == "submissions/3.html"
    assert {cell.get("title") for cell in cells} == {"Tổng hợp, ô D10", "Tổng hợp, ô D12"}


def test_a_page_whose_contents_are_the_same_is_not_written_again(
    run: FilledWarehouse, tmp_path: Path, fill: Fill
) -> None:
    folder = tmp_path / "shown"
    publish(run, folder)
    before = {path: path.stat().st_ino for path in folder.rglob("*/*.html")}
    assert len(before) > 50
    publish(run, folder)
    assert {path: path.stat().st_ino for path in folder.rglob("*/*.html")} == before

    content = fill("944", "2024-Q4", levels=GOOD_LEVELS)
    (Path(run.settings.inbox_url) / "944").mkdir()
    (Path(run.settings.inbox_url) / "944" / "report.xlsx").write_bytes(content)
    second = open_run(run.settings, date(2025, 1, 20))
    collect(second)
    load(second)
    publish(second, folder)
    after = {path: path.stat().st_ino for path in folder.rglob("*/*.html")}
    changed = {
        path.relative_to(folder).as_posix() for path in after if after[path] != before.get(path)
    }
    assert {"submissions/3.html", "units/944.html", "indicators/TRN-CLASSES.html"} <= changed
    assert not changed & {"submissions/1.html", "submissions/2.html", "projects/DA1.html"}


def test_a_cross_check_that_finds_nothing_new_lets_no_submission_s_page_be_made_again(
    run: FilledWarehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(run, tmp_path)
    made: list[int] = []
    make = submission_pages._page_of

    def noting(line: SubmissionLine, *more: object) -> object:
        made.append(line.submission_id)
        return make(line, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(submission_pages, "_page_of", noting)
    with run.warehouse.begin() as connection:
        connection.execute(update(SubmissionRow).values(compared_at=datetime.now(UTC)))
    publish(run, tmp_path)
    assert made == []
    with run.warehouse.begin() as connection:
        of_943 = FindingRow.submission_id == 2
        connection.execute(update(FindingRow).where(of_943).values(closed_at=datetime.now(UTC)))
    publish(run, tmp_path)
    assert made == [2]


def test_a_page_of_nothing_goes_and_other_files_stay(run: FilledWarehouse, tmp_path: Path) -> None:
    folder = tmp_path / "shown"
    publish(run, folder)
    gone, kept = folder / "units" / "000.html", folder / "notes.html"
    for path in (gone, kept):
        path.write_text("<html></html>", encoding="utf-8")
    (folder / ".made-from.json").write_text("{", encoding="utf-8")
    publish(run, folder)
    assert not gone.exists()
    assert kept.exists()
    assert dead_links(folder) == []


def test_the_published_site_links_to_the_data_docs_of_its_runs(run: FilledWarehouse) -> None:
    again = open_run(run.settings, date(2025, 1, 21))
    steps.publish(again)
    assert dead_links(run.settings.site) == []


def sheets_of(path: Path) -> dict[str, list[tuple[object, ...]]]:
    book = openpyxl.load_workbook(path)
    for sheet in book:
        assert str(sheet.page_setup.paperSize) == sheet.PAPERSIZE_A4
        assert sheet.print_title_rows
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


def test_a_page_s_workbook_has_its_rows_as_typed_numbers(shown: Path) -> None:
    unit = sheets_of(shown / "units" / "942.xlsx")
    assert list(unit) == ["Số liệu", "Báo cáo"]
    figures = {row[1]: row for row in unit["Số liệu"] if row[3] == "Q4/2024"}
    page = pages_in(shown)["units/942.html"]
    figures_shown = page.xpath(
        "//td[a[contains(@href, 'TRN-PARTICIPANTS')]]/following-sibling::td[1]//a"
    )
    assert figures["TRN-PARTICIPANTS"][2] == "người"
    assert figures["TRN-PARTICIPANTS"][4] == int(figures_shown[0].text)
    states = {row[3] for row in unit["Báo cáo"]}
    assert "đạt" in states
    quality = sheets_of(shown / "quality.xlsx")
    by_unit = {row[1]: row[2:] for row in quality["Theo đơn vị"]}
    # Reports, accepted at once, their share in per cent, those that wait.
    assert by_unit["942"][:4] == (1, 1, 100, 0)
    assert by_unit["943"][:4] == (1, 0, 0, 1)
    plans = sheets_of(shown / "plans.xlsx")
    planned = {row[0]: row for row in plans["Báo cáo đào tạo, tập huấn"]}
    assert planned["Số người tham dự"][3] == int(figures_shown[0].text)
    assert planned["Số người tham dự"][7] == "chưa có kế hoạch"
    heat = sheets_of(shown / "reporting" / "training.xlsx")
    by_code = {row[1]: row for row in heat["Theo quý, cấp huyện"]}
    assert "đã gửi – chờ sửa" in by_code["943"]
    assert isinstance(by_code["942"][-5], int)


def test_a_workbook_names_no_file_of_a_sender(shown: Path) -> None:
    texts = []
    for path in shown.rglob("*.xlsx"):
        rows = [row for sheet in sheets_of(path).values() for row in sheet]
        texts += [str(cell) for row in rows for cell in row if cell is not None]
    assert len(texts) > 100
    assert not [text for text in texts if "report.xlsx" in text or "@" in text]


def test_only_the_workbooks_whose_rows_changed_are_written_again(
    run: FilledWarehouse, tmp_path: Path, fill: Fill
) -> None:
    folder = tmp_path / "shown"
    publish(run, folder)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.xlsx")}
    publish(run, folder)
    assert before == {path: path.stat().st_mtime_ns for path in folder.rglob("*.xlsx")}
    content = fill("942", "2024-Q4", levels=OTHER_LEVELS)
    (Path(run.settings.inbox_url) / "942" / "again.xlsx").write_bytes(content)
    second = open_run(run.settings, date(2025, 1, 20))
    collect(second)
    load(second)
    second.finish()
    publish(second, folder)
    changed = {
        path.relative_to(folder).as_posix()
        for path, written in before.items()
        if path.stat().st_mtime_ns != written
    }
    assert "units/942.xlsx" in changed
    assert not [name for name in changed if name.startswith("units/") and "942" not in name]


def test_a_heat_map_that_is_too_long_is_on_pages_of_its_own(
    run: FilledWarehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    publish(run, whole)
    monkeypatch.setattr(reporting_pages, "_LINE_BYTES", 100_000)
    publish(run, cut)
    assert dead_links(cut) == []
    units = "//tbody//th//a[contains(@href, '/units/')]/@href"
    in_one = pages_in(whole)["reporting/training.html"].xpath(units)
    pages = pages_in(cut)
    parts = {place for place in pages if place.startswith("reporting/training/")}
    assert len(parts) > 1
    main = pages["reporting/training.html"]
    links = set(main.xpath("//a[contains(@href, 'reporting/training/')]/@href"))
    assert links == {f"../{place}" for place in parts}
    in_parts = [Path(link).name for place in parts for link in pages[place].xpath(units)]
    # A level with one unit fits.
    in_parts += [Path(link).name for link in main.xpath(units)]
    assert sorted(in_parts) == sorted(Path(link).name for link in in_one)
    workbook = Path("reporting", "training.xlsx")
    assert sheets_of(cut / workbook) == sheets_of(whole / workbook)


def test_the_rows_of_figures_are_asked_again_only_after_something_came(
    run: FilledWarehouse, monkeypatch: pytest.MonkeyPatch, fill: Fill
) -> None:
    asked: list[str] = []

    def counted(name: str) -> None:
        ask = getattr(figure_rows, name)

        def noting(*given: object) -> object:
            asked.append(name)
            return ask(*given)

        monkeypatch.setattr(figure_rows, name, noting)

    counted("_asked")
    counted("_renewed")
    monkeypatch.setattr(figure_rows, "_LARGEST_PART", 1)

    def write(of_run: FilledWarehouse | RunContext) -> str:
        index = publish_site(of_run.warehouse, of_run.pack, of_run.settings, NOON)
        return (index.parent / "units" / "942.html").read_text(encoding="utf-8")

    first = write(run)
    assert write(run) == first
    assert asked == ["_asked"]
    content = fill("942", "2024-Q4", levels=OTHER_LEVELS)
    (Path(run.settings.inbox_url) / "942" / "again.xlsx").write_bytes(content)
    second = open_run(run.settings, date(2025, 1, 21))
    collect(second)
    load(second)
    second.finish()
    assert write(second) != first
    assert asked == ["_asked", "_renewed"]
    (run.settings.var / "site-rows").write_bytes(b"cut off")
    assert write(second) != first
    assert asked == ["_asked", "_renewed", "_asked"]
