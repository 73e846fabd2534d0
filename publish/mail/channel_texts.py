"""The short texts of channels: counts and where to look, never a file's name or contents.

What goes through somebody else's service is read there too.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date

from program.pack.pack import Pack, Program
from program.records.came_reports import came_reports, verdict_counts
from program.records.letter import RunAlarm
from program.records.query_rows import ReportingRow, RunSubmissionRow
from program.vietnamese import format_date
from publish.rendering import render
from publish.reports.awaited import open_reports

_PART = re.compile(r"(source [A-Za-z0-9_-]+|[a-z]+)(?=[: ])")
"""How an error of a run begins that names the part that failed, and nothing more."""


def office_text(
    came: Sequence[RunSubmissionRow],
    reports: Sequence[ReportingRow],
    decisions: int,
    pack: Pack,
    day: date,
) -> tuple[str, str]:
    """Return title and text for the office, in Vietnamese: what came, what waits, and where.

    `decisions` counts what waits for the office itself (`mtqg inbox`).
    """
    counts = verdict_counts(came_reports(came))
    body = render(
        "mail/channel_office.txt.j2",
        total=sum(counts.values()),
        counts=counts,
        awaited=open_reports(reports, pack, day),
        decisions=decisions,
    )
    return f"{pack.program.short_name}: báo cáo đến ngày {format_date(day)}", body.strip()


def alarm_text(alarms: Iterable[RunAlarm], program: Program) -> tuple[str, str]:
    """Return title and text for the engineer, in English: which run, what failed, and where."""
    sentences = [_sentence(alarm) for alarm in alarms]
    body = " ".join([*sentences, "The digest and `mtqg watch` say more."])
    return f"[mtqg] alarm: {program.short_name}", body


def _sentence(alarm: RunAlarm) -> str:
    if alarm.days_without:
        return (
            f"No run has completed for {alarm.days_without} days; the last one that began is "
            f"run {alarm.run_id}."
        )
    found = [_PART.match(error) for error in alarm.errors]
    parts = dict.fromkeys(match[1] for match in found if match)
    named = f" ({', '.join(parts)})" if parts else ""
    count = len(alarm.errors)
    return f"Run {alarm.run_id} failed with {count} error{'s' if count != 1 else ''}{named}."
