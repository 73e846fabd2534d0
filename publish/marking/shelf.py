"""Marked workbooks too large for a mail, in a folder that the province's web server shows: the letter has a link to each.

A link is for whoever has it, so its address holds the sha256 of the file: who does not have the letter cannot guess it. No
file that may hold personal data is ever put here, and none stays for longer than its letter says.
"""

import hashlib
import logging
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from program.letter import Notice
from program.pack import Pack
from program.settings import Settings
from program.vietnamese import vietnam_day
from publish.whole import write_whole

logger = logging.getLogger("mtqg.marking")


@dataclass(frozen=True, slots=True)
class Link:
    """Where a marked workbook can be had, and until the end of which day."""

    url: str
    until: date


def put_on_shelf(content: bytes, name: str, settings: Settings, day: date) -> Link | None:
    """Write a marked workbook to where it is shown, and return its link; None where `MTQG_MARKED_URL` is not set.

    The same file again is the same link. Raises OSError where it cannot be written.
    """
    if not settings.marked_url:
        return None
    number = hashlib.sha256(content).hexdigest()
    write_whole(settings.marked / number / name, content)
    return Link(f"{settings.marked_url.rstrip('/')}/{number}/{quote(name)}", day + timedelta(days=settings.keep_marked_days))


def may_be_linked(notices: Sequence[Notice], pack: Pack) -> bool:
    """Tell whether a file may be had by a link: all of its forms are known, and none of them has a personal column."""
    personal = {form.code for form in pack.forms if form.personal_days is not None}
    return all(notice.form_code is not None and notice.form_code not in personal for notice in notices)


def clear_shelf(settings: Settings, now: datetime) -> int:
    """Remove what was put there longer ago than any letter promised; return how many files went."""
    last = vietnam_day(now) - timedelta(days=settings.keep_marked_days)
    old = [folder for folder in settings.marked.glob("*") if folder.is_dir() and _put_on(folder) < last]
    for folder in old:
        shutil.rmtree(folder)
    if old:
        logger.info("marked removed=%d older_than=%s", len(old), last)
    return len(old)


def _put_on(folder: Path) -> date:
    """The day on which a file was put there last: putting it there again renews its folder's time."""
    return vietnam_day(datetime.fromtimestamp(folder.stat().st_mtime, UTC))
