"""Several submissions in a delivery, deliveries that came in a zip, and reading a delivery again."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_PARTS = "uq_submissions_delivery_id_judgement_part"


def upgrade() -> None:
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.add_column(sa.Column("packed_in_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("refusal", sa.JSON(), nullable=True))
        batch_op.add_column(
            sa.Column("judgement", sa.Integer(), server_default="1", nullable=False)
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_deliveries_packed_in_id_deliveries"),
            "deliveries",
            ["packed_in_id"],
            ["id"],
        )
        batch_op.create_index(
            batch_op.f("ix_deliveries_packed_in_id"), ["packed_in_id"], unique=False
        )

    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("judgement", sa.Integer(), server_default="1", nullable=False)
        )
        batch_op.add_column(sa.Column("part", sa.Integer(), server_default="1", nullable=False))
        batch_op.drop_constraint(batch_op.f("uq_submissions_delivery_id"), type_="unique")
        batch_op.create_unique_constraint(batch_op.f(_PARTS), ["delivery_id", "judgement", "part"])


def downgrade() -> None:
    """Go back, where every delivery is one submission; the older schema cannot hold several of one: IntegrityError."""
    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f(_PARTS), type_="unique")
        batch_op.create_unique_constraint(batch_op.f("uq_submissions_delivery_id"), ["delivery_id"])
        batch_op.drop_column("part")
        batch_op.drop_column("judgement")

    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_deliveries_packed_in_id"))
        batch_op.drop_constraint(
            batch_op.f("fk_deliveries_packed_in_id_deliveries"), type_="foreignkey"
        )
        batch_op.drop_column("judgement")
        batch_op.drop_column("refusal")
        batch_op.drop_column("packed_in_id")
