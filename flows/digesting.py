"""The operator's digest of a night: put together from the summary and the warehouse, kept as a file, mailed to the engineer."""

import shutil
from datetime import timedelta
from statistics import median

from flows.night import Night
from flows.posting import open_post
from flows.purging import expired_of
from flows.report import counts_of
from program.digest import Counted, Digest
from publish.digest import compose_digest
from publish.post import FolderPost
from warehouse.dialects import place_of
from warehouse.watching import earlier_summaries, size_of, started_at, undelivered

_USUAL_NIGHTS = 30


def send_digest(night: Night, run_url: str) -> None:
    """Keep the digest as a file in `MTQG_VAR/digests`, and mail it where there is a mail server. Raises DeliveryFailed."""
    night.settings.var.mkdir(parents=True, exist_ok=True)
    message = compose_digest(digest_of(night, run_url), night.pack)
    FolderPost(night.settings.digests).send(message)
    if night.settings.smtp_url.get_secret_value():
        post = open_post(night.settings)
        try:
            post.send(message)
        finally:
            post.close()
        night.summary.errors_mailed = len(night.summary.errors)


def digest_of(night: Night, run_url: str) -> Digest:
    """Return what the engineer is told of a night that has done all but close; the median is of earlier nights that ended."""
    began, summary = started_at(night.warehouse, night.run_id), night.summary_so_far()
    earlier = [counts_of(each) for each in earlier_summaries(night.warehouse, night.run_id, _USUAL_NIGHTS)]
    disk = shutil.disk_usage(night.settings.var)
    return Digest(
        run_id=night.run_id,
        as_of=night.as_of,
        started_at=began,
        lasted=max(night.now() - began, timedelta()),
        errors=tuple(night.summary.errors),
        counts=tuple(_counted(name, count, earlier) for name, count in counts_of(summary).items()),
        earlier_nights=len(earlier),
        seconds=dict(night.summary.seconds),
        undelivered=tuple(undelivered(night.warehouse)),
        waiting=night.summary.mails_waiting,
        due_for_purge=len(expired_of(night.pack, night.archive, night.warehouse, night.now())),
        warehouse_bytes=size_of(night.warehouse),
        disk_free_bytes=disk.free,
        disk_bytes=disk.total,
        links=_links(night, run_url),
    )


def _counted(name: str, count: int, earlier: list[dict[str, int]]) -> Counted:
    return Counted(name, count, median(each.get(name, 0) for each in earlier) if earlier else None)


def _links(night: Night, run_url: str) -> dict[str, str]:
    places = {
        "Prefect run": run_url,
        "page": night.summary.page,
        "quality": str(night.settings.site / "quality.html") if night.summary.page else "",
        "data docs": night.summary.data_docs,
        "warehouse": place_of(night.settings.warehouse_url),
        "log": str(night.settings.var / "mtqg.log"),
    }
    return {name: place for name, place in places.items() if place}
