"""The page and a mail as people see them: headless Chromium at desktop and phone width.

Needs chromium on the machine.
"""

import email
import shutil
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from email import policy
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from connectors.shared_folder import SharedFolder
from flows.night import collecting, steps
from flows.night.run_context import open_run
from mtqg.mails.sample_words import words_of
from program.pack.load import load_pack
from program.settings import ROOT, Settings
from publish.national.national_site import publish_national_site
from publish.preview.writing import write_previews
from publish.site.pages import PAGE_FOLDERS
from tests.conftest import SAMPLES, Fill
from tests.hostile_texts import hostile_run
from tests.provinces import DAY, NOON, SendingProvince, commune, national_pack, province_pack
from warehouse.national.build import build_national
from warehouse.national.file import open_national

pytestmark = pytest.mark.slow
PATIENCE_MS = 120_000
WIDTHS = {"desktop": 1280, "phone": 390}
# Without these Chromium looks for its maker's servers, which a closed network refuses one by one.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
]


@pytest.fixture(scope="module")
def var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a run on the sample writes, without Prefect."""
    settings = Settings(_env_file=None, var=tmp_path_factory.mktemp("var"), inbox_url=str(SAMPLES))
    night = open_run(settings, None)
    for source in night.sources("inbox"):
        collecting.collect(night, source)
    for chunk in night.pending():
        steps.load(night, steps.check(night, steps.read(night, chunk)))
    steps.publish(night)
    steps.remind(night)
    steps.alert(night)
    assert night.finish()["errors"] == []
    return settings.var


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    assert chromium, "install chromium (Debian: apt-get install chromium)"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=FLAGS, timeout=PATIENCE_MS
        )
        yield browser
        browser.close()


@pytest.fixture(params=WIDTHS)
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": WIDTHS[request.param], "height": 900})
    page.set_default_timeout(PATIENCE_MS)
    page.problems = []  # type: ignore[attr-defined]
    page.on("pageerror", lambda error: page.problems.append(str(error)))  # type: ignore[attr-defined]
    page.on("requestfailed", lambda r: page.problems.append(r.url))  # type: ignore[attr-defined]
    yield page
    page.close()


def overflows(page: Page) -> list[str]:
    """Elements that stick out of the page; a table may scroll within its own box."""
    script = """() => [...document.querySelectorAll('body *')].filter(e =>
        !e.closest('.scroll') && e.getBoundingClientRect().right > document.documentElement.clientWidth + 1
    ).map(e => e.tagName + '.' + e.className + ': ' + e.textContent.slice(0, 60))"""
    return page.evaluate(script)


def test_the_page_fits_and_asks_nothing_of_other_servers(page: Page, var: Path) -> None:
    page.goto((var / "site" / "index.html").as_uri())
    assert overflows(page) == []
    assert page.problems == []  # type: ignore[attr-defined]
    assert page.evaluate("document.documentElement.lang") == "vi"
    for heading in ("Toàn tỉnh so với mục tiêu", "Ai đã báo cáo", "Có gì mới"):
        assert page.get_by_role("heading", name=heading).is_visible()
    assert page.get_by_text("số liệu giả lập (synthetic)").first.is_visible()


def test_the_sample_mails_fit_and_ask_nothing_of_other_servers(page: Page, tmp_path: Path) -> None:
    pack = load_pack(ROOT / "config" / "soc-trang")
    files = write_previews(pack, date(2025, 1, 20), tmp_path, words_of(pack))
    for file in (each for each in files if each.suffix == ".html"):
        page.goto(file.as_uri())
        assert overflows(page) == [], file.name
    assert page.problems == []  # type: ignore[attr-defined]


def test_every_section_opens_and_shows_its_figures(page: Page, var: Path) -> None:
    page.goto((var / "site" / "index.html").as_uri())
    closed = page.locator("details:not([open]) > summary")
    while closed.count():
        closed.first.click()
    assert page.locator("details").count() == page.locator("details[open]").count()
    assert overflows(page) == []
    pack = load_pack(ROOT / "config" / "soc-trang")
    for indicator in pack.indicators:
        link = page.locator(f"a[href='indicators/{indicator.code}.html']")
        assert link.last.is_visible(), indicator.code


def test_the_links_to_data_docs_lead_there(page: Page, var: Path) -> None:
    page.goto((var / "site" / "index.html").as_uri())
    shown = {
        link.text_content(): link.get_attribute("href")
        for link in page.locator("#data-docs ul a").all()
    }
    assert all(link and (var / "site" / link).exists() for link in shown.values())
    pack = load_pack(ROOT / "config" / "soc-trang")
    with closing(sqlite3.connect(var / "warehouse.sqlite")) as warehouse:
        sent = set(
            warehouse.execute(
                "SELECT DISTINCT form_code, form_version FROM submissions WHERE form_code IS NOT NULL"
            )
        )
        rows = warehouse.execute(
            "SELECT DISTINCT s.form_code, s.form_version, f.element"
            " FROM facts f JOIN submissions s ON s.id = f.submission_id"
        )
        loaded: dict[tuple[str, str], set[str]] = defaultdict(set)
        for code, version, element in rows:
            loaded[code, version].add(element)
    assert len(sent) > 1
    names = " ".join(str(name) for name in shown)
    # A table of a form version each; a submission frame where rules ask for one.
    for form in (form for form in pack.forms if (form.code, form.version) in sent):
        for table in form.tables:
            own = {*table.elements, *(column.name for column in table.columns)}
            # No rule is about what a unit says in words, and none about an empty table.
            if table.name == "narrative_part" or own.isdisjoint(loaded[form.code, form.version]):
                continue
            assert f"{form.code}.{form.version}.{table.name}" in names.replace(" · ", "."), (
                table.name
            )
    assert "submission" in names


def test_the_quality_page_fits_and_asks_nothing_of_other_servers(page: Page, var: Path) -> None:
    page.goto((var / "site" / "index.html").as_uri())
    page.get_by_role("navigation").get_by_role("link", name="Chất lượng báo cáo").click()
    assert page.url.endswith("quality.html")
    for heading in ("Theo quy tắc", "Theo đơn vị", "Theo kỳ báo cáo", "Theo lần chạy"):
        assert page.get_by_role("heading", name=heading, exact=True).is_visible()
    closed = page.locator("details:not([open]) > summary")
    while closed.count():
        closed.first.click()
    assert overflows(page) == []
    assert page.problems == []  # type: ignore[attr-defined]
    assert page.evaluate("document.documentElement.lang") == "vi"
    assert page.get_by_role("paragraph").filter(has_text="ghi 12, nhưng cộng các cấp").is_visible()
    assert page.get_by_text("số liệu giả lập (synthetic)").first.is_visible()
    page.get_by_role("navigation").get_by_role("link", name="Trang chính").click()
    assert page.get_by_role("heading", name="Ai đã báo cáo").is_visible()


def test_the_quality_page_says_what_the_warehouse_holds(page: Page, var: Path) -> None:
    page.goto((var / "site" / "quality.html").as_uri())
    with closing(sqlite3.connect(var / "warehouse.sqlite")) as warehouse:
        reports = (
            "SELECT COUNT(*), SUM(is_first_pass), SUM(1 - is_accepted) FROM mart_first_submission"
        )
        came, at_once, still_open = warehouse.execute(reports).fetchone()
        found = "SELECT rule, SUM(findings) FROM mart_findings WHERE severity <> 'info' GROUP BY rule, severity"
        rules = sorted(warehouse.execute(found).fetchall())
    cards = page.locator(".card b").all_inner_texts()
    assert (cards[0], cards[2]) == (str(came), str(still_open))
    assert page.get_by_text(f"({at_once}/{came})").is_visible()
    rows = page.locator("#quy-tac tbody tr")
    shown = [
        # Behind the code of the rule stands its last message.
        (
            row.locator("summary").inner_text().split()[0],
            int(row.locator("td.n").first.inner_text()),
        )
        for row in rows.all()
    ]
    assert sorted(shown) == rules


def test_the_quality_page_s_links_to_data_docs_lead_there(page: Page, var: Path) -> None:
    page.goto((var / "site" / "quality.html").as_uri())
    links = [link.get_attribute("href") or "" for link in page.locator("#lan-chay a").all()]
    assert links
    assert all((var / "site" / link).is_file() for link in links)


def test_a_mail_fits(page: Page, var: Path, tmp_path: Path) -> None:
    for file in (var / "outbox").glob("*.eml"):
        mail = email.message_from_bytes(file.read_bytes(), policy=policy.default)
        body = tmp_path / f"{file.stem}.html"
        body.write_text(mail.get_body(("html",)).get_content(), encoding="utf-8")
        page.goto(body.as_uri())
        assert overflows(page) == []
        assert page.get_by_text("Kính gửi").is_visible()
        assert "style=" in body.read_text(encoding="utf-8")


def kinds_of_pages(site: Path) -> Iterator[Path]:
    """The pages at the root of the site, and the longest of each other kind that it has."""
    yield from sorted(site.glob("*.html"))
    for kind in PAGE_FOLDERS:
        if pages := list((site / kind).rglob("*.html")):
            yield max(pages, key=lambda path: path.stat().st_size)


def check_each_kind(page: Page, site: Path) -> None:
    for path in kinds_of_pages(site):
        page.goto(path.as_uri())
        assert overflows(page) == [], path
        found = Axe().run(page)
        assert found.violations_count == 0, f"{path}\n{found.generate_report()}"


def test_each_kind_of_page_fits_and_is_accessible(page: Page, var: Path) -> None:
    site = var / "site"
    folders = {path.relative_to(site).parts[0] for path in kinds_of_pages(site)}
    assert folders >= set(PAGE_FOLDERS)
    check_each_kind(page, site)


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of the whole country: two provinces of 63 have sent, one with another definition."""
    home = tmp_path_factory.mktemp("country")
    for code, changed in (("24", {}), ("94", {"direction": "down"})):
        (home / code).mkdir()
        pack = province_pack(home / code / "pack", code, changed=changed)
        province = SendingProvince(pack, home / code)
        for number in (1, 2, 3):
            facts = {"needed_total": 100, "met_total": 60, "land_spent_vnd_total": 1_000_000_000}
            words = {"narrative_difficulties": "Thiếu quỹ đất"}
            province.load("land", commune(code, number), "2024-H2", facts | words)
        province.send(str(home / "partitions"), site=f"https://tinh-{code}.example/")
    nation = national_pack(home / "nation", ())
    shutil.copy2(ROOT / "config" / "national" / "units.csv", nation.folder)
    nation = load_pack(nation.folder)
    file = home / "national.duckdb"
    build_national(nation, SharedFolder(str(home / "partitions")), file, DAY, stale_days=3)
    with open_national(file) as opened:
        publish_national_site(opened, nation, home / "site", NOON)
    return home / "site"


