"""The schema. Alembic's migrations must equal it; a test compares them.

Times are UTC. A submission is what we believed from `known_from` until `known_to` (None: until now); its facts share
its two times, which is why they stand once, on the submission.
"""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    Index,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Instant(TypeDecorator[datetime]):
    """A point in time, kept and given back in UTC; SQLite itself forgets time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  (SQLAlchemy's signature)
        """Refuse a time without a zone."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a time without a time zone")
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give UTC back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Table(DeclarativeBase):
    """Names every constraint, so that a migration can find it again on any database."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: Instant, dict[str, Any]: JSON, float: Double}  # noqa: RUF012  (SQLAlchemy reads it so)


class Copied:
    """What the pack says, and when: each night copies what changed. A row that is said no more is closed, never deleted."""

    known_from: Mapped[datetime] = mapped_column(sort_order=98)
    known_to: Mapped[datetime | None] = mapped_column(sort_order=99)


class Keyed(Copied):
    """The same, for what has a key of its own: it holds once at a time."""

    known_from: Mapped[datetime] = mapped_column(primary_key=True, sort_order=98)


class UnitRow(Keyed, Table):
    """A reporting unit and the days it existed on."""

    __tablename__ = "units"
    code: Mapped[str] = mapped_column(String(10), primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20))
    parent_code: Mapped[str | None] = mapped_column(String(10))
    valid_to: Mapped[date]
    source: Mapped[str] = mapped_column(Text)


class TerritoryRow(Keyed, Table):
    """Which later units a unit that ended lies in; `is_shared`: the later one took land of others too, and no weight is known."""

    __tablename__ = "territories"
    unit_code: Mapped[str] = mapped_column(String(10), primary_key=True)
    later_code: Mapped[str] = mapped_column(String(10), primary_key=True)
    is_shared: Mapped[bool]


class ProjectRow(Keyed, Table):
    """A project or sub-project."""

    __tablename__ = "projects"
    code: Mapped[str] = mapped_column(String(20), primary_key=True)
    parent_code: Mapped[str | None] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(Text)
    tag: Mapped[str] = mapped_column(String(2))
    source: Mapped[str] = mapped_column(Text)


class CapitalRow(Copied, Table):
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


class IndicatorRow(Keyed, Table):
    """An indicator and its formula over facts."""

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
    frequency: Mapped[str | None] = mapped_column(String(10))
    baseline_scope: Mapped[str | None] = mapped_column(String(10))
    baseline_period: Mapped[str | None] = mapped_column(String(10))
    baseline_value: Mapped[float | None]
    baseline_source: Mapped[str | None] = mapped_column(Text)
    tag: Mapped[str] = mapped_column(String(2))
    source: Mapped[str] = mapped_column(Text)


class TargetRow(Copied, Table):
    """A value to reach; `period` None holds for every period."""

    __tablename__ = "targets"
    id: Mapped[int] = mapped_column(primary_key=True)
    indicator_code: Mapped[str] = mapped_column(String(40), index=True)
    scope: Mapped[str] = mapped_column(String(10))
    period: Mapped[str | None] = mapped_column(String(10))
    value: Mapped[float]
    comparison: Mapped[str] = mapped_column(String(10))
    tag: Mapped[str] = mapped_column(String(2))
    source: Mapped[str] = mapped_column(Text)


class ObligationRow(Keyed, Table):
    """A report that a unit owes, from the pack's calendar up to the last night's date."""

    __tablename__ = "obligations"
    form_code: Mapped[str] = mapped_column(String(40), primary_key=True)
    unit_code: Mapped[str] = mapped_column(String(10), primary_key=True, index=True)
    period: Mapped[str] = mapped_column(String(10), primary_key=True)
    stage: Mapped[str] = mapped_column(String(10), primary_key=True)
    due_date: Mapped[date]


class PeriodRow(Table):
    """A period that a report can cover, for marts to reckon with. Every one of this century; filled once.

    `ends_at`: its end in years, 2025.0 for the end of 2024. `year_before`: the same period of the year before.
    """

    __tablename__ = "periods"
    code: Mapped[str] = mapped_column(String(10), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    year: Mapped[int]
    first_day: Mapped[date]
    last_day: Mapped[date]
    ends_at: Mapped[float]
    year_before: Mapped[str] = mapped_column(String(10))


class WatermarkRow(Table):
    """How far a source with a cursor was read."""

    __tablename__ = "watermarks"
    source: Mapped[str] = mapped_column(String(80), primary_key=True)
    cursor: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[datetime]


class RunRow(Table):
    """One night: what it was about and what came of it."""

    __tablename__ = "runs"
    id: Mapped[int] = mapped_column(primary_key=True)
    as_of: Mapped[date]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(String(20))
    rule_set_version: Mapped[str] = mapped_column(String(80))
    summary: Mapped[dict[str, Any]] = mapped_column(default=dict)


class DeliveryRow(Table):
    """Bytes that arrived. `state`: received → processed; repeated (the same sender's same bytes again).

    A zip of workbooks: packed → unpacked; what was in it are deliveries of their own (`packed_in_id`), those that go with
    tables (a signed scan) `enclosed`. `judgement` counts how often it is judged: reading it again adds one. `refusal` is the
    problem of bytes that were never kept, where that is not their size. A delivery that was taken back is `withdrawn`.
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
    recorded_at: Mapped[datetime]
    sha256: Mapped[str | None] = mapped_column(String(64))
    size: Mapped[int | None] = mapped_column(BigInteger)
    is_synthetic: Mapped[bool]
    state: Mapped[str] = mapped_column(String(20))
    repeats_id: Mapped[int | None] = mapped_column(ForeignKey("deliveries.id"))
    packed_in_id: Mapped[int | None] = mapped_column(ForeignKey("deliveries.id"), index=True)
    refusal: Mapped[dict[str, Any] | None]
    judgement: Mapped[int] = mapped_column(server_default="1")
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str | None] = mapped_column(Text)
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"))


