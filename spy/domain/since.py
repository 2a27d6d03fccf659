"""What `since` counts in each of the three encodings of the conditions database.

Source: CondDB v2 (cms-sw/cmssw CondCore/CondDB Time.h; CondCore/Utilities TimeConversions.h). A number of one encoding
compared with one of another gives nonsense without any error, so that every comparison begins here.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

LOW_WORD = 0xFFFFFFFF
TIME_TYPES = {"Run": "run", "Lumi": "lumi", "Time": "time"}
"""TAG.TIME_TYPE to our word; tags of other types (Hash, User) follow no run."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def encode_lumi(run: int, lumi: int) -> int:
    return (run << 32) | lumi


def decode_lumi(since: int) -> tuple[int, int]:
    """Run and lumi section."""
    return since >> 32, since & LOW_WORD


def encode_time(moment: datetime) -> int:
    """Unix seconds in the upper word, nanoseconds in the lower one (0 in every real value seen)."""
    past = moment - _EPOCH
    return ((past.days * 86400 + past.seconds) << 32) | (past.microseconds * 1000)


def decode_time(since: int) -> datetime:
    """UTC; what is below a microsecond is lost."""
    return _EPOCH + timedelta(seconds=since >> 32, microseconds=(since & LOW_WORD) // 1000)


def exact(since: Any) -> int:
    """Oracle may hand out a NUMBER as Decimal; a float has lost digits already and is refused."""
    if isinstance(since, Decimal) and since == since.to_integral_value():
        return int(since)
    if isinstance(since, int) and not isinstance(since, bool):
        return since
    raise ValueError(f"since {since!r} is no integer")


def shown(base: str, since: int) -> str:
    """For people: `398600`, `398600:35` (run and lumi section), or a time."""
    if base == "lumi":
        return "{}:{}".format(*decode_lumi(since))
    return f"{decode_time(since):%Y-%m-%d %H:%M:%S} UTC" if base == "time" else str(since)