def test_each_kind_of_page_of_the_country_fits_and_is_accessible(page: Page, country: Path) -> None:
    check_each_kind(page, country)


def test_the_country_s_first_page_opens_and_answers_on_two_screens_of_a_phone(
    page: Page, country: Path
) -> None:
    page.goto((country / "index.html").as_uri())
    answers = page.locator(".answers dd")
    assert answers.count() == 6
    assert page.get_by_text("2/63 tỉnh (34 tỉnh hiện nay, 29 tỉnh đã kết thúc)").is_visible()
    box = answers.last.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 2 * 844
    closed = page.locator("details:not([open]) > summary")
    while closed.count():
        closed.first.click()
    assert overflows(page) == []
    # A code that passed to another province names both.
    assert page.get_by_text("Tỉnh Bắc Ninh (từ 01/07/2025; trước là Tỉnh Bắc Giang)").count()


def test_each_kind_of_page_is_as_wide_as_a4_when_it_is_printed(browser: Browser, var: Path) -> None:
    # 210 mm without margins of 12 mm, at 96 dots an inch.
    sheet = browser.new_page(viewport={"width": 703, "height": 1000})
    sheet.emulate_media(media="print")
    for path in kinds_of_pages(var / "site"):
        sheet.goto(path.as_uri())
        # Nothing scrolls on paper: what is in a box of its own counts too.
        widest = sheet.evaluate(
            "() => Math.max(...[...document.querySelectorAll('body *:not(.skip):not(.sr)')]"
            ".map(e => e.getBoundingClientRect().right))"
        )
        assert widest <= 704, (path, widest)
        for unwanted in ("nav", "footer", ".download"):
            assert not sheet.locator(unwanted).first.is_visible(), (path, unwanted)
    sheet.close()


