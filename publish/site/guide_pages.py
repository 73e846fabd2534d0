"""The guides for districts, the office and leaders on the site, from the documents in `docs/vi`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markupsafe import Markup

from program.settings import ROOT
from publish.output_folder import OutputFolder, digest_of
from publish.site.pages import SitePages, guide_path

GUIDES = ROOT / "docs" / "vi"
_TEMPLATE = "site/guide.html.j2"
_PICTURES = "hinh"


@dataclass(frozen=True, slots=True)
class GuidePage:
    """What the page of a guide shows: its first heading as title, and the rest as HTML."""

    path: str
    title: str
    body: Markup


def write_guide_pages(
    pages: SitePages,
    output: OutputFolder,
    common: Mapping[str, object],
    folder: Path = GUIDES,
) -> list[GuidePage]:
    """Write a page for each guide, with its pictures; return them in the order of their names.

    An installation without the documents has no guides.
    """
    shown = []
    for document in sorted(folder.glob("*.md")):
        page = _page_of(document)
        shown.append(page)
        pages.write(page.path, _TEMPLATE, page, {**common, "page": page}.copy)
    for picture in sorted((folder / _PICTURES).glob("*.png")):
        path = guide_path(f"{_PICTURES}/{picture.name}")
        content = picture.read_bytes()
        output.write(path, content, digest_of(content))
    return shown


def _page_of(document: Path) -> GuidePage:
    """Return the page of a document whose first line is its title."""
    first_line, text = document.read_text(encoding="utf-8").split("\n", 1)
    # Without raw HTML: a guide has the marks of the site, and no script.
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    # Our own text, which the parser has escaped.
    body = Markup(markdown.render(text))  # noqa: S704
    return GuidePage(guide_path(f"{document.stem}.html"), first_line.removeprefix("# "), body)
