"""Times of the conditions database: UTC without saying so, as each driver hands them out."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any


def utc(moment: Any) -> datetime:
    """Insertion times are UTC without zone: datetimes from Oracle, `YYYY-MM-DD HH:MM:SS.ffffff` text from SQLite."""
    if isinstance(moment, str):
        moment = _parsed(moment)
    if not isinstance(moment, datetime):
        raise ValueError(f"{moment!r} is no time")
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def as_stored(moment: datetime) -> datetime:
    """The same without zone, to be compared with insertion times."""
    return moment.astimezone(UTC).replace(tzinfo=None)


@lru_cache(maxsize=4096)
def _parsed(text: str) -> datetime:
    """The same few hundred times come at every look."""
    return datetime.fromisoformat(text)
