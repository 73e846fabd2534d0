"""The schema. Alembic's migrations must equal it; a test compares them.

Times are UTC. A submission was current from `known_from` until `known_to` (null: until now). Its
facts have the same two times, which are therefore stored once, on the submission. Both are null for
a submission that was never accepted.
"""

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    Double,
    Enum,
    ForeignKey,
    Index,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from program.mail import HoldReason
from program.records.audit import AuditAction
from program.records.letter import NoticeKind
from program.records.office_inbox import DecisionOutcome
from warehouse.states import DeliveryState, HoldOutcome, OutboxState, RunKind, RunState


class Instant(TypeDecorator[datetime]):
    """A point in time, stored and returned in UTC. SQLite itself stores no time zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002  (the signature is SQLAlchemy's)
    ) -> datetime | None:
        """Return the time in UTC. Raises ValueError for a time without a time zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a time zone")
        return value.astimezone(UTC)

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002  (the signature is SQLAlchemy's)
    ) -> datetime | None:
        """Return the stored time, with UTC as its time zone."""
        if value is None:
            return None
        # SQLite gives the time without its zone, as it was bound: in UTC.
        if value.tzinfo is None:
            return value.replace(tzinfo=UTC)
        return value.astimezone(UTC)


def _stored_values(kind: type[StrEnum], length: int) -> Enum:
    """Return the column type of a StrEnum: text, with the values that the program has for it."""
    return Enum(
        kind,
        # Text on both databases: a new value needs no change of a type.
        native_enum=False,
        length=length,
        values_callable=lambda members: [member.value for member in members],
    )


