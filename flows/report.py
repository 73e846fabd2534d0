"""A night's artifacts for Prefect's own pages: the table of its submissions and the summary in words."""

from collections.abc import Mapping
from typing import Any

from flows.night import Night
from warehouse.queries import night_rows


def counts_of(summary: Mapping[str, Any]) -> dict[str, int]:
    """Return a night's counts in the order in which people ask for them, by what they are called on a screen."""
    return {
        "received": summary["received"],
        **{verdict.replace("_", " "): count for verdict, count in summary["verdicts"].items()},
        "facts loaded": summary["facts_loaded"],
        "findings by comparison": summary.get("compared", 0),
        "mails written": summary["mails_written"],
        **({"mails waiting": summary["mails_waiting"]} if summary.get("mails_waiting") else {}),
        "zips unpacked": summary["unpacked"],
        "enclosures kept unread": summary["enclosed"],
        "same bytes sent again": summary["repeated"],
        "already known": summary["known"],
        "still arriving, left for the next night": summary["still_arriving"],
    }


def table_of(night: Night) -> list[dict[str, Any]]:
    """Return a row per submission that the night judged, for a table artifact."""
    return [
        {
            "file": row.delivery_name,
            "sender": row.sender_unit,
            "form": row.form_code,
            "unit": row.unit_code,
            "period": row.period,
            "verdict": row.verdict.value,
            "critical": row.criticals,
            "warning": row.warnings,
        }
        for row in night_rows(night.warehouse, night.run_id)
    ]


def markdown_of(summary: Mapping[str, Any]) -> str:
    """Return the night's counts, paths and errors as markdown."""
    lines = [f"# Night {summary['run_id']}, as of {summary['as_of']}", "", "| what | count |", "| --- | ---: |"]
    lines += [f"| {name} | {count} |" for name, count in counts_of(summary).items()]
    lines += ["", f"Page: `{summary['page']}`", "", f"Data Docs: `{summary['data_docs'] or 'nothing was checked'}`"]
    if summary["errors"]:
        lines += ["", "## Errors", "", *(f"- {error}" for error in summary["errors"])]
    return "\n".join(lines)
