"""What a run does: all steps of a nightly run, or the intake of what came."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "runs", sa.Column("kind", sa.String(20), server_default="nightly", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("runs", "kind")
