"""Take the pictures of the Vietnamese guides from a run: `make run`, then this.

Pages and mails are taken by headless Chromium, workbooks by LibreOffice and pdftoppm. All are of
the bundled sample, so that no picture shows a real figure.

Usage: python -m docs.pictures [--var var]
"""

import argparse
import email
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from pathlib import Path
from shutil import which

from playwright.sync_api import Page, sync_playwright

from program.settings import ROOT, load_settings

PICTURES = ROOT / "docs" / "vi" / "hinh"
MAX_BYTES = 150_000
_SECONDS = 300
_PAGE_PIXELS = 900
"""Width of a picture of a workbook."""
_UNIT = "950"
"""A district of the sample whose report must be corrected: its mail has a marked workbook."""
_MARKED = "đã đánh dấu"
# Without these Chromium looks for its maker's servers.
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture of a page: the first `height` pixels of it at a width."""

    name: str
    page: Path
    width: int
    height: int
    prepare: Callable[[Page], None] | None = None


def main() -> int:
    """Write all pictures into `docs/vi/hinh`. Returns 1 where one is missing or too large."""
    parser = argparse.ArgumentParser(description="Take the pictures of the Vietnamese guides.")
    parser.add_argument("--var", type=Path, default=load_settings().var, help="of a sample run")
    var: Path = parser.parse_args().var
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="mtqg-pictures-") as name:
        work = Path(name)
        mail, marked = letter_with_marked_workbook(var)
        page = work / "thu.html"
        page.write_text(html_of(mail), encoding="utf-8")
        take([*shots(var / "site"), Shot("thu", page, 760, 640)])

        # The first page of a template is its instructions. A marked copy has a list before them.
        picture_of_workbook("bieu-mau", template(work), 2, work)
        copy = work / "tep-danh-dau.xlsx"
        copy.write_bytes(marked)
        picture_of_workbook("tep-danh-dau", copy, 3, work)
        to_call = var / "office" / "danh-sach-don-doc.xlsx"
        picture_of_workbook("don-doc", to_call, 1, work)
    too_large = [path for path in PICTURES.glob("*.png") if path.stat().st_size > MAX_BYTES]
    for path in too_large:
        sys.stderr.write(f"{path}: {path.stat().st_size} bytes, more than {MAX_BYTES}\n")
    return 1 if too_large else 0


def shots(site: Path) -> list[Shot]:
    """Return the pictures of the site."""
    reported = "a[href*='submissions/']"

    def open_a_report(page: Page) -> None:
        page.locator(reported).first.click()
        page.locator("table.cells").first.scroll_into_view_if_needed()

    return [
        Shot("trang-chinh", site / "index.html", 390, 1300),
        Shot("trang-bao-cao", site / "reporting" / "training.html", 900, 640),
        Shot("chi-tieu", site / "indicators" / "T19.html", 760, 760),
        Shot("bao-cao", site / "units" / "942.html", 760, 560, open_a_report),
    ]


def take(wanted: list[Shot]) -> None:
    """Write a picture of each page."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=which("chromium"), args=_FLAGS)
        for shot in wanted:
            size = {"width": shot.width, "height": shot.height}
            page = browser.new_page(viewport=size)  # type: ignore[arg-type]
            page.goto(shot.page.as_uri())
            if shot.prepare is not None:
                shot.prepare(page)
            page.screenshot(path=PICTURES / f"{shot.name}.png")
            page.close()
        browser.close()


def letter_with_marked_workbook(var: Path) -> tuple[EmailMessage, bytes]:
    """Return the letter to a unit whose report must be corrected, and the marked copy in it."""
    for path in sorted((var / "outbox").glob("*.eml")):
        mail = email.message_from_bytes(path.read_bytes(), policy=policy.default)
        for part in mail.iter_attachments():
            name = part.get_filename() or ""
            if _UNIT in name and _MARKED in name:
                return mail, bytes(part.get_content())
    raise FileNotFoundError(f"{var / 'outbox'}: no letter with a marked workbook of {_UNIT}")


def html_of(mail: EmailMessage) -> str:
    """Return the HTML part of a letter."""
    body = mail.get_body(("html",))
    if body is None:
        raise ValueError(f"{mail['subject']}: the letter has no HTML part")
    return str(body.get_content())


def template(work: Path) -> Path:
    """Write the blank workbook of a form, and return its path."""
    path = work / "bieu-mau.xlsx"
    asked = ("template", "training", "--unit", _UNIT, "--period", "2025-Q1", "-o", str(path))
    _run(sys.executable, "-m", "mtqg", *asked)
    return path


def picture_of_workbook(name: str, workbook: Path, page: int, work: Path) -> None:
    """Write a picture of the upper half of a printed page of a workbook."""
    _run("soffice", "--headless", "--convert-to", "pdf", "--outdir", str(work), str(workbook))
    printed = work / f"{workbook.stem}.pdf"
    of_page = ("-f", str(page), "-l", str(page), "-singlefile")
    upper_half = ("-x", "0", "-y", "0", "-W", str(_PAGE_PIXELS), "-H", str(_PAGE_PIXELS // 2))
    resolution = ("-png", "-scale-to-x", str(_PAGE_PIXELS), "-scale-to-y", "-1")
    _run("pdftoppm", *resolution, *of_page, *upper_half, str(printed), str(PICTURES / name))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, timeout=_SECONDS, cwd=ROOT)  # noqa: S603 - our own commands


if __name__ == "__main__":
    sys.exit(main())
