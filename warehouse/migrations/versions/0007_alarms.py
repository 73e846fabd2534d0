"""Alarms about runs: one of each for a channel."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "uq_outbox_alarms", "outbox", ["recipient", "kind", "run_id", "step"], unique=True
    )


def downgrade() -> None:
    op.drop_index("uq_outbox_alarms", table_name="outbox")
