"""A notice may answer an explanation."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("explanation_id", sa.Integer(), nullable=True))
    op.create_index(
        "uq_outbox_explanations",
        "outbox",
        ["recipient", "kind", "explanation_id", "step"],
        unique=True,
    )


def downgrade() -> None:
    op.drop_index("uq_outbox_explanations", table_name="outbox")
    op.drop_column("outbox", "explanation_id")
