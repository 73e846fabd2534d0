"""What senders explain, and what the office decides about it."""

import sqlalchemy as sa
from alembic import op

import warehouse.tables

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "explanations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("unit_code", sa.String(10), nullable=True),
        sa.Column("recipient", sa.String(320), nullable=False),
        sa.Column("letter_id", sa.String(200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("received_at", warehouse.tables.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name=op.f("fk_explanations_delivery_id_deliveries")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_explanations_run_id_runs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_explanations")),
        sa.UniqueConstraint("delivery_id", name=op.f("uq_explanations_delivery_id")),
    )
    op.create_table(
        "decisions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("explanation_id", sa.Integer(), nullable=True),
        sa.Column("submission_id", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.String(10), nullable=False),
        sa.Column("decided_by", sa.String(200), nullable=False),
        sa.Column("decided_at", warehouse.tables.Instant(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("waivers", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["explanation_id"],
            ["explanations.id"],
            name=op.f("fk_decisions_explanation_id_explanations"),
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submissions.id"],
            name=op.f("fk_decisions_submission_id_submissions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
        sa.UniqueConstraint("explanation_id", name=op.f("uq_decisions_explanation_id")),
        sa.UniqueConstraint("submission_id", name=op.f("uq_decisions_submission_id")),
    )
    op.create_table(
        "explained_reports",
        sa.Column("explanation_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=True),
        sa.Column("form_code", sa.String(40), nullable=True),
        sa.Column("unit_code", sa.String(10), nullable=True),
        sa.Column("period", sa.String(10), nullable=True),
        sa.Column("stage", sa.String(10), nullable=True),
        sa.ForeignKeyConstraint(
            ["explanation_id"],
            ["explanations.id"],
            name=op.f("fk_explained_reports_explanation_id_explanations"),
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submissions.id"],
            name=op.f("fk_explained_reports_submission_id_submissions"),
        ),
        sa.PrimaryKeyConstraint("explanation_id", "position", name=op.f("pk_explained_reports")),
    )
    op.create_index(
        op.f("ix_explained_reports_submission_id"), "explained_reports", ["submission_id"]
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_explained_reports_submission_id"), "explained_reports")
    op.drop_table("explained_reports")
    op.drop_table("decisions")
    op.drop_table("explanations")
