"""A small province's night: a bad report and its correction, a good one, a zip of two, bytes that are no workbook."""

import io
import os
import zipfile
from pathlib import Path

from program.calendar.period import Period
from program.pack.load import Pack
from publish.template import Values, write_template
from tests.conftest import GOOD_LEVELS

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
