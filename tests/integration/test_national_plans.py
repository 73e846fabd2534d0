"""The country's plans beside results, and what units tell in words: sums by hand, and nothing of a person's words."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from lxml import html
from typer.testing import CliRunner

from connectors.shared_folder import SharedFolder
from mtqg.cli import app
from program.pack.load import load_pack
from program.pack.pack import Pack
from publish.national.national_site import publish_national_site
from tests.provinces import DAY, NOON, SendingProvince, commune, national_pack, province_pack
from warehouse.national.build import NationalBuild, build_national
from warehouse.national.file import open_national

WORDS = "Bà Thạch Thị Hoa chưa nhận được đất"
Province = Callable[..., SendingProvince]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder that all provinces send to."""
    return tmp_path / "national"


@pytest.fixture
def province(tmp_path: Path) -> Province:
    """province("01", change): a province whose form of land `change` may edit."""

    def province(code: str, change: Callable[[Any], None] | None = None) -> SendingProvince:
        home = tmp_path / f"province-{code}"
        pack = province_pack(home / "pack", code)
        if change:
            form = home / "pack" / "forms" / "land" / "v1.yaml"
            content = yaml.safe_load(form.read_text(encoding="utf-8"))
            change(content)
            form.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
            pack = load_pack(home / "pack")
        return SendingProvince(pack, home)

    return province


def send_all(province: SendingProvince, needed: float, met: float, folder: Path) -> None:
    """Send a year of all three communes."""
    for number in (1, 2, 3):
        for period in ("2024-H1", "2024-H2"):
            province.land(number, period, needed, met, 1)
    province.send(str(folder))


def build(nation: Pack, folder: Path, file: Path) -> NationalBuild:
    return build_national(nation, SharedFolder(str(folder)), file, DAY, stale_days=3)


def total(file: Path, columns: str, unit: str = "VN") -> tuple[Any, ...]:
    """The row of all support on land and houses in 2024."""
    with duckdb.connect(str(file), read_only=True) as connection:
        rows = connection.execute(
            f"SELECT {columns} FROM mart_plans WHERE unit_code = ? AND year = 2024 AND item = 'total'",
            [unit],
        ).fetchall()
    (row,) = rows
    return row


def test_plans_of_the_provinces_are_added_up_beside_their_results(
    province: Province, folder: Path, tmp_path: Path
) -> None:
    send_all(province("01"), 100, 70, folder)
    send_all(province("02"), 50, 20, folder)
    file = tmp_path / "n.duckdb"
    assert build(national_pack(tmp_path / "vn", ("01", "02")), folder, file).is_complete
    # A stock: the last half counts. Three communes of each province.
    needed, met = 3 * 100 + 3 * 50, 3 * 70 + 3 * 20
    columns = "plan, result, percent, status, plans, reported, expected, compared, unit_plans, units_below"
    assert total(file, columns) == (
        needed, met, 100 * met / needed, "compared", 2, 2, 2, 2, 6, 6,
    )  # fmt: skip
    assert total(file, "basis, plan, result, percent", "02") == ("sum_of_communes", 150, 60, 40)


def test_no_share_is_told_until_enough_provinces_have_the_plan_of_enough_of_their_units(
    province: Province, folder: Path, tmp_path: Path
) -> None:
    send_all(province("01"), 100, 70, folder)
    thin = province("02")
    thin.land(1, "2024-H2", 50, 20, 1)
    thin.send(str(folder))
    file = tmp_path / "n.duckdb"
    build(national_pack(tmp_path / "vn", ("01", "02")), folder, file)
    # One commune of three: its figures are in the sums, and one of two provinces is no share.
    columns = "plan, result, percent, plans, compared, expected, unit_plans, units_below"
    assert total(file, columns) == (350, 230, None, 2, 1, 2, 4, 6)


def test_the_own_report_of_a_province_comes_before_the_sum_of_its_units(
    province: Province, folder: Path, tmp_path: Path
) -> None:
    first = province("01")
    first.load("land", "01", "2024-H2", {"needed_total": 500, "met_total": 200})
    send_all(first, 100, 70, folder)
    file = tmp_path / "n.duckdb"
    build(national_pack(tmp_path / "vn", ("01",)), folder, file)
    columns = "plan, result, percent, unit_plans, units_below"
    assert total(file, columns) == (500, 200, 40, 0, 0)


def test_a_planned_figure_that_a_province_defines_otherwise_is_refused_by_name(
    province: Province, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def count_people(form: Any) -> None:
        for column in form["tables"][0]["columns"][:2]:
            column["measure"] = "người"

    send_all(province("01"), 100, 70, folder)
    send_all(province("02", count_people), 5000, 1, folder)
    nation = national_pack(tmp_path / "vn", ("01", "02"))
    file = tmp_path / "n.duckdb"
    built = build(nation, folder, file)
    assert not built.is_complete
    found = {row["plan_figure"] for row in built.differences if row.get("plan_figure")}
    assert found == {f"land/needs/{item}/met" for item in ("land", "field", "house", "total")}
    assert total(file, "plan, result, plans, expected") == (300, 210, 1, 2)
    monkeypatch.setattr("mtqg.console.out.width", 200)
    shown = CliRunner().invoke(app, ["national", "status", str(file)])
    assert "tỉnh 02, land/needs/total/met, plan: cả nước: hộ, stock; " in shown.stdout
    with open_national(file) as opened:
        index = publish_national_site(opened, nation, tmp_path / "site", NOON)
    assert "kế hoạch: Cộng: Hộ đã được hỗ trợ" in " ".join(
        html.fromstring(index.read_bytes()).text_content().split()
    )


def test_the_pages_show_plans_and_of_words_their_number_and_the_way_to_them(
    province: Province, folder: Path, tmp_path: Path
) -> None:
    first, second = province("01"), province("02")
    for sender, number in ((first, 1), (first, 2), (second, 1)):
        code = commune(sender.pack.province.code, number)
        facts = {"needed_total": 100, "met_total": 60, "narrative_difficulties": WORDS}
        sender.load("land", code, "2024-H2", facts)
    first.send(str(folder), site="https://tinh-01.example")
    second.send(str(folder))
    nation = national_pack(tmp_path / "vn", ("01", "02"))
    file, site = tmp_path / "n.duckdb", tmp_path / "site"
    build(nation, folder, file)
    with open_national(file) as opened:
        publish_national_site(opened, nation, site, NOON)
    rows = html.fromstring((site / "narratives.html").read_bytes()).xpath("//tbody/tr")
    cells = [[" ".join(cell.text_content().split()) for cell in row] for row in rows]
    # Results, difficulties, proposals.
    assert cells == [
        ["Tỉnh 01", "0", "2", "0", "trang của tỉnh"],
        ["Tỉnh 02", "0", "1", "0", "chưa có địa chỉ"],
    ]
    (link,) = rows[0].xpath("td/a/@href")
    assert link == "https://tinh-01.example/narratives.html"
    plans = " ".join(html.fromstring((site / "plans.html").read_bytes()).text_content().split())
    assert "Báo cáo đất và nhà, năm 2024 – cộng các tỉnh" in plans
    assert (site / "plans.xlsx").is_file()
    # The words themselves never leave the province.
    shown = [path.read_text(encoding="utf-8") for path in site.rglob("*.html")]
    assert not any(WORDS in page for page in shown)
    with duckdb.connect(str(file), read_only=True) as connection:
        columns = connection.execute(
            "SELECT DISTINCT column_name FROM duckdb_columns() WHERE table_name = 'mart_narratives'"
        ).fetchall()
    assert ("part",) in columns
    assert ("text",) not in columns
