"""The only place that reads the clock, and how times look as text."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache

_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)")
_UNIT_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def utc_now() -> datetime:
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds, for intervals inside a process."""
    return time.monotonic()


@lru_cache(maxsize=8192)
def iso(moment: datetime) -> str:
    """ISO 8601 with a Z; microseconds only where there are any."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


@lru_cache(maxsize=8192)
def from_iso(text: str) -> datetime:
    """An aware UTC time from ISO 8601; a time without zone is refused, since nobody can tell what it means."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"time {text!r} has no zone; write 2026-06-01T00:00:00Z")
    return moment.astimezone(UTC)


def utc_text(moment: datetime) -> str:
    """A time for people; always UTC, and says so."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def duration(text: str) -> timedelta:
    """`90s`, `5m`, `6h30m`, `2d`; a bare number is refused, since its unit would be a guess."""
    matches = list(_PART.finditer(text))
    if not matches or "".join(m.group(0) for m in matches) != text:
        raise ValueError(f"duration {text!r}: expected numbers with units, such as 90s, 5m, 6h30m or 2d")
    return timedelta(seconds=sum(float(m.group(1)) * _UNIT_S[m.group(2)] for m in matches))


def age_text(age: timedelta) -> str:
    """An age as people say it: `4 s`, `12 min`, `7.2 h`, `3 d`."""
    seconds = max(age.total_seconds(), 0.0)
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 172800 else f"{seconds / 86400:.1f} d"
