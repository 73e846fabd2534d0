"""Reports that came, one for each report: a report that was sent three times is one report."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from program.records.query_rows import RunSubmissionRow
from program.submission import Verdict


@dataclass(frozen=True, slots=True)
class CameReport:
    """A report that came, by the submission that came last, and how many files it came in."""

    last: RunSubmissionRow
    times: int


def came_reports(rows: Iterable[RunSubmissionRow]) -> list[CameReport]:
    """Return the reports of some submissions in order of their first arrival.

    `rows` are in order of arrival. A file whose report is unknown stands for itself, with the files
    of that name from the same sender. Where the sender is unknown too, two files of one name may
    come from two people: each is a report.
    """
    by_report: dict[tuple[object, ...], list[RunSubmissionRow]] = {}
    for row in rows:
        by_report.setdefault(_report_of(row), []).append(row)
    return [CameReport(of_report[-1], _files(of_report)) for of_report in by_report.values()]


def verdict_counts(reports: Iterable[CameReport]) -> Mapping[Verdict, int]:
    """Return how many reports have each verdict, in the order of verdicts; none that is 0."""
    counts = Counter(report.last.verdict for report in reports)
    return {verdict: counts[verdict] for verdict in Verdict if counts[verdict]}


def _report_of(row: RunSubmissionRow) -> tuple[object, ...]:
    if row.form_code is None or row.unit_code is None or row.period is None:
        return row.sender_unit or row.delivery_id, row.delivery_name
    return row.form_code, row.unit_code, row.period, row.stage


def _files(rows: Sequence[RunSubmissionRow]) -> int:
    # A file that was checked again has a second submission, and did not come again.
    return len({row.delivery_id for row in rows})