def test_the_answers_come_within_two_screens_of_a_phone(browser: Browser, var: Path) -> None:
    phone = browser.new_page(viewport={"width": 390, "height": 844})
    phone.goto((var / "site" / "index.html").as_uri())
    answers = phone.locator(".answers dd")
    assert answers.count() == 6
    assert all(answer.strip() for answer in answers.all_inner_texts())
    box = answers.last.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 2 * 844
    assert phone.evaluate("document.documentElement.scrollHeight") <= 4000
    phone.close()


def test_the_first_page_is_light_and_no_page_is_heavy(var: Path) -> None:
    site = var / "site"
    assert (site / "index.html").stat().st_size <= 60_000
    heaviest = max(site.rglob("*.html"), key=lambda path: path.stat().st_size)
    assert heaviest.stat().st_size <= 300_000, heaviest


def test_no_page_or_mail_runs_a_text_of_a_sender_or_asks_a_host(
    page: Page, tmp_path: Path, settings: Settings, fill: Fill
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: page.problems.append(dialog.message))
    shown = tmp_path / "shown"
    shown.mkdir()
    written = hostile_run(settings, tmp_path / "inbox", fill)
    for number, (place, text) in enumerate(written.items()):
        file = Path(place)
        if file.suffix != ".html":
            file = shown / f"{number}.html"
            file.write_text(text, encoding="utf-8")
        page.goto(file.as_uri())
    assert len(asked) > 5
    # A page loads itself and the site's own style sheet; it links to pages beside it.
    own = (shown.as_uri(), settings.site.as_uri())
    assert [url for url in asked if not url.startswith(own)] == []
    assert page.problems == []
