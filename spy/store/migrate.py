"""Bring the agent's database to this program's schema, by Alembic."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from spy.domain.errors import StoreError

HERE = Path(__file__).parent / "migrations"


def alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    return config


def upgrade(store: Engine) -> None:
    """Apply what is missing, in one transaction; a database of a newer program is refused."""
    config = alembic_config()
    try:
        with store.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except CommandError as wrong:
        raise StoreError(f"store: its schema is not one of ours, perhaps of a newer version: {wrong}") from None
    except DBAPIError as broken:
        raise StoreError(f"store: cannot be prepared: {broken.orig}") from broken
