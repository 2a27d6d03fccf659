"""Alembic runs inside the program's own connection; there is no alembic.ini."""

from alembic import context
from sqlmodel import SQLModel

from spy.store import tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    user_module_prefix=f"{tables.__name__}.",
)
with context.begin_transaction():
    context.run_migrations()
