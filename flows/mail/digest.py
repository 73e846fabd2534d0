"""The digest of a run for the engineer: built from summary and ledger, kept as a file, mailed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from email.message import Message
from statistics import median
from typing import Any

from flows.mail.channels import alarm_operator
from flows.mail.mail_transport import transport_of
from flows.night.artifacts import counts_of
from flows.night.run_context import RunContext
from flows.recovery.purge import expired_of
from program.records.digest import Counted, Digest
from publish.mail.operator_mails import compose_digest
from publish.mail.transport import FolderTransport
from warehouse.database.backends import display_url
from warehouse.queries.operations import (
    earlier_summaries,
    started_at,
    summary_before,
    undelivered,
)
from warehouse.states import RunKind

_COMPARED_RUNS = 30
"""How many earlier runs show what is usual."""


def send_digest(run: RunContext, run_url: str) -> None:
    """Write the digest to `MTQG_VAR/digests`, and mail it if there is a mail server.

    Raises MailDeferredError if the server does not take it, or the file cannot be written. The one
    does not stop the other: a digest may be about a full disk.
    """
    # A run whose archive and warehouse are elsewhere may not have the folder yet.
    run.settings.var.mkdir(parents=True, exist_ok=True)
    message = compose_digest(digest_of(run, run_url), run.pack)
    try:
        FolderTransport(run.settings.digests).send(message)
    finally:
        _mail_digest(run, message)


def _mail_digest(run: RunContext, message: Message) -> None:
    # Without a server the file is the digest.
    if not run.settings.smtp_url.get_secret_value():
        return
    if run.kind is RunKind.INTAKE and _are_known(run):
        run.summary.errors_mailed = len(run.summary.errors)
        return
    post = transport_of(run.settings)
    try:
        post.send(message)
    finally:
        post.close()
    # The alarm does not mail these errors a second time.
    run.summary.errors_mailed = len(run.summary.errors)


def tell_operator(run: RunContext) -> None:
    """Tell the operator's channels that a closed run failed, once for errors that stay the same.

    What a channel does not take stays in the outbox, and the next digest names it.
    """
    before = summary_before(run.warehouse, run.run_id)
    if run.kind is RunKind.INTAKE and _had_all_errors(before, run):
        return
    alarm_operator(run.warehouse, run.pack, run.settings, run.now, run_id=run.run_id)


def _are_known(run: RunContext) -> bool:
    """Tell whether a digest of the run before had all errors of this one.

    A source that is down for a day fails each intake, and the engineer needs one mail.
    """
    before = summary_before(run.warehouse, run.run_id)
    was_mailed = before.get("errors_mailed") == len(before.get("errors", []))
    return was_mailed and _had_all_errors(before, run)


def _had_all_errors(before: Mapping[str, Any], run: RunContext) -> bool:
    return set(run.summary.errors) <= set(before.get("errors", []))


def digest_of(run: RunContext, run_url: str) -> Digest:
    """Return the digest of a run that has done everything but close."""
    began_at = started_at(run.warehouse, run.run_id)
    summaries = earlier_summaries(run.warehouse, run.run_id, _COMPARED_RUNS, run.kind)
    earlier = [_with_intakes(summary) for summary in summaries]
    counts = counts_of(run.summary_so_far())
    now = run.now()
    expired = expired_of(run.pack, run.archive, run.warehouse, now)
    return Digest(
        run_id=run.run_id,
        as_of=run.as_of,
        started_at=began_at,
        # A clock that was set back must not give a negative duration.
        lasted=max(now - began_at, timedelta()),
        errors=tuple(run.summary.errors),
        counts=tuple(_counted(run, name, count, earlier) for name, count in counts.items()),
        earlier_runs=len(earlier),
        seconds=dict(run.summary.seconds),
        undelivered=tuple(undelivered(run.warehouse)),
        waiting=run.summary.mails_waiting,
        due_for_purge=len(expired),
        storage=run.storage,
        links=_links(run, run_url),
        left_to_next_run=tuple(run.summary.left_to_next_run),
        warnings=tuple(run.summary.warnings),
        is_intake=run.kind is RunKind.INTAKE,
        has_intakes=bool(run.summary.by_intakes),
    )


def _with_intakes(summary: Mapping[str, Any]) -> dict[str, int]:
    """Return a run's counts, together with those of the intakes before it."""
    return dict(Counter(counts_of(summary)) + Counter(summary.get("by_intakes", {})))


def _counted(
    run: RunContext, name: str, count: int, earlier: Sequence[Mapping[str, int]]
) -> Counted:
    """Return a count beside its median of earlier runs; None stands for no earlier run."""
    usual = None
    if earlier:
        # A run of an older release may lack the count.
        usual = median(counts.get(name, 0) for counts in earlier)
    return Counted(name, count, usual, run.summary.by_intakes.get(name, 0))


def _links(run: RunContext, run_url: str) -> dict[str, str]:
    """Return the places to look further by what is there, without those that do not exist."""
    page = run.summary.page
    # The page about quality is written together with the page.
    quality = str(run.settings.site / "quality.html") if page else ""
    places = {
        "Prefect run": run_url,
        "page": page,
        "quality": quality,
        "data docs": run.summary.data_docs,
        "warehouse": display_url(run.settings.warehouse_url),
        "log": str(run.settings.var / "mtqg.log"),
    }
    return {name: place for name, place in places.items() if place}
