"""Column types that SQLite and PostgreSQL disagree about."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator

from spy.clock import from_iso, iso
from spy.domain.evidence import Value


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC datetimes, in and out. SQLite would hand them back naive; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value}: every time is UTC and aware")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


_encode = json.JSONEncoder(separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode


def json_text(value: Any) -> str:
    """A JSON value as every database here keeps it: equal bytes for equal content."""
    return _encode(value)


class Json(TypeDecorator[Any]):
    """Any JSON value as text, the same bytes on every database."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        return json_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


def packed(value: Value | None) -> Any:
    """An evidence value as JSON; a time carries its type, so that it comes back as one."""
    return {"time": iso(value)} if isinstance(value, datetime) else value


def unpacked(value: Any) -> Value | None:
    if isinstance(value, dict):
        return from_iso(value["time"])
    return value  # type: ignore[no-any-return]
