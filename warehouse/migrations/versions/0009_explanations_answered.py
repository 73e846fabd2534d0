"""A notice may answer an explanation, and a decision of the office may be undone."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("explanation_id", sa.Integer(), nullable=True))
    op.create_index(
        "uq_outbox_explanations",
        "outbox",
        ["recipient", "kind", "explanation_id", "step"],
        unique=True,
    )
    with op.batch_alter_table("decisions") as batch_op:
        batch_op.drop_constraint("uq_decisions_explanation_id", type_="unique")
        batch_op.drop_constraint("uq_decisions_submission_id", type_="unique")
        batch_op.add_column(sa.Column("undoes_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            "fk_decisions_undoes_id_decisions", "decisions", ["undoes_id"], ["id"]
        )
        batch_op.create_unique_constraint("uq_decisions_undoes_id", ["undoes_id"])
    op.create_index("ix_decisions_explanation_id", "decisions", ["explanation_id"])
    op.create_index("ix_decisions_submission_id", "decisions", ["submission_id"])


def downgrade() -> None:
    op.drop_index("ix_decisions_submission_id", table_name="decisions")
    op.drop_index("ix_decisions_explanation_id", table_name="decisions")
    # The earlier release knows one decision about each thing, and none that was undone.
    op.execute(
        "CREATE TEMPORARY TABLE undone AS "
        "SELECT id FROM decisions WHERE undoes_id IS NOT NULL "
        "UNION SELECT undoes_id FROM decisions WHERE undoes_id IS NOT NULL"
    )
    op.execute("DELETE FROM decisions WHERE id IN (SELECT id FROM undone)")
    op.execute("DROP TABLE undone")
    with op.batch_alter_table("decisions") as batch_op:
        batch_op.drop_constraint("uq_decisions_undoes_id", type_="unique")
        batch_op.drop_constraint("fk_decisions_undoes_id_decisions", type_="foreignkey")
        batch_op.drop_column("undoes_id")
        batch_op.create_unique_constraint("uq_decisions_submission_id", ["submission_id"])
        batch_op.create_unique_constraint("uq_decisions_explanation_id", ["explanation_id"])
    op.drop_index("uq_outbox_explanations", table_name="outbox")
    op.drop_column("outbox", "explanation_id")
