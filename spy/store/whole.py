"""The store as tables that the database itself tells: whatever schema it has, older than this program's too."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, event

from spy.store.types import UtcDateTime

VERSION = "alembic_version"


def tables_of(connection: Connection) -> list[sa.Table]:
    """Every table but Alembic's own, by name. Times are typed as ours; JSON is the text that is stored."""
    found = sa.MetaData()
    event.listen(found, "column_reflect", _times_are_utc)
    found.reflect(connection)
    return [table for name, table in sorted(found.tables.items()) if name != VERSION]


def _times_are_utc(_inspector: Any, _table: sa.Table, column: Any) -> None:
    if isinstance(column["type"], sa.DateTime):
        column["type"] = UtcDateTime()


def is_time(column: sa.Column[Any]) -> bool:
    return isinstance(column.type, UtcDateTime)


def revision_of(connection: Connection) -> str | None:
    """The schema's revision; None where no migration ever ran."""
    return MigrationContext.configure(connection).get_current_revision()
