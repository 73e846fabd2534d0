"""Stages of a report, qualifiers, capital, baselines, and which units lie in an old one."""

import sqlalchemy as sa
from alembic import op

from program.calendar.period import Period

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Copied from the pack each night, and read again by the next one.
    for table in ("targets", "indicators"):
        op.execute(f"DELETE FROM {table}")  # noqa: S608  (our own names)
    op.drop_table("obligations")
    op.create_table(
        "obligations",
        sa.Column("form_code", sa.String(length=40), nullable=False),
        sa.Column("unit_code", sa.String(length=10), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("stage", sa.String(length=10), nullable=False),
        sa.Column("due_date", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint(
            "form_code", "unit_code", "period", "stage", name=op.f("pk_obligations")
        ),
    )
    op.create_table(
        "capital",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("parent_code", sa.String(length=40), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scope", sa.String(length=10), nullable=True),
        sa.Column("first_year", sa.Integer(), nullable=True),
        sa.Column("last_year", sa.Integer(), nullable=True),
        sa.Column("vnd", sa.Double(), nullable=True),
        sa.Column("qualifier", sa.String(length=10), nullable=True),
        sa.Column("tag", sa.String(length=2), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_capital")),
    )
    with op.batch_alter_table("capital", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_capital_code"), ["code"], unique=False)

    op.create_table(
        "territories",
        sa.Column("unit_code", sa.String(length=10), nullable=False),
        sa.Column("later_code", sa.String(length=10), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("unit_code", "later_code", name=op.f("pk_territories")),
    )
    with op.batch_alter_table("facts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("qualifier", sa.String(length=10), nullable=True))
        batch_op.alter_column(
            "cell",
            existing_type=sa.VARCHAR(length=12),
            type_=sa.String(length=24),
            existing_nullable=False,
        )

    with op.batch_alter_table("indicators", schema=None) as batch_op:
        batch_op.add_column(sa.Column("frequency", sa.String(length=10), nullable=True))
        batch_op.add_column(sa.Column("baseline_period", sa.String(length=10), nullable=True))
        batch_op.add_column(sa.Column("baseline_value", sa.Double(), nullable=True))
        batch_op.add_column(sa.Column("baseline_source", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("tag", sa.String(length=2), nullable=False))

    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("stage", sa.String(length=10), server_default="final", nullable=False)
        )
        batch_op.add_column(sa.Column("period_end", sa.Date(), nullable=True))
        batch_op.drop_constraint(
            batch_op.f("uq_submissions_form_code_unit_code_period_version"), type_="unique"
        )
        batch_op.create_unique_constraint(
            batch_op.f("uq_submissions_form_code_unit_code_period_stage_version"),
            ["form_code", "unit_code", "period", "stage", "version"],
        )
        batch_op.drop_index("ix_submissions_current")
        batch_op.create_index(
            "ix_submissions_current", ["form_code", "unit_code", "period", "stage", "known_to"]
        )
    _fill_period_ends(op.get_bind())


def _fill_period_ends(connection: sa.Connection) -> None:
    submissions = sa.table(
        "submissions", sa.column("period", sa.String), sa.column("period_end", sa.Date)
    )
    for code in connection.scalars(
        sa.select(submissions.c.period).distinct().where(submissions.c.period.is_not(None))
    ).all():
        end = Period.parse(code).end
        connection.execute(
            sa.update(submissions).where(submissions.c.period == code).values(period_end=end)
        )


def downgrade() -> None:
    """Go back, where each report is of one stage.

    The older schema cannot hold two of one period: IntegrityError.
    """
    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.drop_index("ix_submissions_current")
        batch_op.drop_constraint(
            batch_op.f("uq_submissions_form_code_unit_code_period_stage_version"), type_="unique"
        )
        batch_op.create_unique_constraint(
            batch_op.f("uq_submissions_form_code_unit_code_period_version"),
            ["form_code", "unit_code", "period", "version"],
        )
        batch_op.create_index(
            "ix_submissions_current", ["form_code", "unit_code", "period", "known_to"], unique=False
        )
        batch_op.drop_column("period_end")
        batch_op.drop_column("stage")
    with op.batch_alter_table("indicators", schema=None) as batch_op:
        for name in ("tag", "baseline_source", "baseline_value", "baseline_period", "frequency"):
            batch_op.drop_column(name)
    with op.batch_alter_table("facts", schema=None) as batch_op:
        batch_op.alter_column(
            "cell",
            existing_type=sa.String(length=24),
            type_=sa.String(length=12),
            existing_nullable=False,
        )
        batch_op.drop_column("qualifier")
    op.drop_table("territories")
    op.drop_table("capital")
    # Copied from the pack each night, and read again by the next one.
    op.drop_table("obligations")
    op.create_table(
        "obligations",
        sa.Column("form_code", sa.String(length=40), nullable=False),
        sa.Column("unit_code", sa.String(length=10), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("due_date", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("form_code", "unit_code", "period", name=op.f("pk_obligations")),
    )
