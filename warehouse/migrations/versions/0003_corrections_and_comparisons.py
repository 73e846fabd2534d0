"""Findings that a person overruled, and findings that only a comparison of submissions brings."""

import sqlalchemy as sa
from alembic import op

from warehouse.tables import Instant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("findings", schema=None) as batch_op:
        batch_op.add_column(sa.Column("overruled", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("compared_at", Instant(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("closed_at", Instant(timezone=True), nullable=True))
    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("compared_at", Instant(timezone=True), nullable=True))
