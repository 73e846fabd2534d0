"""The artifacts of a run for Prefect's pages: the table of its submissions, and the summary."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from program.records.query_rows import RunSubmissionRow
from warehouse.queries.reports import submissions_of_runs

if TYPE_CHECKING:
    from flows.night.run_context import RunContext

_OF_ONE_RUN = ("mails waiting", "already known", "still arriving, left for the next run")
"""Counts that say how things stand. A sum of them over runs says nothing."""

_MAIL_COUNTS = {
    "mails_extracted": "mails extracted",
    "mails_without_file": "mails without a file",
    "automatic_mails": "mails of programs and lists, not answered",
    "held": "held for the office",
    "explanations": "explanations of senders",
    "waiting_for_office": "waiting for the office (mtqg inbox)",
}


def counts_of(summary: Mapping[str, Any]) -> dict[str, int]:
    """Return a run's counts by the names that a screen shows, most important first.

    A summary of an older release may lack the newer counts.
    """
    counts: dict[str, int] = {"received": summary["received"]}
    for verdict, count in summary["verdicts"].items():
        counts[verdict.replace("_", " ")] = count
    counts["facts loaded"] = summary["facts_loaded"]
    counts["findings by comparison"] = summary.get("compared", 0)
    counts["mails written"] = summary["mails_written"]
    # Rare, and then worth a look: without waiting mails there is no line.
    if summary.get("mails_waiting"):
        counts["mails waiting"] = summary["mails_waiting"]
    counts["zips extracted"] = summary["zips_extracted"]
    # Without a source of mails there is mostly no line.
    for key, name in _MAIL_COUNTS.items():
        if summary.get(key):
            counts[name] = summary[key]
    counts["attachments kept unread"] = summary["attachments"]
    counts["same bytes sent again"] = summary["duplicates"]
    counts["already known"] = summary["known"]
    counts["still arriving, left for the next run"] = summary["still_arriving"]
    # Rare, and then worth a look.
    if summary.get("left_to_next_run"):
        counts["source budgets used up"] = len(summary["left_to_next_run"])
    return counts


def total_counts(summaries: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Return the counts of some runs together, without zeros."""
    total: Counter[str] = Counter()
    for summary in summaries:
        total.update(counts_of(summary))
    return {name: count for name, count in total.items() if count and name not in _OF_ONE_RUN}


def table_of(run: "RunContext") -> list[dict[str, Any]]:
    """Return a table row for each submission that the run checked."""
    return [_table_row(row) for row in submissions_of_runs(run.warehouse, [run.run_id])]


def _table_row(row: RunSubmissionRow) -> dict[str, Any]:
    return {
        "file": row.delivery_name,
        "sender": row.sender_unit,
        "form": row.form_code,
        "unit": row.unit_code,
        "period": row.period,
        "verdict": row.verdict.value,
        "critical": row.criticals,
        "warning": row.warnings,
    }


def markdown_of(summary: Mapping[str, Any]) -> str:
    """Return the run's counts, paths and errors as markdown."""
    data_docs = summary["data_docs"] or "nothing was checked"
    lines = [
        f"# Run {summary['run_id']}, as of {summary['as_of']}",
        "",
        "| what | count |",
        "| --- | ---: |",
    ]
    lines += [f"| {name} | {count} |" for name, count in counts_of(summary).items()]
    lines += ["", f"Page: `{summary['page']}`", "", f"Data Docs: `{data_docs}`"]
    if summary["errors"]:
        lines += ["", "## Errors", ""]
        lines += [f"- {error}" for error in summary["errors"]]
    return "\n".join(lines)
