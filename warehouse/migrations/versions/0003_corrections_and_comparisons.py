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


def downgrade() -> None:
    """Go back.

    Findings that hold no more, and who overruled one, are left out: the older schema knows neither.
    """
    op.execute("DELETE FROM findings WHERE closed_at IS NOT NULL")
    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.drop_column("compared_at")
    with op.batch_alter_table("findings", schema=None) as batch_op:
        for name in ("closed_at", "compared_at", "overruled"):
            batch_op.drop_column(name)
