"""The country's pages: provinces where units were, every link leads somewhere, what is missing stands first."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from lxml import html

from connectors.shared_folder import SharedFolder
from program.pack.pack import Pack
from publish.national.national_site import publish_national_site
from tests.provinces import DAY, SendingProvince, national_pack, province_pack
from warehouse.national.build import build_national
from warehouse.national.file import open_national

NOW = datetime(2025, 2, 21, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def nation(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    return national_pack(tmp_path_factory.mktemp("vn") / "pack", ("01", "02", "03", "04"))


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory, nation: Pack) -> Path:
    """Of four provinces one is missing, and one defines the share otherwise."""
    home = tmp_path_factory.mktemp("country")
    for code, changed, met in (("01", {}, 30), ("02", {}, 90), ("03", {"direction": "down"}, 50)):
        folder = home / code
        folder.mkdir()
        province = SendingProvince(province_pack(folder / "pack", code, changed=changed), folder)
        for number in (1, 2, 3) if code != "03" else (1,):
            for period in ("2024-H1", "2024-H2"):
                province.land(number, period, 100, met, 1_500_000)
        site = "https://tinh-01.example/" if code == "01" else ""
        province.send(str(home / "partitions"), site=site)
    built = home / "national.duckdb"
    build_national(nation, SharedFolder(str(home / "partitions")), built, DAY, stale_days=3)
    return built


@pytest.fixture
def site(file: Path, nation: Pack, tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    with open_national(file) as opened:
        publish_national_site(opened, nation, folder, NOW)
    return folder


def page(site: Path, name: str) -> html.HtmlElement:
    return html.fromstring((site / name).read_bytes())


def text(site: Path, name: str) -> str:
    return " ".join(page(site, name).text_content().split())


def test_every_link_of_every_page_leads_somewhere(site: Path) -> None:
    dead = []
    for path in site.rglob("*.html"):
        for link in html.fromstring(path.read_bytes()).xpath("//@href"):
            target, _, anchor = link.partition("#")
            found = (path.parent / target).resolve() if target else path
            if "://" in link:
                continue
            is_there = found.exists()
            if is_there and anchor and found.suffix == ".html":
                is_there = bool(html.fromstring(found.read_bytes()).xpath(f"//*[@id='{anchor}']"))
            if not is_there:
                dead.append((path.name, link))
    assert dead == []


def test_the_first_page_says_at_once_what_is_not_in_the_figures(site: Path) -> None:
    said = text(site, "index.html")
    assert "Số liệu có từ 3/4 tỉnh" in said
    assert "3/4 tỉnh. 1 tỉnh chưa gửi." in said
    assert "Chưa gửi (1) Tỉnh 04." in said
    assert "tỉnh định nghĩa khác ở direction; cả nước: up; tỉnh: down" in said
    # 6 × 30 of 6 × 100 and 6 × 90: two of four provinces are too few for a conclusion.
    assert "6T cuối/2024: 60 (2/4 tỉnh, 6/6 đơn vị, chưa tính)" in said


def test_an_indicator_shows_provinces_where_units_were_and_the_sum_of_them(site: Path) -> None:
    (name,) = page(site, "indicators/LAND-SHARE.html").xpath(
        "//th[@scope='row']/a[@href='../units/02.html']/text()"
    )
    assert name == "Tỉnh 02"
    said = text(site, "indicators/LAND-SHARE.html")
    (line,) = page(site, "indicators/LAND-SHARE.html").xpath("//tr[th/a[@href='../units/02.html']]")
    # The last cell is its rank among provinces.
    assert [cell.text for cell in line.xpath("td")] == ["90", "90", "1/2"]
    assert line.xpath("td/span[@class='soft']/text()") == ["3/3 xã", "3/3 xã"]
    assert "Cả nước: cộng các tỉnh" in said
    assert "602/4 tỉnh, 6/6 đơn vị" in said
    # The province with another definition is in no table of the indicator.
    assert not page(site, "indicators/LAND-SHARE.html").xpath(
        "//table//a[@href='../units/03.html']"
    )


def test_the_page_of_a_province_says_where_its_figures_are_from_and_leads_there(site: Path) -> None:
    said = text(site, "units/01.html")
    assert "số liệu đến 20/02/2025, lần chạy 1, quy tắc rules-7" in said
    assert page(site, "units/01.html").xpath("//a[@href='https://tinh-01.example/']/text()") == [
        "Trang của tỉnh"
    ]
    # The second of two, of those whose units are enough.
    (line,) = page(site, "indicators/LAND-SHARE.html").xpath("//tr[th/a[@href='../units/01.html']]")
    assert line.xpath("td[last()]/text()") == ["2/2"]
    assert "Chỉ tiêu không cộng vào số cả nước vì tỉnh định nghĩa khác" in text(
        site, "units/03.html"
    )
    money = page(site, "indicators/LAND-MONEY.html")
    assert money.xpath("//th[.='Thứ bậc']")
    (thin,) = money.xpath("//tr[th/a[@href='../units/03.html']]")
    assert thin.xpath("td[last()]/text()") == []


def test_reports_are_counted_by_the_units_of_each_province(site: Path) -> None:
    rows = page(site, "reporting/land.html").xpath("//table[contains(@class, 'heatmap')]//tr")
    cells = {}
    for row in rows:
        name, *values = [" ".join(cell.text_content().split()) for cell in row.xpath("th|td")]
        cells[name] = values
    assert cells["Tỉnh 03"][:3] == ["1/3 báo cáo đạt", "1/3 báo cáo đạt", "2/6"]
    # Nobody knows how many units a missing province has.
    assert cells["Tỉnh 04"][:2] == ["○ chưa gửi", "○ chưa gửi"]
    assert cells["Cộng"][2] == "14/20"


def test_pages_whose_contents_are_the_same_stay_as_they_are(
    file: Path, nation: Pack, site: Path
) -> None:
    before = {path: path.stat().st_mtime_ns for path in site.rglob("*.*") if path.is_file()}
    with open_national(file) as opened:
        publish_national_site(opened, nation, site, NOW)
    after = {path: path.stat().st_mtime_ns for path in site.rglob("*.*") if path.is_file()}
    assert after == before
