"""An Atom feed of the runs that checked something (RFC 4287)."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

from lxml import etree

from program.pack.pack import Pack
from program.records.query_rows import RunCount
from program.submission import Verdict
from program.vietnamese import format_date, format_instant

_ATOM = "http://www.w3.org/2005/Atom"


def feed_bytes(pack: Pack, runs: Sequence[RunCount]) -> bytes:
    """Return the feed of `runs`, the newest first. The same runs give the same bytes."""
    feed = etree.Element(_named("feed"), nsmap={None: _ATOM})
    _text(feed, "title", pack.program.site_title)
    _text(feed, "id", _identity(pack, "runs"))
    newest = max((run.started_at for run in runs), default=datetime.fromtimestamp(0, UTC))
    _text(feed, "updated", _instant(newest))
    author = etree.SubElement(feed, _named("author"))
    _text(author, "name", pack.program.office)
    etree.SubElement(feed, _named("link"), rel="self", href="runs.atom")
    etree.SubElement(feed, _named("link"), rel="alternate", href="../index.html")
    for run in sorted(runs, key=lambda run: run.run_id, reverse=True):
        _add_entry(feed, pack, run)
    written: bytes = etree.tostring(feed, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return written


def _add_entry(feed: etree._Element, pack: Pack, run: RunCount) -> None:
    counts = [f"{run.verdicts[verdict]} {verdict.label}" for verdict in Verdict]
    checked = sum(run.verdicts.values())
    entry = etree.SubElement(feed, _named("entry"))
    title = f"Lần chạy {run.run_id}, ngày {format_date(run.as_of)}: {checked} báo cáo"
    _text(entry, "title", title)
    # Two warehouses may both have a run 31: the moment of its start tells them apart.
    _text(entry, "id", _identity(pack, f"run {run.run_id} {_instant(run.started_at)}"))
    _text(entry, "updated", _instant(run.started_at))
    etree.SubElement(entry, _named("link"), rel="alternate", href="../index.html")
    started = format_instant(run.started_at)
    _text(entry, "summary", f"Bắt đầu lúc {started}. Kết quả kiểm tra: {'; '.join(counts)}.")


def _identity(pack: Pack, what: str) -> str:
    digest = hashlib.sha256(f"{pack.program.province} {what}".encode()).hexdigest()
    return f"urn:sha256:{digest}"


def _instant(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _named(name: str) -> str:
    return f"{{{_ATOM}}}{name}"


def _text(parent: etree._Element, name: str, text: str) -> None:
    etree.SubElement(parent, _named(name)).text = text
