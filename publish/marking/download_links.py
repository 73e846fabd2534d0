"""Download links for marked workbooks that are too large for a mail.

The files lie in a folder that the province's web server shows. A link works for everybody who has
it: its address holds the file's sha256, which nobody can guess without the letter. No file that may
hold personal data is put there, and no file stays longer than its letter says.
"""

import hashlib
import logging
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from program.machine.atomic_write import write_atomic
from program.machine.file_access import public_files
from program.pack.pack import Pack
from program.records.letter import Notice
from program.settings import Settings
from program.vietnamese import vietnam_day

logger = logging.getLogger("mtqg.marking")


@dataclass(frozen=True, slots=True)
class Link:
    """Where a marked workbook can be downloaded, until the end of day `until`."""

    url: str
    until: date


def publish_download(
    content: bytes,
    name: str,
    settings: Settings,
    day: date,
) -> Link | None:
    """Write a marked workbook to the shown folder and return its link.

    None if `MTQG_MARKED_URL` is not set. The same file again has the same address. Raises
    OSError where the file cannot be written.
    """
    if not settings.marked_url:
        return None
    # Nobody can guess the address, and the same bytes need no second file.
    sha256 = hashlib.sha256(content).hexdigest()
    file = settings.marked / sha256 / name
    with public_files():
        write_atomic(file, content)
    root = settings.marked_url.rstrip("/")
    url = f"{root}/{sha256}/{quote(name)}"
    until = day + timedelta(days=settings.keep_marked_days)
    return Link(url, until=until)


def may_be_linked(notices: Sequence[Notice], pack: Pack) -> bool:
    """Tell whether a file may be shown: all its forms are known and none has a personal column."""
    # Nobody knows what a file of an unknown form holds.
    personal = {form.code for form in pack.forms if form.personal_days is not None}
    codes = [notice.form_code for notice in notices]
    return all(code is not None and code not in personal for code in codes)


def remove_expired_downloads(settings: Settings, now: datetime) -> int:
    """Remove files past the last day of their letters; return how many. Safe to repeat."""
    oldest = vietnam_day(now) - timedelta(days=settings.keep_marked_days)
    folders = [path for path in settings.marked.glob("*") if path.is_dir()]
    expired = [folder for folder in folders if _written_on(folder) < oldest]
    for folder in expired:
        shutil.rmtree(folder)
    if expired:
        logger.info("marked removed=%d older_than=%s", len(expired), oldest)
    return len(expired)


def _written_on(folder: Path) -> date:
    """The day in Vietnam on which a file was last written: that renews its folder's time."""
    return vietnam_day(datetime.fromtimestamp(folder.stat().st_mtime, UTC))
