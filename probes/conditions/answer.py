"""What the conditions database answers: encodings of `since`, rows, and what they mean for one run.

Source: CondDB v2 (cms-sw/cmssw CondCore/CondDB/src/IOVSchema.h, Time.h; CondCore/Utilities TimeConversions.h).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from spy.database import utc as utc
from spy.domain.evidence import Value
from spy.domain.since import LOW_WORD as LOW_WORD
from spy.domain.since import TIME_TYPES as TIME_TYPES
from spy.domain.since import decode_lumi as decode_lumi
from spy.domain.since import decode_time as decode_time
from spy.domain.since import encode_lumi as encode_lumi
from spy.domain.since import encode_time as encode_time
from spy.domain.since import exact as exact

O2O_ZONE = "Europe/Zurich"
"""O2O_RUN holds the local time of the job machines, without saying so (CondCore/Utilities o2olib.py)."""
CLOCK_SKEW = timedelta(minutes=5)
"""How far in the future of ours a time of the database may lie before it is not believed."""

_HASH = re.compile(r"[0-9a-f]{40}")


def o2o_time(moment: Any) -> datetime | None:
    """UTC of an O2O_RUN time; None where this machine has no table of time zones."""
    if moment is None:
        return None
    try:
        zone = ZoneInfo(O2O_ZONE)
    except ZoneInfoNotFoundError:
        return None
    return utc(moment).replace(tzinfo=zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Interval:
    """One interval of validity: from `since` until the next one of the tag."""

    since: int
    payload_hash: str
    inserted_at: datetime
    """UTC."""


@dataclass(slots=True)
class Found:
    """What one tag holds for one run."""

    time_type: str
    synchronization: str
    intervals: dict[int, Interval] = field(default_factory=dict)
    """By since; the newest insertion wins."""
    problem: str = ""

    def add(self, since: Any, payload_hash: Any, inserted_at: Any) -> None:
        """One row of the answer; what cannot be read makes the whole tag unknown."""
        try:
            interval = Interval(exact(since), _sha1(payload_hash), utc(inserted_at))
        except ValueError as exc:
            self.problem = f"unreadable interval: {exc}"
            return
        before = self.intervals.get(interval.since)
        if before is None or before.inserted_at < interval.inserted_at:
            self.intervals[interval.since] = interval

    def ends_with(self, last_since: Any) -> None:
        """The last since of the whole tag; one that cannot be read may hide intervals of this run."""
        try:
            exact(last_since)
        except ValueError as exc:
            self.problem = f"unreadable interval: {exc}"


def _sha1(payload_hash: Any) -> str:
    if not isinstance(payload_hash, str) or not _HASH.fullmatch(payload_hash):
        raise ValueError(f"payload hash {payload_hash!r} is no SHA1")
    return payload_hash


def found_by_tag(rows: Iterable[Sequence[Any]]) -> dict[tuple[int, str], Found]:
    """Rows of `statement.intervals`, by run and tag. A tag that does not exist has no entry."""
    found: dict[tuple[int, str], Found] = {}
    for name, time_type, synchronization, last_since, run, since, payload_hash, inserted_at in rows:
        tag = found.setdefault((int(run), str(name)), Found(str(time_type), str(synchronization)))
        if last_since is not None:
            tag.ends_with(last_since)
        if since is not None:
            tag.add(since, payload_hash, inserted_at)
    return found


def facts_of(found: Found, run: int, ended: bool, now: datetime) -> dict[str, Value]:
    """What is said about one tag of one run, without the global-tag map; a ValueError says why nothing can be said."""
    base = TIME_TYPES.get(found.time_type)
    if base is None:
        raise ValueError(f"time type {found.time_type!r}; a calibration has {', '.join(TIME_TYPES)}")
    if base == "time" and not ended:
        raise ValueError("a Time tag cannot be judged before the run's end")
    if found.problem:
        raise ValueError(found.problem)
    intervals = [found.intervals[since] for since in sorted(found.intervals)]
    if intervals and max(i.inserted_at for i in intervals) > now + CLOCK_SKEW:
        raise ValueError("an interval was inserted in the future: a clock is wrong")
    facts: dict[str, Value] = {"time_type": base, "synchronization": found.synchronization}
    return facts | _since_facts(base, intervals, run) | _payload_facts(base, intervals, run)


def _since_facts(base: str, intervals: list[Interval], run: int) -> dict[str, Value]:
    newest = intervals[-1].since if intervals else 0
    if base == "run":
        return {"since_run": newest}
    if base == "lumi":
        of_run, lumi = decode_lumi(newest)
        return {"since_run": of_run, "since_lumi": lumi if of_run == run else 0}
    return {"since_run": 0, "since_time": decode_time(newest)} if intervals else {"since_run": 0}


def _payload_facts(base: str, intervals: list[Interval], run: int) -> dict[str, Value]:
    if not intervals:
        return {"payload_hash": ""}
    inserted_at = max(i.inserted_at for i in intervals)
    inside = base == "lumi" and decode_lumi(intervals[-1].since)[0] == run
    return {"payload_hash": digest(intervals) if inside else intervals[-1].payload_hash, "inserted_at": inserted_at}


def own_payload(found: Found, run: int) -> str | None:
    """Hash of the one payload that a Run tag was given for the run; None: none, or its tag is of another base."""
    own = found.intervals.get(run)
    return own.payload_hash if own and TIME_TYPES.get(found.time_type) == "run" and not found.problem else None


def sizes(rows: Iterable[Sequence[Any]]) -> dict[str, int]:
    """Bytes by hash, of rows of `statement.sizes`; what is no size is left out."""
    found: dict[str, int] = {}
    for payload_hash, size in rows:
        try:
            found[str(payload_hash)] = exact(size)
        except ValueError:
            continue
    return found


def digest(intervals: Iterable[Interval]) -> str:
    """One hash for all payloads of a Lumi tag inside a run: SHA1 over the lines `since:hash`, by since."""
    lines = "".join(f"{i.since}:{i.payload_hash}\n" for i in sorted(intervals, key=lambda i: i.since))
    return hashlib.sha1(lines.encode(), usedforsecurity=False).hexdigest()


@dataclass(slots=True)
class GlobalTag:
    """Which of the asked tags one global tag maps."""

    snapshot: datetime
    """UTC; software that reads the global tag sees no interval inserted later."""
    tags: set[str] = field(default_factory=set)


def global_tags(rows: Iterable[Sequence[Any]]) -> dict[str, GlobalTag]:
    """Rows of `statement.global_tag_maps`. A global tag that does not exist has no entry."""
    found: dict[str, GlobalTag] = {}
    for name, snapshot, tag in rows:
        entry = found.setdefault(str(name), GlobalTag(utc(snapshot)))
        if tag is not None:
            entry.tags.add(str(tag))
    return found
