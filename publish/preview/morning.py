"""The office's morning mail about the sample report, with the files that go with a real one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from email.message import Message

from program.calendar.schedule import Obligation
from program.pack.pack import Pack
from program.records.letter import Letter, News
from program.records.query_rows import ReportingRow, RunSubmissionRow
from program.submission import Verdict
from publish.documents.brief import BRIEF, BriefFacts, brief_bytes
from publish.documents.dispatch import DISPATCH, dispatch_bytes
from publish.mail.morning import ABOUT_FILES, compose_morning
from publish.marking.letter_attachments import Attachment
from publish.preview.sample import Sample, working_day_from
from publish.reports.awaited import awaited_reports, chasing_tables, open_reports
from publish.reports.office_reports import CHASING_LIST
from publish.reports.workbook import workbook_bytes
from publish.site.tables.target_summary import target_summary
from publish.site.tables.training import TrainingAnswer

_LATE_WORKING_DAYS = 3
_MORNING = time(0, 30)  # 07:30 in Vietnam
_VERDICTS = (Verdict.QUARANTINED, Verdict.ACCEPTED_WITH_WARNINGS, Verdict.ACCEPTED)
"""Of the first units that have sent the report; from the others it is missing."""


@dataclass(frozen=True, slots=True)
class Morning:
    """A morning of the sample: what came, and what is due or came at all."""

    day: date
    at: datetime
    came: Sequence[RunSubmissionRow]
    reports: Sequence[ReportingRow]


def morning_of(sample: Sample, pack: Pack) -> Morning:
    """Return a morning on which a few units have sent the report and others have not."""
    day = working_day_from(pack, sample.obligation.due_date, _LATE_WORKING_DAYS)
    at = datetime.combine(day, _MORNING, UTC)
    verdicts = dict(zip(sample.same, _VERDICTS, strict=False))
    came = [_came(obligation, verdict, at) for obligation, verdict in verdicts.items()]
    reports = [_report(obligation, verdicts.get(obligation), at) for obligation in sample.same]
    return Morning(day, at, came, reports)


def sample_morning(sample: Sample, pack: Pack, message_id: str) -> Message:
    """Return the office's mail of the sample's morning.

    The same pack and sample give the same mail.
    """
    morning = morning_of(sample, pack)
    letter = Letter(
        message_id,
        pack.correspondence.office.email,
        created_at=morning.at,
        day=morning.day,
        news=News(0, len(morning.came)),
    )
    files = _files(morning.reports, pack, morning.day)
    return compose_morning(letter, morning.came, morning.reports, pack, files)


def _came(obligation: Obligation, verdict: Verdict, at: datetime) -> RunSubmissionRow:
    return RunSubmissionRow(
        delivery_name="",
        received_at=at,
        sender_unit=obligation.unit_code,
        form_code=obligation.form_code,
        unit_code=obligation.unit_code,
        period=obligation.period.code,
        verdict=verdict,
        criticals=2 if verdict is Verdict.QUARANTINED else 0,
        warnings=1 if verdict is Verdict.ACCEPTED_WITH_WARNINGS else 0,
        is_synthetic=True,
        stage=obligation.stage,
    )


def _report(obligation: Obligation, verdict: Verdict | None, at: datetime) -> ReportingRow:
    has_come = verdict is not None
    return ReportingRow(
        form_code=obligation.form_code,
        unit_code=obligation.unit_code,
        period=obligation.period.code,
        stage=obligation.stage,
        due_date=obligation.due_date,
        verdict=verdict,
        version=1 if has_come else None,
        versions=int(has_come),
        is_open=verdict is Verdict.QUARANTINED,
        received_at=at if has_come else None,
        first_at=at if has_come else None,
        delivery_name=None,
        is_synthetic=True,
    )


def _files(reports: Sequence[ReportingRow], pack: Pack, day: date) -> list[Attachment]:
    awaited = open_reports(reports, pack, day)
    facts = BriefFacts(
        day=day,
        targets=target_summary((), pack),
        money=None,
        money_rows=(),
        training=TrainingAnswer(None, None),
        plans=(),
        reports=reports,
        awaited=awaited,
    )
    chasing = chasing_tables(awaited_reports(reports, pack, day), pack, day)
    contents = {
        CHASING_LIST: workbook_bytes("Danh sách đôn đốc", chasing),
        BRIEF: brief_bytes(facts, pack),
        DISPATCH: dispatch_bytes(awaited, reports, pack, day),
    }
    return [Attachment(name, ABOUT_FILES[name], content) for name, content in contents.items()]
