"""Mails as deliveries, and deliveries that wait for the office."""

import sqlalchemy as sa
from alembic import op

import warehouse.tables

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mails",
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("from_addresses", sa.JSON(), nullable=False),
        sa.Column("from_name", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("claimed_at", warehouse.tables.Instant(timezone=True), nullable=True),
        sa.Column("thread_ids", sa.JSON(), nullable=False),
        sa.Column("authentication", sa.JSON(), nullable=False),
        sa.Column("is_automatic", sa.Boolean(), nullable=False),
        sa.Column("own_text", sa.Text(), nullable=False),
        sa.Column("links", sa.JSON(), nullable=False),
        sa.Column("extracted_run_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name=op.f("fk_mails_delivery_id_deliveries")
        ),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_mails")),
    )
    op.create_index(op.f("ix_mails_message_id"), "mails", ["message_id"])
    op.create_table(
        "holds",
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(30), nullable=False),
        sa.Column("waits_as", sa.String(20), nullable=False),
        sa.Column("held_at", warehouse.tables.Instant(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(10), nullable=True),
        sa.Column("unit_code", sa.String(10), nullable=True),
        sa.Column("decided_by", sa.String(200), nullable=True),
        sa.Column("decided_at", warehouse.tables.Instant(timezone=True), nullable=True),
        sa.Column("decision_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name=op.f("fk_holds_delivery_id_deliveries")
        ),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_holds")),
    )


def downgrade() -> None:
    op.drop_table("holds")
    op.drop_index(op.f("ix_mails_message_id"), "mails")
    op.drop_table("mails")