class WarehouseTable(DeclarativeBase):
    """The base of all tables. It names every constraint, so that migrations can refer to it."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: Instant,
        # None is NULL, never the JSON text "null".
        dict[str, Any]: JSON(none_as_null=True),
        list[str]: JSON(none_as_null=True),
        list[dict[str, Any]]: JSON(none_as_null=True),
        float: Double,
    }


class Copied:
    """A row that copies the pack (SCD2). Each run copies what changed.

    `known_from` and `known_to` say when the pack declared it. A row that the pack no longer
    declares is closed, never deleted.
    """

    known_from: Mapped[datetime] = mapped_column(sort_order=98)
    known_to: Mapped[datetime | None] = mapped_column(sort_order=99)


class Keyed(Copied):
    """A copied row with a key of its own: of each key, one row is current."""

    known_from: Mapped[datetime] = mapped_column(primary_key=True, sort_order=98)


class UnitRow(Keyed, WarehouseTable):
    """A reporting unit and the days it existed on."""

    __tablename__ = "units"
    code: Mapped[str] = mapped_column(String(10), primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20))
    parent_code: Mapped[str | None] = mapped_column(String(10))
    valid_to: Mapped[date]
    source: Mapped[str] = mapped_column(Text)


class TerritoryRow(Keyed, WarehouseTable):
    """A later unit on the land of a unit that ended.

    `is_shared`: the later unit has land of other units too, and no weights are known.
    """

    __tablename__ = "territories"
    unit_code: Mapped[str] = mapped_column(String(10), primary_key=True)
    later_code: Mapped[str] = mapped_column(String(10), primary_key=True)
    is_shared: Mapped[bool]


class ProjectRow(Keyed, WarehouseTable):
    """A project or sub-project."""

    __tablename__ = "projects"
    code: Mapped[str] = mapped_column(String(20), primary_key=True)
    parent_code: Mapped[str | None] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(Text)
    tag: Mapped[str] = mapped_column(String(2))
    source: Mapped[str] = mapped_column(Text)


class CapitalRow(Copied, WarehouseTable):
    """A stream of capital and one published amount of it, in whole đồng."""

    __tablename__ = "capital"
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), index=True)
    parent_code: Mapped[str | None] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(Text)
    scope: Mapped[str | None] = mapped_column(String(10))
    first_year: Mapped[int | None]
    last_year: Mapped[int | None]
    vnd: Mapped[float | None]
    qualifier: Mapped[str | None] = mapped_column(String(10))
    tag: Mapped[str] = mapped_column(String(2))
    source: Mapped[str] = mapped_column(Text)


class IndicatorRow(Keyed, WarehouseTable):
    """An indicator and its formula over facts.

    `over_time` says what its numerator means over time (`program.forms.table.OverTime`),
    `base_over_time` its denominator. `enough_pct`: a sum stands for the whole once this share of
    the reports that are due has come.
    """

    __tablename__ = "indicators"
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    position: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    unit: Mapped[str] = mapped_column(String(40))
    direction: Mapped[str] = mapped_column(String(10))
    kind: Mapped[str] = mapped_column(String(10))
    project_code: Mapped[str | None] = mapped_column(String(20))
    form_code: Mapped[str | None] = mapped_column(String(40))
    numerator: Mapped[str | None] = mapped_column(String(80))
    denominator: Mapped[str | None] = mapped_column(String(80))
    weight: Mapped[str | None] = mapped_column(String(80))
    frequency: Mapped[str | None] = mapped_column(String(10))
    baseline_scope: Mapped[str | None] = mapped_column(String(10))
    baseline_period: Mapped[str | None] = mapped_column(String(10))
    baseline_value: Mapped[float | None]
    baseline_source: Mapped[str | None] = mapped_column(Text)
    over_time: Mapped[str] = mapped_column(String(10), server_default="stock")
    base_over_time: Mapped[str] = mapped_column(String(10), server_default="stock")
    enough_pct: Mapped[float] = mapped_column(server_default="80")
    tag: Mapped[str] = mapped_column(String(2))
    source: Mapped[str] = mapped_column(Text)


class TargetRow(Copied, WarehouseTable):
    """A value to reach. A null `period` stands for every period.

    It applies to the unit `unit_code`, else to the units of `level` (`nation`: to no unit here),
    else to every unit.
    """

    __tablename__ = "targets"
    id: Mapped[int] = mapped_column(primary_key=True)
    indicator_code: Mapped[str] = mapped_column(String(40), index=True)
    scope: Mapped[str] = mapped_column(String(10))
    unit_code: Mapped[str | None] = mapped_column(String(10))
    level: Mapped[str | None] = mapped_column(String(10))
    period: Mapped[str | None] = mapped_column(String(10))
    value: Mapped[float]
    comparison: Mapped[str] = mapped_column(String(10))
    tag: Mapped[str] = mapped_column(String(2))
    source: Mapped[str] = mapped_column(Text)


class ElementPartRow(Keyed, WarehouseTable):
    """A figure of a form, and an element that it adds up or counts, directly or through others."""

    __tablename__ = "element_parts"
    form_code: Mapped[str] = mapped_column(String(40), primary_key=True)
    part: Mapped[str] = mapped_column(String(80), primary_key=True)
    element: Mapped[str] = mapped_column(String(80), primary_key=True)


class PlanPairRow(Keyed, WarehouseTable):
    """A planned figure beside the result that it plans (`program.forms.plan_pairs.PlanPair`)."""

    __tablename__ = "plan_pairs"
    result_form: Mapped[str] = mapped_column(String(40), primary_key=True)
    result_element: Mapped[str] = mapped_column(String(80), primary_key=True)
    plan_form: Mapped[str] = mapped_column(String(40))
    plan_element: Mapped[str] = mapped_column(String(80))
    position: Mapped[int]
    table_name: Mapped[str] = mapped_column(String(80))
    item: Mapped[str] = mapped_column(String(80))
    figure: Mapped[str] = mapped_column(String(80))
    item_name: Mapped[str] = mapped_column(Text)
    figure_name: Mapped[str] = mapped_column(Text)
    measure: Mapped[str] = mapped_column(String(40))
    over_time: Mapped[str] = mapped_column(String(10))
    is_total: Mapped[bool]
    is_units: Mapped[bool]


class ObligationRow(Keyed, WarehouseTable):
    """A report that a unit is to send, from the pack's calendar up to the last run's date."""

    __tablename__ = "obligations"
    form_code: Mapped[str] = mapped_column(String(40), primary_key=True)
    unit_code: Mapped[str] = mapped_column(String(10), primary_key=True, index=True)
    period: Mapped[str] = mapped_column(String(10), primary_key=True)
    stage: Mapped[str] = mapped_column(String(10), primary_key=True)
    due_date: Mapped[date]


class PeriodRow(WarehouseTable):
    """A period that a report can be about, for calculations in marts.

    The table is filled once, with every period of this century. `ends_at` is the period's end in
    years: 2025.0 is the end of 2024. `year_before` is the same period of the year before.
    """

    __tablename__ = "periods"
    code: Mapped[str] = mapped_column(String(10), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    year: Mapped[int]
    first_day: Mapped[date]
    last_day: Mapped[date]
    ends_at: Mapped[float]
    year_before: Mapped[str] = mapped_column(String(10))


class SourceCursorRow(WarehouseTable):
    """How far a source was read: its cursor, and when its last complete listing began.

    `cursor` is null for a source without one. `listed_at` is null until a listing left nothing to
    the next run. `waiting` has the files that were still arriving at the last listing, by their
    external id (`program.delivery.StillArriving`).
    """

    __tablename__ = "source_cursors"
    source: Mapped[str] = mapped_column(String(80), primary_key=True)
    cursor: Mapped[str | None] = mapped_column(Text)
    listed_at: Mapped[datetime | None]
    waiting: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    updated_at: Mapped[datetime]


class RunRow(WarehouseTable):
    """One run: its kind and state (`states.RunKind`, `states.RunState`), its date and summary."""

    __tablename__ = "runs"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[RunKind] = mapped_column(
        _stored_values(RunKind, 20), server_default=RunKind.NIGHTLY.value
    )
    as_of: Mapped[date]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    state: Mapped[RunState] = mapped_column(_stored_values(RunState, 20))
    rule_set_version: Mapped[str] = mapped_column(String(80))
    summary: Mapped[dict[str, Any]] = mapped_column(default=dict)


class DeliveryRow(WarehouseTable):
    """Bytes that arrived, with their state (`states.DeliveryState`).

    A zip of workbooks is a delivery, and so is each of its members (`archive_delivery_id`); so are
    a mail and its attachments.
    `offered_at` is the time that the source claims for it, null where it claims none; `received_at`
    is that time within the limits of our clock (`program.delivery.Arrival`). `duplicate_of_id` is
    an earlier delivery of the same bytes by the same sender. A delivery that has one and is
    `received` may be a duplicate: its load decides. `run_id` is the run that recorded the delivery,
    or that found it to be a duplicate. `refusal` is the
    reader's finding about bytes that were never kept, unless they were refused for their size.
    `attempt` is the number of the delivery's check, from 1; a delivery that is requeued gets the
    next one. `withdrawn_at` says whether it was withdrawn: the state of a withdrawn delivery
    changes once more when its bytes are purged.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("source", "external_id", "external_version"),
        Index(None, "sha256"),
        Index(None, "state"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(80))
    channel: Mapped[str] = mapped_column(String(20))
    external_id: Mapped[str] = mapped_column(Text)
    external_version: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(Text)
    sender_unit: Mapped[str | None] = mapped_column(String(10))
    received_at: Mapped[datetime]
    offered_at: Mapped[datetime | None]
    recorded_at: Mapped[datetime]
    sha256: Mapped[str | None] = mapped_column(String(64))
    size: Mapped[int | None] = mapped_column(BigInteger)
    is_synthetic: Mapped[bool]
    state: Mapped[DeliveryState] = mapped_column(_stored_values(DeliveryState, 20))
    duplicate_of_id: Mapped[int | None] = mapped_column(ForeignKey("deliveries.id"))
    archive_delivery_id: Mapped[int | None] = mapped_column(ForeignKey("deliveries.id"), index=True)
    refusal: Mapped[dict[str, Any] | None]
    attempt: Mapped[int] = mapped_column(server_default="1")
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str | None] = mapped_column(Text)
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"))


