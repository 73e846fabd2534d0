"""The short texts of channels: counts and where to look, never a file's name or contents.

What goes through somebody else's service is read there too.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date

from program.pack.load import Pack
from program.records.letter import RunAlarm
from program.records.query_rows import ReportingRow, RunSubmissionRow
from program.vietnamese import format_date
from publish.mail.morning import open_counts, verdict_counts
from publish.rendering import render

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
    waiting = (*open_counts(reports, pack, day), decisions)
    return office_message(verdict_counts(came), waiting, pack, day)


def office_message(
    counts: Sequence[tuple[int, str]], waiting: tuple[int, int, int, int], pack: Pack, day: date
) -> tuple[str, str]:
    """Return the text of `office_text` with these counts.

    `waiting`: missing reports, reports to be corrected, the units that they are due from, and what
    waits for a decision of the office.
    """
    missing, to_fix, units, decisions = waiting
    body = render(
        "mail/channel_office.txt.j2",
        total=sum(count for count, _ in counts),
        counts=counts,
        missing=missing,
        to_fix=to_fix,
        units=units,
        decisions=decisions,
    )
    return f"{pack.program.short_name}: báo cáo đến ngày {format_date(day)}", body.strip()


def alarm_text(alarms: Iterable[RunAlarm], pack: Pack) -> tuple[str, str]:
    """Return title and text for the engineer, in English: which run, what failed, and where."""
    sentences = [_sentence(alarm) for alarm in alarms]
    body = " ".join([*sentences, "The digest and `mtqg watch` say more."])
    return f"[mtqg] alarm: {pack.program.short_name}", body


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
