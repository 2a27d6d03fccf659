"""What the conditions database answers about one online tag, and how its times count.

`since` of a Time tag: Unix seconds in the upper word, nanoseconds in the lower one. O2O_RUN holds the local time of the
job machines, without saying so (cms-sw/cmssw CondCore/Utilities o2olib.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

O2O_ZONE = "Europe/Zurich"
CLOCK_SKEW = timedelta(minutes=5)
"""How far in the future of ours a time of the database may lie before it is not believed."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Reach:
    """One row: how far one tag reaches. Values as the driver gave them; a method says ValueError if one is no use."""

    time_type: Any
    since: Any
    job_start: Any

    def newest_since(self, now: datetime) -> datetime:
        """UTC."""
        if self.time_type is None:
            raise ValueError("no such tag")
        if self.time_type != "Time":
            raise ValueError(f"time type {self.time_type!r}; an online tag counts in Time")
        if self.since is None:
            raise ValueError("the tag holds no interval")
        return _not_ahead(_moment(self.since), now, "the newest interval begins")

    def newest_job(self, job: str, now: datetime) -> datetime:
        """UTC; start of the newest good run of the tag's job."""
        if self.job_start is None:
            raise ValueError(f"no good run of job {job} since the oldest open run ended")
        return _not_ahead(utc_of_local(self.job_start), now, f"a good run of job {job} began")


def by_tag(rows: Sequence[Sequence[Any]]) -> dict[str, Reach]:
    """Rows of `statement.reach`."""
    return {str(tag): Reach(time_type, since, job_start) for tag, time_type, since, job_start in rows}


def _not_ahead(moment: datetime, now: datetime, what: str) -> datetime:
    if moment > now + CLOCK_SKEW:
        raise ValueError(f"{what} in the future: a clock is wrong")
    return moment


def _moment(since: Any) -> datetime:
    """Oracle may hand out a NUMBER as Decimal; a float has lost digits already and is refused."""
    if isinstance(since, Decimal) and since == since.to_integral_value():
        since = int(since)
    if not isinstance(since, int) or isinstance(since, bool) or since < 0:
        raise ValueError(f"since {since!r} is no time")
    try:
        return _EPOCH + timedelta(seconds=since >> 32)
    except OverflowError:
        raise ValueError(f"since {since!r} is no time") from None


def local_of_utc(moment: datetime) -> datetime:
    """As O2O_RUN holds it: local, without zone. ValueError where this machine has no table of time zones."""
    return moment.astimezone(_zone()).replace(tzinfo=None)


def utc_of_local(told: Any) -> datetime:
    """Of a local time that comes twice, in autumn, the first is meant: then less is covered. One that never was, in
    spring, is no time."""
    if isinstance(told, str):
        told = datetime.fromisoformat(told)
    if not isinstance(told, datetime) or told.tzinfo is not None:
        raise ValueError(f"start {told!r} of a job is no local time")
    moment = told.replace(tzinfo=_zone(), fold=0).astimezone(UTC)
    if moment.astimezone(_zone()).replace(tzinfo=None, fold=0) != told:
        raise ValueError(f"start {told} of a job never was a local time in {O2O_ZONE}")
    return moment


def _zone() -> ZoneInfo:
    try:
        return ZoneInfo(O2O_ZONE)
    except ZoneInfoNotFoundError:
        raise ValueError(f"this machine has no table of the time zone {O2O_ZONE}") from None
