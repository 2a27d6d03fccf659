"""How services answer: their last new data, their own time, credentials and breakers"""

import sqlalchemy as sa
from alembic import op

from spy.store.types import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

COLUMNS = ("last_new", "as_of", "credential", "credential_until", "credential_problem", "has_breaker", "breaker_until")


def upgrade() -> None:
    with op.batch_alter_table("probe", schema=None) as batch_op:
        batch_op.add_column(sa.Column("last_new", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("as_of", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("credential", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("credential_until", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("credential_problem", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("has_breaker", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("breaker_until", UtcDateTime(), nullable=True))
    # What the ledger tells already; the rest is known after the next look.
    newest = "SELECT max(seen_at) FROM evidence WHERE source = probe.name AND value <> 'null'"
    op.execute(f"UPDATE probe SET last_new = ({newest})")
    op.execute("UPDATE probe SET as_of = (SELECT max(as_of) FROM evidence WHERE source = probe.name)")


def downgrade() -> None:
    with op.batch_alter_table("probe", schema=None) as batch_op:
        for column in reversed(COLUMNS):
            batch_op.drop_column(column)
