"""No text of a sender becomes markup in anything that a run writes."""

from pathlib import Path

import lxml.html

from program.settings import Settings
from tests.conftest import Fill
from tests.hostile_texts import HOSTILE, hostile_run

# The guides have pictures of their own.
ELEMENTS = "//img[not(starts-with(@src, 'hinh/'))] | //script | //iframe | //object | //embed | //@onerror | //@onload"
OTHER_HOSTS = (
    "//*[starts-with(@src, 'http') or starts-with(@src, '//')]"
    " | //link[@href != 'site.css' and @href != '../site.css']"
)


def test_no_text_of_a_sender_becomes_markup_and_no_page_asks_another_host(
    settings: Settings, tmp_path: Path, fill: Fill
) -> None:
    pages = hostile_run(settings, tmp_path / "inbox", fill)
    places = " ".join(pages)
    assert all(part in places for part in ("index.html", "quality.html", "data-docs", ".eml"))
    # The texts are there, as texts.
    said = [
        place
        for place, page in pages.items()
        if HOSTILE in lxml.html.fromstring(page).text_content()
    ]
    assert any("data-docs" in place for place in said)
    assert any(place.endswith(".eml") for place in said)
    for place, page in pages.items():
        tree = lxml.html.fromstring(page)
        assert tree.xpath(ELEMENTS) == [], place
        assert tree.xpath(OTHER_HOSTS) == [], place
