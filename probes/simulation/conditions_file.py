"""The world's conditions database: a CondDB v2 file written as time passes, and copies of how it once was."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from probes.conditions.simulator import create, delete_iov, insert_iov, insert_o2o_run
from probes.simulation.faults import Faults
from probes.simulation.online import jobs_of, last_beat, last_good
from probes.simulation.tags import SimTag, global_tags
from probes.simulation.turns import TagLag
from spy.domain.product import OnlineTag

RUN_LENGTH = timedelta(seconds=20)
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
    size_bytes: int = 0


class ConditionsFile:
    """The present file, and a journal from which the file of any earlier moment can be written anew."""

    def __init__(
        self,
        path: Path,
        tags: Mapping[str, SimTag],
        lags: Sequence[TagLag] = (),
        online: Iterable[OnlineTag] = (),
        faults: Faults | None = None,
        fills: Iterable[datetime | None] = (),
        maps: Mapping[str, list[str]] | None = None,
    ) -> None:
        self.path = path
        self._tags = tags
        self._maps = global_tags(tags) if maps is None else maps
        self._jobs = jobs_of(lags, online, fills)
        self._faults = faults or Faults()
        self._journal: list[tuple[datetime, Interval, bool]] = []
        self._keys: set[tuple[str, int, datetime]] = set()
        self._beaten = self._copied = datetime.min.replace(tzinfo=UTC)
        self._connection = self._new(path)

    def close(self) -> None:
        self._connection.close()

    def insert(self, intervals: Iterable[tuple[str, int, str]], at: datetime, size_bytes: int = 0) -> list[Interval]:
        """Tag, since and payload hash of each, in one transaction. Returns them as they landed."""
        landed = [replace(self._unique(*one, at), size_bytes=size_bytes) for one in intervals]
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
        last = last_beat(now)
        if last > self._beaten:
            self._beaten = last
            with self._connection:
                good = self._beat(self._connection, last, self._copied)
            self._copied = good or self._copied

    def copy_at(self, moment: datetime, path: Path) -> Path:
        """The file as it was at a moment, written to `path`."""
        connection = self._new(path)
        with connection:
            for at, interval, landed in self._journal:
                if at <= moment:
                    (_write if landed else _erase)(connection, [interval])
            self._beat(connection, last_beat(moment))
        connection.close()
        return path

    def _new(self, path: Path) -> sqlite3.Connection:
        for old in (path, path.with_name(path.name + "-journal")):
            old.unlink(missing_ok=True)
        names = {tag.name: (TIME_TYPES[tag.base], tag.synchronization) for tag in self._tags.values()}
        names |= {job.tag: ("Time", "any") for job in self._jobs if job.tag}
        create(path, self._maps, names, {tag.name: tag.record for tag in self._tags.values()})
        connection = sqlite3.connect(path, check_same_thread=False)
        # Nobody needs this file after a crash, and a commit that waits for the disk costs more than all the rest.
        connection.execute("PRAGMA synchronous = OFF")
        return connection

    def _beat(self, connection: sqlite3.Connection, start: datetime, copied: datetime | None = None) -> datetime | None:
        """Write the runs of the jobs as they are at this beat, and what they copied since `copied`.

        Returns the newest beat at which the jobs copied anything.
        """
        good, fault = last_good(self._faults, start), self._faults.active("o2o", start)
        for job in self._jobs:
            connection.execute('DELETE FROM "O2O_RUN" WHERE "JOB_NAME" = ?', (job.name,))
            succeeded = good - job.idle if good else None
            if succeeded:
                insert_o2o_run(connection, job.name, succeeded, succeeded + RUN_LENGTH, 0)
            if succeeded != start and (fault is None or fault.kind == "http500"):
                insert_o2o_run(connection, job.name, start, start + RUN_LENGTH, 1)
            begin = job.new_since(good, copied) if good and good != copied and job.writes else None
            if good and begin:
                since = since_of_time(begin)
                insert_iov(connection, job.tag, since, f"{since:040x}", good)
        return good

    def _unique(self, tag: str, since: int, payload_hash: str, at: datetime) -> Interval:
        """Two files can meet in one tag at one since and moment; the insertion time must tell them apart."""
        while (tag, since, at) in self._keys:
            at += timedelta(microseconds=1)
        self._keys.add((tag, since, at))
        return Interval(tag, since, payload_hash, at)


def _write(connection: sqlite3.Connection, intervals: Iterable[Interval]) -> None:
    for interval in intervals:
        one = (interval.tag, interval.since, interval.payload_hash, interval.inserted_at, interval.size_bytes)
        insert_iov(connection, *one)


def _erase(connection: sqlite3.Connection, intervals: Iterable[Interval]) -> None:
    for interval in intervals:
        delete_iov(connection, interval.tag, interval.since, interval.inserted_at)
