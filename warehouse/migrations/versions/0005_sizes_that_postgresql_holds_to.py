"""Sizes that only PostgreSQL enforces: a finding's range of cells, a file of over 2 GB."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _resize(sa.String(12), sa.String(24), sa.Integer(), sa.BigInteger())


def downgrade() -> None:
    """Go back; PostgreSQL refuses where a longer value is kept by now."""
    _resize(sa.String(24), sa.String(12), sa.BigInteger(), sa.Integer())


def _resize(cell: sa.String, new_cell: sa.String, size: sa.Integer, new_size: sa.Integer) -> None:
    with op.batch_alter_table("findings", schema=None) as batch_op:
        batch_op.alter_column("cell", existing_type=cell, type_=new_cell, existing_nullable=True)
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.alter_column("size", existing_type=size, type_=new_size, existing_nullable=True)
