"""The site: every link leads somewhere, every number to its cell, and only what changed is new."""

from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

import lxml.html
import pytest

from flows.night import steps
from flows.night.run_context import RunContext, open_run
from program.pack.load import Pack
from program.settings import Settings
from publish.site.guide_pages import GUIDES, write_guide_pages
from publish.site.pages import SitePages, open_site
from publish.site.site import publish_site
from tests.conftest import GOOD_LEVELS, Fill
from tests.steps_by_hand import collect, load

pytestmark = pytest.mark.sqlite_only  # pages, not databases
NOON = datetime(2025, 1, 25, 5, tzinfo=UTC)
BAD_LEVELS = {**GOOD_LEVELS, "total": {**GOOD_LEVELS["total"], "women": 999}}
OTHER_LEVELS = {
    **GOOD_LEVELS,
    "district": {**GOOD_LEVELS["district"], "women": 52},
    "total": {**GOOD_LEVELS["total"], "women": 62},
}


@pytest.fixture
def run(settings: Settings, fill: Fill) -> RunContext:
    """The warehouse after a good report, one that was corrected, and a bad one."""
    inbox = Path(settings.inbox_url)
    for unit, levels in (("942", GOOD_LEVELS), ("943", BAD_LEVELS)):
        (inbox / unit).mkdir()
        content = fill(unit, "2024-Q4", levels=levels)
        (inbox / unit / "report.xlsx").write_bytes(content)
    first = open_run(settings, date(2025, 1, 20))
    collect(first)
    load(first)
    first.finish()
    return first


def publish(run: RunContext, folder: Path) -> Path:
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


def test_every_link_of_every_page_leads_to_a_page_and_a_place_on_it(
    run: RunContext, tmp_path: Path
) -> None:
    folder = tmp_path / "shown"
    publish(run, folder)
    pages = pages_in(folder)
    assert {"index.html", "quality.html", "units/942.html", "reporting/training.html"} <= set(pages)
    assert dead_links(folder) == []
    for place, tree in pages.items():
        assert tree.xpath("//h1"), place
        assert tree.get("lang") == "vi"


def test_a_sum_says_the_command_that_opens_it(run: RunContext, tmp_path: Path) -> None:
    publish(run, tmp_path)
    page = pages_in(tmp_path)["indicators/TRN-PARTICIPANTS.html"]
    (command,) = page.xpath("//section[@id='cong']//code/text()")
    assert command == ("mtqg trace --unit 94 --indicator TRN-PARTICIPANTS --period 2024-Q4 --sum")


def test_the_guides_are_on_the_site_with_their_pictures(run: RunContext, tmp_path: Path) -> None:
    publish(run, tmp_path)
    pages = pages_in(tmp_path)
    guides = {f"huong-dan/{path.stem}.html" for path in GUIDES.glob("*.md")}
    assert len(guides) == 3
    assert guides == set(pages["index.html"].xpath("//footer//a/@href"))
    for guide in guides:
        pictures = pages[guide].xpath("//img")
        assert pictures, guide
        for picture in pictures:
            assert picture.get("alt"), f"{guide}: {picture.get('src')} has no text"
            assert (tmp_path / "huong-dan" / picture.get("src")).is_file()
    assert pages["huong-dan/huyen-xa.html"].xpath("//table")


def test_an_installation_without_the_documents_has_no_guides(tmp_path: Path, pack: Pack) -> None:
    with open_site(tmp_path / "site") as output:
        pages = SitePages(output, "")
        assert write_guide_pages(pages, output, {"pack": pack}, tmp_path / "none") == []


def test_a_figure_leads_to_the_cell_that_its_sender_filled_in(
    run: RunContext, tmp_path: Path
) -> None:
    folder = tmp_path / "shown"
    publish(run, folder)
    pages = pages_in(folder)
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


def test_a_report_that_waits_for_a_correction_says_what_and_where(
    run: RunContext, tmp_path: Path
) -> None:
    folder = tmp_path / "shown"
    publish(run, folder)
    page = pages_in(folder)["units/943.html"]
    (items,) = page.xpath("//section[h2='Đề nghị đơn vị xem lại']")
    text = " ".join(items.text_content().split())
    assert "Lỗi" in text
    assert "trang tính Tổng hợp, ô D12" in text
    heat = pages_in(folder)["reporting/training.html"]
    assert heat.xpath("//td[@class='heat to_fix']//a/@href")


def test_a_corrected_report_shows_each_cell_that_changed_beside_the_old_one(
    run: RunContext, tmp_path: Path, fill: Fill
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
    run: RunContext, tmp_path: Path, fill: Fill
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


def test_a_page_of_nothing_goes_and_other_files_stay(run: RunContext, tmp_path: Path) -> None:
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


def test_the_published_site_links_to_the_data_docs_of_its_runs(run: RunContext) -> None:
    again = open_run(run.settings, date(2025, 1, 21))
    steps.publish(again)
    assert dead_links(run.settings.site) == []
