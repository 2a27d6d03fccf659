"""The world's conditions database: a CondDB v2 file written as time passes, and copies of how it once was."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from probes.conditions.simulator import create, delete_iov, insert_iov, insert_o2o_run
from probes.simulation.story import TagLag
from probes.simulation.tags import SimTag, global_tags

BEAT = timedelta(minutes=10)
"""How often the online-to-offline jobs run."""
HEARTBEAT = "O2OHeartbeat"
"""Job whose newest run tells how fresh a copy of the database is."""
TIME_TYPES = {"run": "Run", "lumi": "Lumi", "time": "Time"}


def since_of_time(moment: datetime) -> int:
    """Unix seconds in the upper word, as Time tags count."""
    return int(moment.timestamp()) << 32


@dataclass(frozen=True, slots=True)
class Interval:
    tag: str
    since: int
    payload_hash: str
    inserted_at: datetime


class ConditionsFile:
    """The present file, and a journal from which the file of any earlier moment can be written anew."""

    def __init__(self, path: Path, tags: Mapping[str, SimTag], lags: Sequence[TagLag] = ()) -> None:
        self.path = path
        self._tags = tags
        self._lags = lags
        self._journal: list[tuple[datetime, Interval, bool]] = []
        self._keys: set[tuple[str, int, datetime]] = set()
        self._beaten = datetime.min.replace(tzinfo=UTC)
        self._connection = self._new(path)

    def close(self) -> None:
        self._connection.close()

    def insert(self, intervals: Iterable[tuple[str, int, str]], at: datetime) -> list[Interval]:
        """Tag, since and payload hash of each, in one transaction. Returns them as they landed."""
        landed = [self._unique(*interval, at) for interval in intervals]
        self._journal += [(at, interval, True) for interval in landed]
        with self._connection:
            _write(self._connection, landed)
        return landed

    def delete(self, intervals: Iterable[Interval], at: datetime) -> None:
        gone = list(intervals)
        self._journal += [(at, interval, False) for interval in gone]
        with self._connection:
            _erase(self._connection, gone)

    def beat(self, now: datetime) -> None:
        """Write the newest run of the jobs, if there is a newer one; earlier ones that nobody saw are left out."""
        last = _last_beat(now)
        if last > self._beaten:
            self._beaten = last
            with self._connection:
                self._beat(self._connection, last)

    def copy_at(self, moment: datetime, path: Path) -> Path:
        """The file as it was at a moment, written to `path`."""
        connection = self._new(path)
        with connection:
            for at, interval, landed in self._journal:
                if at <= moment:
                    (_write if landed else _erase)(connection, [interval])
            self._beat(connection, _last_beat(moment))
        connection.close()
        return path

    def _new(self, path: Path) -> sqlite3.Connection:
        for old in (path, path.with_name(path.name + "-journal")):
            old.unlink(missing_ok=True)
        names = {tag.name: (TIME_TYPES[tag.base], tag.synchronization) for tag in self._tags.values()}
        names |= {lag.name: ("Time", "any") for lag in self._lags}
        create(path, global_tags(self._tags), names, {tag.name: tag.record for tag in self._tags.values()})
        connection = sqlite3.connect(path, check_same_thread=False)
        # Nobody needs this file after a crash, and a commit that waits for the disk costs more than all the rest.
        connection.execute("PRAGMA synchronous = OFF")
        return connection

    def _beat(self, connection: sqlite3.Connection, start: datetime) -> None:
        for job in (HEARTBEAT, *(lag.name for lag in self._lags)):
            connection.execute('DELETE FROM "O2O_RUN" WHERE "JOB_NAME" = ?', (job,))
            insert_o2o_run(connection, job, start, start + timedelta(seconds=20), 0)
        for lag in self._lags:
            since = since_of_time(start - lag.delay)
            insert_iov(connection, lag.name, since, f"{since:040x}", start)

    def _unique(self, tag: str, since: int, payload_hash: str, at: datetime) -> Interval:
        """Two files can meet in one tag at one since and moment; the insertion time must tell them apart."""
        while (tag, since, at) in self._keys:
            at += timedelta(microseconds=1)
        self._keys.add((tag, since, at))
        return Interval(tag, since, payload_hash, at)


def _last_beat(now: datetime) -> datetime:
    """Start of the newest run that is over by now."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return now - timedelta(minutes=1) - (now - timedelta(minutes=1) - epoch) % BEAT


def _write(connection: sqlite3.Connection, intervals: Iterable[Interval]) -> None:
    for interval in intervals:
        insert_iov(connection, interval.tag, interval.since, interval.payload_hash, interval.inserted_at)


def _erase(connection: sqlite3.Connection, intervals: Iterable[Interval]) -> None:
    for interval in intervals:
        delete_iov(connection, interval.tag, interval.since, interval.inserted_at)
