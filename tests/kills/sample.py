"""A small province's run: a bad report and its correction, a good one, a zip of two, bytes that are no workbook.

And three mails: one with a report and a zip, one without a file, one of a stranger.
"""

import io
import os
import zipfile
from pathlib import Path

from program.calendar.period import Period
from program.pack.pack import Pack
from publish.template.values import Values
from publish.template.workbook import write_template
from tests.conftest import GOOD_LEVELS
from tests.mails import STRANGER, attached, mail, plain

BAD_LEVELS = {**GOOD_LEVELS, "total": {**GOOD_LEVELS["total"], "women": 999}}


def put_sample(inbox: Path, pack: Pack) -> None:
    """Write the workbooks, each a minute after the one before it, in January 2025."""
    zipped = {
        f"944 {period}.xlsx": _workbook(pack, "944", period) for period in ("2024-Q3", "2024-Q4")
    }
    sent = {
        "942/báo cáo.xlsx": _workbook(pack, "942", "2024-Q4", BAD_LEVELS),
        "942/sửa.xlsx": _workbook(pack, "942", "2024-Q4"),
        "943/báo cáo.xlsx": _workbook(pack, "943", "2024-Q4"),
        "944/gói.zip": _packed(zipped),
        "945/hỏng.xlsx": b"no workbook",
    }
    for minute, (name, content) in enumerate(sent.items()):
        path = inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        moment = 1_737_000_000 + 60 * minute
        os.utime(path, (moment, moment))


def put_mails(maildir: Path, pack: Pack) -> None:
    """Write the mails, each a minute after the one before it, in January 2025."""
    for folder in ("new", "cur"):
        (maildir / folder).mkdir(parents=True)
    sender = pack.correspondence.units["946"].email
    report = attached("946 Q4.xlsx", _workbook(pack, "946", "2024-Q4"))
    zipped = attached("gói.zip", _packed({"946 Q3.xlsx": _workbook(pack, "946", "2024-Q3")}))
    mails = [
        mail([plain("Gửi báo cáo"), report, zipped], sender=sender, number="1@long-phu.example"),
        mail([plain("Xin hỏi")], sender=sender, number="2@long-phu.example"),
        mail([report], sender=STRANGER, number="3@la.example"),
    ]
    for minute, content in enumerate(mails):
        path = maildir / "new" / f"{minute}.mail"
        path.write_bytes(content)
        moment = 1_737_100_000 + 60 * minute
        os.utime(path, (moment, moment))


def _workbook(pack: Pack, unit: str, period: str, levels: dict | None = None) -> bytes:
    when = Period.parse(period)
    form, reporter = pack.form("training", when), pack.units.get(unit, when.end)
    assert form is not None
    assert reporter is not None
    return write_template(
        form, reporter, when, Values({"levels": levels or GOOD_LEVELS}, {"class_list": []})
    )


def _packed(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        for name, content in files.items():
            package.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()
