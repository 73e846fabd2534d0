"""An index of submissions by period and stage, for marts and cross-checks."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_submissions_period_stage"), "submissions", ["period", "stage"])


def downgrade() -> None:
    op.drop_index(op.f("ix_submissions_period_stage"), "submissions")
