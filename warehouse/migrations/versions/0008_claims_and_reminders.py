"""The outbox: claims with a lease, the next attempt, and notices of reports that have not come."""

import sqlalchemy as sa
from alembic import op

from warehouse.tables import Instant

revision = "0008"
down_revision = "0006"
branch_labels = None
depends_on = None

_REPORT = ("form_code", "unit_code", "period", "stage", "recipient", "kind")
_SIZES = {"form_code": 40, "unit_code": 10, "period": 10, "stage": 10}


def upgrade() -> None:
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.alter_column("submission_id", existing_type=sa.Integer(), nullable=True)
        for name, size in _SIZES.items():
            batch_op.add_column(sa.Column(name, sa.String(size), nullable=True))
        batch_op.add_column(sa.Column("due_date", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("dated", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("claimed_by", sa.String(200), nullable=True))
        batch_op.add_column(sa.Column("claimed_until", Instant(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("next_attempt_at", Instant(timezone=True), nullable=True))
        batch_op.create_unique_constraint(batch_op.f(f"uq_outbox_{'_'.join(_REPORT)}"), _REPORT)
        batch_op.create_index(batch_op.f("ix_outbox_message_id"), ["message_id"])


def downgrade() -> None:
    """Go back.

    Notices that are about no submission, or were settled untold, are left out: the earlier version
    knows none.
    """
    op.execute("DELETE FROM outbox WHERE submission_id IS NULL OR state = 'overtaken'")
    op.execute("UPDATE outbox SET state = 'pending' WHERE state = 'failed'")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outbox_message_id"))
        batch_op.drop_constraint(batch_op.f(f"uq_outbox_{'_'.join(_REPORT)}"), type_="unique")
        for name in (
            "next_attempt_at",
            "claimed_until",
            "claimed_by",
            "dated",
            "due_date",
            *reversed(_SIZES),
        ):
            batch_op.drop_column(name)
        batch_op.alter_column("submission_id", existing_type=sa.Integer(), nullable=False)