class MailRow(WarehouseTable):
    """What a mail says that is a delivery (`program.mail.InboundMail`).

    `thread_ids` is a list of Message-IDs. `authentication` has the results of `spf`, `dkim` and
    `dmarc`. `extracted_run_id` is the run that extracted the attachments, null until then.
    """

    __tablename__ = "mails"
    delivery_id: Mapped[int] = mapped_column(ForeignKey("deliveries.id"), primary_key=True)
    message_id: Mapped[str | None] = mapped_column(Text, index=True)
    from_addresses: Mapped[list[str]]
    from_name: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    claimed_at: Mapped[datetime | None]
    thread_ids: Mapped[list[str]]
    authentication: Mapped[dict[str, Any]]
    is_automatic: Mapped[bool]
    own_text: Mapped[str] = mapped_column(Text)
    links: Mapped[list[str]]
    # No foreign key: a rebuild replays a run that was killed before the run that went on with it.
    extracted_run_id: Mapped[int | None]


class HoldRow(WarehouseTable):
    """Why a delivery was held, and what the office decided. A delivery is held once at most.

    `waits_as` is its state once it is released. `outcome` is null until the office decides, and
    again once it took its decision back: then the other columns say who did that, when and why.
    `unit_code` is the unit to which it was released.
    """

    __tablename__ = "holds"
    delivery_id: Mapped[int] = mapped_column(ForeignKey("deliveries.id"), primary_key=True)
    reason: Mapped[HoldReason] = mapped_column(_stored_values(HoldReason, 30))
    waits_as: Mapped[DeliveryState] = mapped_column(_stored_values(DeliveryState, 20))
    held_at: Mapped[datetime]
    outcome: Mapped[HoldOutcome | None] = mapped_column(_stored_values(HoldOutcome, 10))
    unit_code: Mapped[str | None] = mapped_column(String(10))
    decided_by: Mapped[str | None] = mapped_column(String(200))
    decided_at: Mapped[datetime | None]
    decision_reason: Mapped[str | None] = mapped_column(Text)


