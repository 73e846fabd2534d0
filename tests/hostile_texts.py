"""A run on reports whose every text means harm: file name, sheet name, codes, names."""

import io
from email import message_from_bytes, policy
from pathlib import Path

import openpyxl

from flows.mail.digest import send_digest
from flows.night import steps
from flows.night.run_context import open_run
from program.settings import Settings
from tests.conftest import GOOD_LEVELS, Fill
from tests.portal_reports import CLASSES
from tests.steps_by_hand import collect, load

HOSTILE = "<img src=x onerror=alert(1)>"
BAD_LEVELS = {**GOOD_LEVELS, "total": {**GOOD_LEVELS["total"], "women": 999}}


def hostile_run(settings: Settings, inbox: Path, fill: Fill) -> dict[str, str]:
    """Run the steps on hostile reports; return all HTML that was written, by its place."""
    folder = inbox / "942"
    folder.mkdir()
    classes = [{name: _hostile(value) for name, value in row.items()} for row in CLASSES]
    for name, levels in (("good", GOOD_LEVELS), ("bad", BAD_LEVELS)):
        content = _renamed(fill("942", "2024-Q4", levels=levels, classes=classes))
        (folder / f"{HOSTILE} {name}.xlsx").write_bytes(content)
    (folder / f"{HOSTILE} no workbook.xlsx").write_bytes(HOSTILE.encode())
    run = open_run(settings, None)
    collect(run)
    load(run)
    steps.publish(run)
    steps.export(run)
    steps.remind(run)
    steps.alert(run)
    send_digest(run, "")
    assert run.finish()["errors"] == []
    return _html_below(settings.var)


def _hostile(value: object) -> object:
    return f"{HOSTILE}{value}" if isinstance(value, str) else value


def _renamed(content: bytes) -> bytes:
    """Return a workbook whose data sheets have a hostile name."""
    workbook = openpyxl.load_workbook(io.BytesIO(content))
    workbook.worksheets[0].title = HOSTILE
    written = io.BytesIO()
    workbook.save(written)
    return written.getvalue()


def _html_below(folder: Path) -> dict[str, str]:
    pages = {str(path): path.read_text(encoding="utf-8") for path in folder.rglob("*.html")}
    for path in folder.rglob("*.eml"):
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        body = message.get_body(("html",))
        if body is not None:
            pages[str(path)] = body.get_content()
    return pages
