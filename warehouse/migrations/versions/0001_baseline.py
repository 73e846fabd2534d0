"""The schema of release 0.2.0, the first one. Each later change of the tables is a migration."""

import sqlalchemy as sa
from alembic import op

import warehouse.tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "capital",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("parent_code", sa.String(length=40), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scope", sa.String(length=10), nullable=True),
        sa.Column("first_year", sa.Integer(), nullable=True),
        sa.Column("last_year", sa.Integer(), nullable=True),
        sa.Column("vnd", sa.Double(), nullable=True),
        sa.Column("qualifier", sa.String(length=10), nullable=True),
        sa.Column("tag", sa.String(length=2), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("known_from", warehouse.tables.Instant(timezone=True), nullable=False),
        sa.Column("known_to", warehouse.tables.Instant(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_capital")),
    )
    with op.batch_alter_table("capital", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_capital_code"), ["code"], unique=False)

    op.create_table(
        "indicators",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("unit", sa.String(length=40), nullable=False),
        sa.Column("direction", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("project_code", sa.String(length=20), nullable=True),
        sa.Column("form_code", sa.String(length=40), nullable=True),
        sa.Column("numerator", sa.String(length=80), nullable=True),
        sa.Column("denominator", sa.String(length=80), nullable=True),
        sa.Column("frequency", sa.String(length=10), nullable=True),
        sa.Column("baseline_scope", sa.String(length=10), nullable=True),
        sa.Column("baseline_period", sa.String(length=10), nullable=True),
        sa.Column("baseline_value", sa.Double(), nullable=True),
        sa.Column("baseline_source", sa.Text(), nullable=True),
        sa.Column("tag", sa.String(length=2), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("known_from", warehouse.tables.Instant(timezone=True), nullable=False),
        sa.Column("known_to", warehouse.tables.Instant(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("code", "known_from", name=op.f("pk_indicators")),
    )
    op.create_table(
        "obligations",
        sa.Column("form_code", sa.String(length=40), nullable=False),
        sa.Column("unit_code", sa.String(length=10), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("stage", sa.String(length=10), nullable=False),
        sa.Column("due_date", sa.Date(), nullable=False),
        sa.Column("known_from", warehouse.tables.Instant(timezone=True), nullable=False),
        sa.Column("known_to", warehouse.tables.Instant(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint(
            "form_code", "unit_code", "period", "stage", "known_from", name=op.f("pk_obligations")
        ),
    )
    with op.batch_alter_table("obligations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_obligations_unit_code"), ["unit_code"], unique=False)

    op.create_table(
        "periods",
        sa.Column("code", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("ends_at", sa.Double(), nullable=False),
        sa.Column("year_before", sa.String(length=10), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_periods")),
    )
    op.create_table(
        "projects",
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("parent_code", sa.String(length=20), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tag", sa.String(length=2), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("known_from", warehouse.tables.Instant(timezone=True), nullable=False),
        sa.Column("known_to", warehouse.tables.Instant(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("code", "known_from", name=op.f("pk_projects")),
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("started_at", warehouse.tables.Instant(timezone=True), nullable=False),
        sa.Column("finished_at", warehouse.tables.Instant(timezone=True), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("rule_set_version", sa.String(length=80), nullable=False),
        sa.Column("summary", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
    )
    op.create_table(
        "source_cursors",
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("listed_at", warehouse.tables.Instant(timezone=True), nullable=True),
        sa.Column("waiting", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("updated_at", warehouse.tables.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_source_cursors")),
    )
    op.create_table(
        "targets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("indicator_code", sa.String(length=40), nullable=False),
        sa.Column("scope", sa.String(length=10), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=True),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("comparison", sa.String(length=10), nullable=False),
        sa.Column("tag", sa.String(length=2), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("known_from", warehouse.tables.Instant(timezone=True), nullable=False),
        sa.Column("known_to", warehouse.tables.Instant(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_targets")),
    )
    with op.batch_alter_table("targets", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_targets_indicator_code"), ["indicator_code"], unique=False
        )

    op.create_table(
        "territories",
        sa.Column("unit_code", sa.String(length=10), nullable=False),
        sa.Column("later_code", sa.String(length=10), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("known_from", warehouse.tables.Instant(timezone=True), nullable=False),
        sa.Column("known_to", warehouse.tables.Instant(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint(
            "unit_code", "later_code", "known_from", name=op.f("pk_territories")
        ),
    )
    op.create_table(
        "units",
        sa.Column("code", sa.String(length=10), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("parent_code", sa.String(length=10), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("known_from", warehouse.tables.Instant(timezone=True), nullable=False),
        sa.Column("known_to", warehouse.tables.Instant(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("code", "valid_from", "known_from", name=op.f("pk_units")),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("external_version", sa.String(length=200), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sender_unit", sa.String(length=10), nullable=True),
        sa.Column("received_at", warehouse.tables.Instant(timezone=True), nullable=False),
        sa.Column("offered_at", warehouse.tables.Instant(timezone=True), nullable=True),
        sa.Column("recorded_at", warehouse.tables.Instant(timezone=True), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("is_synthetic", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("duplicate_of_id", sa.Integer(), nullable=True),
        sa.Column("archive_delivery_id", sa.Integer(), nullable=True),
        sa.Column("refusal", sa.JSON(), nullable=True),
        sa.Column("attempt", sa.Integer(), server_default="1", nullable=False),
        sa.Column("withdrawn_at", warehouse.tables.Instant(timezone=True), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["archive_delivery_id"],
            ["deliveries.id"],
            name=op.f("fk_deliveries_archive_delivery_id_deliveries"),
        ),
        sa.ForeignKeyConstraint(
            ["duplicate_of_id"],
            ["deliveries.id"],
            name=op.f("fk_deliveries_duplicate_of_id_deliveries"),
        ),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_deliveries_run_id_runs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint(
            "source",
            "external_id",
            "external_version",
            name=op.f("uq_deliveries_source_external_id_external_version"),
        ),
    )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_deliveries_archive_delivery_id"), ["archive_delivery_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_deliveries_sha256"), ["sha256"], unique=False)
        batch_op.create_index(batch_op.f("ix_deliveries_state"), ["state"], unique=False)

    op.create_table(
        "submissions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), server_default="1", nullable=False),
        sa.Column("report_no", sa.Integer(), server_default="1", nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("form_code", sa.String(length=40), nullable=True),
        sa.Column("form_version", sa.String(length=40), nullable=True),
        sa.Column("unit_code", sa.String(length=10), nullable=True),
        sa.Column("period", sa.String(length=10), nullable=True),
        sa.Column("period_end", sa.Date(), nullable=True),
        sa.Column("stage", sa.String(length=10), server_default="final", nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("verdict", sa.String(length=30), nullable=False),
        sa.Column("rule_set_version", sa.String(length=80), nullable=False),
        sa.Column("loaded_at", warehouse.tables.Instant(timezone=True), nullable=False),
        sa.Column("known_from", warehouse.tables.Instant(timezone=True), nullable=True),
        sa.Column("known_to", warehouse.tables.Instant(timezone=True), nullable=True),
        sa.Column("superseded_by_id", sa.Integer(), nullable=True),
        sa.Column("values_read", sa.Integer(), nullable=True),
        sa.Column("compared_at", warehouse.tables.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name=op.f("fk_submissions_delivery_id_deliveries")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_submissions_run_id_runs")),
        sa.ForeignKeyConstraint(
            ["superseded_by_id"],
            ["submissions.id"],
            name=op.f("fk_submissions_superseded_by_id_submissions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submissions")),
        sa.UniqueConstraint(
            "delivery_id",
            "attempt",
            "report_no",
            name=op.f("uq_submissions_delivery_id_attempt_report_no"),
        ),
        sa.UniqueConstraint(
            "form_code",
            "unit_code",
            "period",
            "stage",
            "version",
            name=op.f("uq_submissions_form_code_unit_code_period_stage_version"),
        ),
    )
    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.create_index(
            "ix_submissions_current",
            ["form_code", "unit_code", "period", "stage", "known_to"],
            unique=False,
        )
        batch_op.create_index("ix_submissions_period_stage", ["period", "stage"], unique=False)
        batch_op.create_index(batch_op.f("ix_submissions_run_id"), ["run_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_submissions_superseded_by_id"), ["superseded_by_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_submissions_unit_code"), ["unit_code"], unique=False)

    op.create_table(
        "facts",
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("element", sa.String(length=80), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("sheet", sa.Text(), nullable=False),
        sa.Column("cell", sa.String(length=24), nullable=False),
        sa.Column("qualifier", sa.String(length=10), nullable=True),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_facts_submission_id_submissions")
        ),
        sa.PrimaryKeyConstraint("submission_id", "element", "line", name=op.f("pk_facts")),
    )
    op.create_table(
        "findings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(length=20), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("sheet", sa.Text(), nullable=True),
        sa.Column("cell", sa.String(length=24), nullable=True),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("expected", sa.Text(), nullable=False),
        sa.Column("fix", sa.Text(), nullable=False),
        sa.Column("overruled", sa.Text(), server_default="", nullable=False),
        sa.Column("cross_check_found_at", warehouse.tables.Instant(timezone=True), nullable=True),
        sa.Column("closed_at", warehouse.tables.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submissions.id"],
            name=op.f("fk_findings_submission_id_submissions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_findings")),
    )
    with op.batch_alter_table("findings", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_findings_submission_id"), ["submission_id"], unique=False
        )

    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=True),
        sa.Column("form_code", sa.String(length=40), nullable=True),
        sa.Column("unit_code", sa.String(length=10), nullable=True),
        sa.Column("period", sa.String(length=10), nullable=True),
        sa.Column("stage", sa.String(length=10), nullable=True),
        sa.Column("due_date", sa.Date(), nullable=True),
        sa.Column("recipient", sa.String(length=320), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("verdict", sa.String(length=30), nullable=True),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("step", sa.Integer(), nullable=True),
        sa.Column("answers_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("created_at", warehouse.tables.Instant(timezone=True), nullable=False),
        sa.Column("message_id", sa.String(length=200), nullable=True),
        sa.Column("letter_date", sa.Date(), nullable=True),
        sa.Column("claimed_by", sa.String(length=200), nullable=True),
        sa.Column("claimed_until", warehouse.tables.Instant(timezone=True), nullable=True),
        sa.Column("next_attempt_at", warehouse.tables.Instant(timezone=True), nullable=True),
        sa.Column("sent_at", warehouse.tables.Instant(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_outbox_run_id_runs")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_outbox_submission_id_submissions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint(
            "form_code",
            "unit_code",
            "period",
            "stage",
            "recipient",
            "kind",
            "step",
            name=op.f("uq_outbox_form_code_unit_code_period_stage_recipient_kind_step"),
        ),
        sa.UniqueConstraint(
            "submission_id",
            "recipient",
            "answers_id",
            name=op.f("uq_outbox_submission_id_recipient_answers_id"),
        ),
        sa.UniqueConstraint(
            "submission_id",
            "recipient",
            "kind",
            "step",
            name=op.f("uq_outbox_submission_id_recipient_kind_step"),
        ),
        sa.UniqueConstraint(
            "submission_id",
            "recipient",
            "run_id",
            name=op.f("uq_outbox_submission_id_recipient_run_id"),
        ),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outbox_message_id"), ["message_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_outbox_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_outbox_unit_code"), ["unit_code"], unique=False)
        batch_op.create_index(
            "uq_outbox_once",
            ["submission_id", "recipient", "kind"],
            unique=True,
            sqlite_where=sa.text("kind IN ('checked', 'waived')"),
            postgresql_where=sa.text("kind IN ('checked', 'waived')"),
        )


def downgrade() -> None:
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_outbox_once",
            sqlite_where=sa.text("kind IN ('checked', 'waived')"),
            postgresql_where=sa.text("kind IN ('checked', 'waived')"),
        )
        batch_op.drop_index(batch_op.f("ix_outbox_unit_code"))
        batch_op.drop_index(batch_op.f("ix_outbox_state"))
        batch_op.drop_index(batch_op.f("ix_outbox_message_id"))

    op.drop_table("outbox")
    with op.batch_alter_table("findings", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_findings_submission_id"))

    op.drop_table("findings")
    op.drop_table("facts")
    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_submissions_unit_code"))
        batch_op.drop_index(batch_op.f("ix_submissions_superseded_by_id"))
        batch_op.drop_index(batch_op.f("ix_submissions_run_id"))
        batch_op.drop_index("ix_submissions_period_stage")
        batch_op.drop_index("ix_submissions_current")

    op.drop_table("submissions")
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_deliveries_state"))
        batch_op.drop_index(batch_op.f("ix_deliveries_sha256"))
        batch_op.drop_index(batch_op.f("ix_deliveries_archive_delivery_id"))

    op.drop_table("deliveries")
    op.drop_table("units")
    op.drop_table("territories")
    with op.batch_alter_table("targets", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_targets_indicator_code"))

    op.drop_table("targets")
    op.drop_table("source_cursors")
    op.drop_table("runs")
    op.drop_table("projects")
    op.drop_table("periods")
    with op.batch_alter_table("obligations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_obligations_unit_code"))

    op.drop_table("obligations")
    op.drop_table("indicators")
    with op.batch_alter_table("capital", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_capital_code"))

    op.drop_table("capital")
