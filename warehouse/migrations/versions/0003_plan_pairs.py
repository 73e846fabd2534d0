"""What was planned beside what was done: the figures of forms that belong together."""

import sqlalchemy as sa
from alembic import op

import warehouse.tables

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plan_pairs",
        sa.Column("result_form", sa.String(40), nullable=False),
        sa.Column("result_element", sa.String(80), nullable=False),
        sa.Column("plan_form", sa.String(40), nullable=False),
        sa.Column("plan_element", sa.String(80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("table_name", sa.String(80), nullable=False),
        sa.Column("item", sa.String(80), nullable=False),
        sa.Column("figure", sa.String(80), nullable=False),
        sa.Column("item_name", sa.Text(), nullable=False),
        sa.Column("figure_name", sa.Text(), nullable=False),
        sa.Column("measure", sa.String(40), nullable=False),
        sa.Column("over_time", sa.String(10), nullable=False),
        sa.Column("is_total", sa.Boolean(), nullable=False),
        sa.Column("is_units", sa.Boolean(), nullable=False),
        sa.Column("known_from", warehouse.tables.Instant(timezone=True), nullable=False),
        sa.Column("known_to", warehouse.tables.Instant(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint(
            "result_form", "result_element", "known_from", name=op.f("pk_plan_pairs")
        ),
    )


def downgrade() -> None:
    op.drop_table("plan_pairs")
