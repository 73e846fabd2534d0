"""History of the pack's catalogue, periods, counts of values, and withdrawn files."""

import sqlalchemy as sa
from alembic import op

from warehouse.tables import Instant

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_KEYS = {
    "units": ["code", "valid_from"],
    "territories": ["unit_code", "later_code"],
    "projects": ["code"],
    "indicators": ["code"],
    "obligations": ["form_code", "unit_code", "period", "stage"],
}
_COPIED = (*_KEYS, "capital", "targets")
_TARGETS_FK = "fk_targets_indicator_code_indicators"


def upgrade() -> None:
    with op.batch_alter_table("targets", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f(_TARGETS_FK), type_="foreignkey")
    with op.batch_alter_table("indicators", schema=None) as batch_op:
        batch_op.add_column(sa.Column("baseline_scope", sa.String(length=10), nullable=True))
    for table in _COPIED:
        _begin_history(table)
    op.create_index("ix_obligations_unit_code", "obligations", ["unit_code"])
    op.create_table(
        "periods",
        sa.Column("code", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("ends_at", sa.Double(), nullable=False),
        sa.Column("year_before", sa.String(length=10), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_periods")),
    )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.add_column(sa.Column("withdrawn_at", Instant(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("withdrawn_reason", sa.Text(), nullable=True))
    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("values_read", sa.Integer(), nullable=True))
        batch_op.create_index("ix_submissions_unit_code", ["unit_code"], unique=False)
        batch_op.create_index("ix_submissions_superseded_by_id", ["superseded_by_id"], unique=False)
    # Of reports that were not loaded nobody counted: unknown.
    op.execute(
        "UPDATE submissions SET values_read = "
        "(SELECT COUNT(*) FROM facts WHERE facts.submission_id = submissions.id) "
        "WHERE known_from IS NOT NULL"
    )


def _begin_history(table: str) -> None:
    """Take rows of the catalogue as known since the first run; older ones were not kept."""
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.add_column(sa.Column("known_from", Instant(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("known_to", Instant(timezone=True), nullable=True))
    op.execute(f"UPDATE {table} SET known_from = (SELECT MIN(started_at) FROM runs)")  # noqa: S608  (our own names)
    op.execute(f"DELETE FROM {table} WHERE known_from IS NULL")  # noqa: S608  (no night has begun: nothing to keep)
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.alter_column("known_from", existing_type=Instant(timezone=True), nullable=False)
        if table in _KEYS:
            batch_op.drop_constraint(batch_op.f(f"pk_{table}"), type_="primary")
            batch_op.create_primary_key(batch_op.f(f"pk_{table}"), [*_KEYS[table], "known_from"])


def downgrade() -> None:
    """Go back to what the pack says now.

    What it said before is lost, and so is why a file was withdrawn.
    """
    # The older schema knows no withdrawn file: it is one that was taken in and is believed no
    # longer.
    op.execute("UPDATE deliveries SET state = 'processed' WHERE state = 'withdrawn'")
    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.drop_index("ix_submissions_superseded_by_id")
        batch_op.drop_index("ix_submissions_unit_code")
        batch_op.drop_column("values_read")
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_column("withdrawn_reason")
        batch_op.drop_column("withdrawn_at")
    op.drop_table("periods")
    op.drop_index("ix_obligations_unit_code", "obligations")
    for table in reversed(_COPIED):
        _end_history(table)
    with op.batch_alter_table("indicators", schema=None) as batch_op:
        batch_op.drop_column("baseline_scope")
    with op.batch_alter_table("targets", schema=None) as batch_op:
        batch_op.create_foreign_key(
            batch_op.f(_TARGETS_FK), "indicators", ["indicator_code"], ["code"], ondelete="CASCADE"
        )


def _end_history(table: str) -> None:
    op.execute(f"DELETE FROM {table} WHERE known_to IS NOT NULL")  # noqa: S608  (our own names)
    with op.batch_alter_table(table, schema=None) as batch_op:
        if table in _KEYS:
            batch_op.drop_constraint(batch_op.f(f"pk_{table}"), type_="primary")
            batch_op.create_primary_key(batch_op.f(f"pk_{table}"), _KEYS[table])
        batch_op.drop_column("known_to")
        batch_op.drop_column("known_from")
