"""A finding's `overruled` is called `waived_by`, as the rest of the code and the docs call it."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("findings", "overruled", new_column_name="waived_by")


def downgrade() -> None:
    op.alter_column("findings", "waived_by", new_column_name="overruled")
