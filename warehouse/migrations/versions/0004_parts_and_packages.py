"""Several submissions in a delivery, members of a zip, and checking a delivery again."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_PARTS = "uq_submissions_delivery_id_attempt_part"


def upgrade() -> None:
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.add_column(sa.Column("archive_delivery_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("refusal", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("attempt", sa.Integer(), server_default="1", nullable=False))
        batch_op.create_foreign_key(
            batch_op.f("fk_deliveries_packed_in_id_deliveries"),
            "deliveries",
            ["archive_delivery_id"],
            ["id"],
        )
        batch_op.create_index(
            batch_op.f("ix_deliveries_archive_delivery_id"), ["archive_delivery_id"], unique=False
        )

    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("attempt", sa.Integer(), server_default="1", nullable=False))
        batch_op.add_column(sa.Column("part", sa.Integer(), server_default="1", nullable=False))
        batch_op.drop_constraint(batch_op.f("uq_submissions_delivery_id"), type_="unique")
        batch_op.create_unique_constraint(batch_op.f(_PARTS), ["delivery_id", "attempt", "part"])


def downgrade() -> None:
    """Go back, where every delivery is one submission.

    The older schema cannot hold several of one: IntegrityError.
    """
    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f(_PARTS), type_="unique")
        batch_op.create_unique_constraint(batch_op.f("uq_submissions_delivery_id"), ["delivery_id"])
        batch_op.drop_column("part")
        batch_op.drop_column("attempt")

    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_deliveries_archive_delivery_id"))
        batch_op.drop_constraint(
            batch_op.f("fk_deliveries_packed_in_id_deliveries"), type_="foreignkey"
        )
        batch_op.drop_column("attempt")
        batch_op.drop_column("refusal")
        batch_op.drop_column("archive_delivery_id")
