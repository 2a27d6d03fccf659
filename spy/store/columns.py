"""Columns that all tables are made of."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Column, Integer, Text

from spy.store.types import UtcDateTime


def key() -> Column[int]:
    """An ever-growing key; SQLite counts only in INTEGER."""
    return Column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)


def text() -> Column[str]:
    """A text of any length, empty if nothing is said."""
    return Column(Text, nullable=False, default="")


def time(*, index: bool = False, nullable: bool = False) -> Column[datetime]:
    return Column(UtcDateTime, nullable=nullable, index=index)
