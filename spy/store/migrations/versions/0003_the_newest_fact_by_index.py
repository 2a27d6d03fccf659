"""The newest row of each fact by index, however long the history"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.drop_index("ix_evidence_run_id")
        batch_op.create_index("ix_evidence_fact", ["run", "subject", "name", "id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.drop_index("ix_evidence_fact")
        batch_op.create_index("ix_evidence_run_id", ["run", "id"], unique=False)