class SubmissionRow(Table):
    """What a delivery says about one unit, form, period and stage, with the verdict. `version` counts from 1 within the four.

    A delivery may hold several, its `part`s, and be judged more than once. `compared_at`: when it was last held against what
    other submissions say; None: not yet, the next night does it. `values_read`: how many values it held, loaded or not.
    """

    __tablename__ = "submissions"
    __table_args__ = (
        UniqueConstraint("delivery_id", "judgement", "part"),
        UniqueConstraint("form_code", "unit_code", "period", "stage", "version"),
        Index("ix_submissions_current", "form_code", "unit_code", "period", "stage", "known_to"),
        Index("ix_submissions_period_stage", "period", "stage"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("deliveries.id"))
    judgement: Mapped[int] = mapped_column(server_default="1")
    part: Mapped[int] = mapped_column(server_default="1")
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


class FindingRow(Table):
    """One rule broken at one place of a submission, in the words its sender read.

    `overruled`: who took its severity from it, until when and why; "" for every other. `compared_at`: when it was found by
    comparing with other submissions, None for what was found in the submission itself; `closed_at`: when that held no more.
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
    overruled: Mapped[str] = mapped_column(Text, server_default="")
    compared_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


class FactRow(Table):
    """One value of one data element; unit and period are its submission's. Money is in whole đồng.

    `qualifier` is the word before the figure ("trên 1.200": over); `cell` a range where a list was counted or summed.
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


class OutboxRow(Table):
    """A notice owed to a recipient: about a submission, or about a report that has not come (form, unit, period, stage).

    What is owed to a recipient goes out as one mail. `message_id` and the day (`dated`) are given when the mail is put together
    and never change, so that a repeat is the same mail. `state`: pending → sent; failed, where the mail server refused it for
    good; overtaken, where it was settled before it was told. What a process has `claimed_by` its name is nobody else's until
    `claimed_until`.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("submission_id", "recipient", "kind"),
        UniqueConstraint("form_code", "unit_code", "period", "stage", "recipient", "kind"),
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
    kind: Mapped[str] = mapped_column(String(30))
    state: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[datetime]
    message_id: Mapped[str | None] = mapped_column(String(200))
    dated: Mapped[date | None]
    claimed_by: Mapped[str | None] = mapped_column(String(200))
    claimed_until: Mapped[datetime | None]
    next_attempt_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    attempts: Mapped[int]
    last_error: Mapped[str | None] = mapped_column(Text)