class SubmissionRow(WarehouseTable):
    """What a delivery reports about one unit, form, period and stage, with the verdict.

    A delivery may hold several submissions (`report_no`), and may be checked several times
    (`attempt`).
    `version` counts from 1 within the report key. `compared_at` is when a cross-check last saw the
    submission; null: the next run does it. `values_read` is how many values it has, loaded or not.
    """

    __tablename__ = "submissions"
    __table_args__ = (
        UniqueConstraint("delivery_id", "attempt", "report_no"),
        UniqueConstraint("form_code", "unit_code", "period", "stage", "version"),
        Index("ix_submissions_current", "form_code", "unit_code", "period", "stage", "known_to"),
        Index("ix_submissions_period_stage", "period", "stage"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("deliveries.id"))
    attempt: Mapped[int] = mapped_column(server_default="1")
    report_no: Mapped[int] = mapped_column(server_default="1")
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"), index=True)
    form_code: Mapped[str | None] = mapped_column(String(40))
    form_version: Mapped[str | None] = mapped_column(String(40))
    unit_code: Mapped[str | None] = mapped_column(String(10), index=True)
    period: Mapped[str | None] = mapped_column(String(10))
    period_end: Mapped[date | None]
    stage: Mapped[str] = mapped_column(String(10), server_default="final")
    version: Mapped[int | None]
    verdict: Mapped[str] = mapped_column(String(30))
    rule_set_version: Mapped[str] = mapped_column(String(80))
    loaded_at: Mapped[datetime]
    known_from: Mapped[datetime | None]
    known_to: Mapped[datetime | None]
    superseded_by_id: Mapped[int | None] = mapped_column(ForeignKey("submissions.id"), index=True)
    values_read: Mapped[int | None]
    compared_at: Mapped[datetime | None]


class FindingRow(WarehouseTable):
    """One rule broken at one cell of a submission, in the words that its sender reads.

    `waived_by` says who waived it, until when and why; it is empty for every other finding.
    `cross_check_found_at` is when a cross-check found it, null for a finding of the submission's
    own check. `closed_at` is when it no longer held.
    """

    __tablename__ = "findings"
    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"), index=True)
    position: Mapped[int]
    rule: Mapped[str] = mapped_column(String(20))
    severity: Mapped[str] = mapped_column(String(10))
    sheet: Mapped[str | None] = mapped_column(Text)
    cell: Mapped[str | None] = mapped_column(String(24))
    value: Mapped[str | None] = mapped_column(Text)
    message: Mapped[str] = mapped_column(Text)
    expected: Mapped[str] = mapped_column(Text)
    fix: Mapped[str] = mapped_column(Text)
    waived_by: Mapped[str] = mapped_column(Text, server_default="")
    cross_check_found_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


class FactRow(WarehouseTable):
    """One value of one element. Unit and period are those of its submission. Money is in đồng.

    `qualifier` is the word before the figure ("trên 1.200": over). `cell` is a range where a list
    was counted or summed.
    """

    __tablename__ = "facts"
    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"), primary_key=True)
    element: Mapped[str] = mapped_column(String(80), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[float | None]
    text: Mapped[str | None] = mapped_column(Text)
    sheet: Mapped[str] = mapped_column(Text)
    cell: Mapped[str] = mapped_column(String(24))
    qualifier: Mapped[str | None] = mapped_column(String(10))


class ExplanationRow(WarehouseTable):
    """What a sender wrote in reply to a letter of ours: a mail that is a delivery.

    `recipient` is the address that the letter went to. `run_id` is the run that recorded it.
    """

    __tablename__ = "explanations"
    id: Mapped[int] = mapped_column(primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("deliveries.id"), unique=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"))
    unit_code: Mapped[str | None] = mapped_column(String(10))
    recipient: Mapped[str] = mapped_column(String(320))
    letter_id: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime]


class ExplainedReportRow(WarehouseTable):
    """A report that an explanation is about.

    It is a submission; or a report that had not come (form, unit, period and stage).
    """

    __tablename__ = "explained_reports"
    explanation_id: Mapped[int] = mapped_column(ForeignKey("explanations.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int | None] = mapped_column(ForeignKey("submissions.id"), index=True)
    form_code: Mapped[str | None] = mapped_column(String(40))
    unit_code: Mapped[str | None] = mapped_column(String(10))
    period: Mapped[str | None] = mapped_column(String(10))
    stage: Mapped[str | None] = mapped_column(String(10))


class DecisionRow(WarehouseTable):
    """A decision of the office on an explanation, or on a replacement that was held.

    A row never changes. `waivers` are the findings that it waives, as the entries of a pack's
    `corrections/*.yaml` (`program.pack.waiver.WaiverEntry`). `undoes_id` is the earlier decision
    about the same thing that it takes back; null for every other decision. One decision about a
    thing stands at most (`warehouse.lifecycle.decisions`).
    """

    __tablename__ = "decisions"
    id: Mapped[int] = mapped_column(primary_key=True)
    explanation_id: Mapped[int | None] = mapped_column(ForeignKey("explanations.id"), index=True)
    submission_id: Mapped[int | None] = mapped_column(ForeignKey("submissions.id"), index=True)
    undoes_id: Mapped[int | None] = mapped_column(ForeignKey("decisions.id"), unique=True)
    outcome: Mapped[DecisionOutcome] = mapped_column(_stored_values(DecisionOutcome, 10))
    decided_by: Mapped[str] = mapped_column(String(200))
    decided_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)
    waivers: Mapped[list[dict[str, Any]]]


class AuditRow(WarehouseTable):
    """What a person did (`program.records.audit.AuditAction`). A row never changes.

    `subject` says on what: `delivery 12`, `explanation 3`, `submission 40`, `file` and a sha256.
    """

    __tablename__ = "audit"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    signed_by: Mapped[str] = mapped_column(String(200))
    action: Mapped[AuditAction] = mapped_column(_stored_values(AuditAction, 20))
    subject: Mapped[str] = mapped_column(String(200), index=True)
    reason: Mapped[str] = mapped_column(Text)


_IS_ONCE = "kind IN ('checked', 'waived')"
"""The notices of which a recipient gets one about a submission."""


class OutboxRow(WarehouseTable):
    """A notice to a recipient, with its state (`states.OutboxState`).

    It is about a submission, about a report that has not come (form, unit, period and stage), about
    a run, or about an explanation. A recipient is an address, or the label of a channel
    (`publish.mail.channels`). All notices to a recipient go out as one letter. `message_id` and
    `letter_date` are set when the letter is assembled. They never change once it may have left, so
    that a second attempt is the same mail. `claimed_by` is the process that sends it: nobody else
    does until `claimed_until`.

    `verdict`, `run_id`, `step`, `answers_id` and `explanation_id` belong to kinds:
    `warehouse.outbox.enqueue` says which. The unique constraints keep one notice of a kind: a row
    with a null in one of its columns is not bound by a constraint. No constraint has an expression:
    SQLite does not reflect such an index, so that a migration that makes the table again would lose
    it.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index(
            "uq_outbox_once",
            "submission_id",
            "recipient",
            "kind",
            unique=True,
            sqlite_where=text(_IS_ONCE),
            postgresql_where=text(_IS_ONCE),
        ),
        UniqueConstraint("submission_id", "recipient", "run_id"),
        UniqueConstraint("submission_id", "recipient", "answers_id"),
        UniqueConstraint("submission_id", "recipient", "kind", "step"),
        UniqueConstraint("form_code", "unit_code", "period", "stage", "recipient", "kind", "step"),
        # Of alarms: no other kind has both a run and a step.
        Index("uq_outbox_alarms", "recipient", "kind", "run_id", "step", unique=True),
        Index("uq_outbox_explanations", "recipient", "kind", "explanation_id", "step", unique=True),
        Index(None, "unit_code"),
        Index(None, "state"),
        Index(None, "message_id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int | None] = mapped_column(ForeignKey("submissions.id"))
    form_code: Mapped[str | None] = mapped_column(String(40))
    unit_code: Mapped[str | None] = mapped_column(String(10))
    period: Mapped[str | None] = mapped_column(String(10))
    stage: Mapped[str | None] = mapped_column(String(10))
    due_date: Mapped[date | None]
    recipient: Mapped[str] = mapped_column(String(320))
    kind: Mapped[NoticeKind] = mapped_column(_stored_values(NoticeKind, 30))
    verdict: Mapped[str | None] = mapped_column(String(30))
    run_id: Mapped[int | None] = mapped_column(ForeignKey("runs.id"))
    step: Mapped[int | None]
    # No foreign key: of the two notices, a rebuild may be able to record only the answer.
    answers_id: Mapped[int | None]
    explanation_id: Mapped[int | None]
    state: Mapped[OutboxState] = mapped_column(_stored_values(OutboxState, 10))
    created_at: Mapped[datetime]
    message_id: Mapped[str | None] = mapped_column(String(200))
    letter_date: Mapped[date | None]
    claimed_by: Mapped[str | None] = mapped_column(String(200))
    claimed_until: Mapped[datetime | None]
    next_attempt_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    attempts: Mapped[int]
    last_error: Mapped[str | None] = mapped_column(Text)
