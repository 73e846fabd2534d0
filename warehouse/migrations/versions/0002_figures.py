"""What a sum needs to stand for the whole, whose a target is, and meanings over time.

And of what a figure is made, so that doubt travels from the part to the sum.
"""

import sqlalchemy as sa
from alembic import op

import warehouse.tables

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("indicators") as batch_op:
        for name in ("over_time", "base_over_time"):
            batch_op.add_column(
                sa.Column(name, sa.String(10), server_default="stock", nullable=False)
            )
        batch_op.add_column(sa.Column("weight", sa.String(80)))
        batch_op.add_column(
            sa.Column("enough_pct", sa.Double(), server_default="80", nullable=False)
        )
    with op.batch_alter_table("targets") as batch_op:
        batch_op.add_column(sa.Column("unit_code", sa.String(10)))
        batch_op.add_column(sa.Column("level", sa.String(10)))
    op.create_table(
        "element_parts",
        sa.Column("form_code", sa.String(40), nullable=False),
        sa.Column("part", sa.String(80), nullable=False),
        sa.Column("element", sa.String(80), nullable=False),
        sa.Column("known_from", warehouse.tables.Instant(timezone=True), nullable=False),
        sa.Column("known_to", warehouse.tables.Instant(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint(
            "form_code", "part", "element", "known_from", name=op.f("pk_element_parts")
        ),
    )


def downgrade() -> None:
    op.drop_table("element_parts")
    with op.batch_alter_table("targets") as batch_op:
        batch_op.drop_column("level")
        batch_op.drop_column("unit_code")
    with op.batch_alter_table("indicators") as batch_op:
        for name in ("enough_pct", "weight", "base_over_time", "over_time"):
            batch_op.drop_column(name)
