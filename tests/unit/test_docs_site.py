"""The docs site: links lead to pages of the site, and no page asks another host."""

import re
from pathlib import Path

import pytest

from docs import build_site
from docs.pictures import MAX_BYTES
from program.settings import ROOT


def test_a_link_to_a_module_leads_to_its_api_page(tmp_path: Path) -> None:
    build_site.write_document(ROOT / "README.md", tmp_path)
    text = (tmp_path / "index.md").read_text(encoding="utf-8")
    assert "(api/flows/nightly.md)" in text
    assert "(flows/nightly.py)" not in text


def test_a_link_to_another_file_leads_to_a_page_that_shows_it(tmp_path: Path) -> None:
    form = ROOT / "config" / "soc-trang" / "forms" / "training" / "v1.yaml"
    page = build_site.page_of(form, tmp_path)
    assert page == Path("config/soc-trang/forms/training/v1.yaml.md")
    assert "code: training" in (tmp_path / page).read_text(encoding="utf-8")


def test_a_picture_is_shown_where_its_document_is(tmp_path: Path) -> None:
    build_site.write_document(ROOT / "docs" / "vi" / "huyen-xa.md", tmp_path)
    guide = tmp_path / "docs" / "vi" / "huyen-xa.md"
    named = re.findall(r"\]\(([^)]+\.png)\)", guide.read_text(encoding="utf-8"))
    assert len(named) == 3
    for link in named:
        assert (guide.parent / link).resolve().is_file(), link


def test_pictures_are_small_and_each_is_in_a_guide() -> None:
    guides = "".join(path.read_text() for path in (ROOT / "docs" / "vi").glob("*.md"))
    pictures = sorted((ROOT / "docs" / "vi" / "hinh").iterdir())
    assert [path.name for path in pictures if f"(hinh/{path.name})" not in guides] == []
    assert [path.name for path in pictures if path.stat().st_size > MAX_BYTES] == []


def test_every_module_has_an_api_page_in_the_navigation(tmp_path: Path) -> None:
    build_site.write_api_pages(tmp_path)
    pages = {page.relative_to(tmp_path).as_posix() for page in tmp_path.rglob("*.md")}
    named = build_site.as_toml(build_site.navigation(tmp_path))
    assert "api/flows/nightly.md" in pages
    assert [page for page in sorted(pages) if f'"{page}"' not in named] == []


@pytest.mark.parametrize(
    ("html", "asks"),
    [
        ('<script src="https://cdn.example/x.js"></script>', True),
        ('<link rel="stylesheet" href="//fonts.example/a.css">', True),
        ('<img alt="x" src="http://img.example/a.png">', True),
        ('<a href="https://www.example/">a page</a>', False),
        ('<script src="assets/x.js"></script>', False),
    ],
)
def test_a_request_to_another_host_is_found(tmp_path: Path, html: str, asks: bool) -> None:
    (tmp_path / "page.html").write_text(html, encoding="utf-8")
    assert bool(list(build_site.requests_to_other_hosts(tmp_path))) is asks
