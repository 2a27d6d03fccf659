"""Bring the agent's database to this program's schema, by Alembic."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from spy.domain.errors import StoreError
from spy.store import access_tables, tables

DECLARED = (tables, access_tables)
"""Where tables are declared: what is not imported is not known."""
HERE = Path(__file__).parent / "migrations"


def alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    return config


def upgrade(store: Engine) -> None:
    """Apply what is missing, in one transaction; a database of a newer program is refused."""
    try:
        with store.begin() as connection:
            upgrade_to(connection, "head")
    except DBAPIError as broken:
        raise StoreError(f"store: cannot be prepared: {broken.orig}") from broken


def upgrade_to(connection: Connection, revision: str) -> None:
    """Apply what is missing up to one revision, in the caller's transaction."""
    config = alembic_config()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, revision)
    except CommandError as wrong:
        raise StoreError(f"store: its schema is not one of ours, perhaps of a newer version: {wrong}") from None


def revisions() -> list[str]:
    """All that this program knows, the first one first."""
    scripts = ScriptDirectory.from_config(alembic_config())
    return [script.revision for script in scripts.walk_revisions()][::-1]


def make_at_once(store: Engine) -> None:
    """All tables as they are now, without the way there: for a store that nobody keeps."""
    SQLModel.metadata.create_all(store)
