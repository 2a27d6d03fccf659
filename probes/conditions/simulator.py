"""A CondDB v2 file that the simulated world writes: the real table definitions, filled as time passes.

The definitions are those of a file made by CMS software in 2016, plus the tables of the online-to-offline jobs, which
such files lack (cms-sw/cmssw CondCore/Utilities o2olib.py).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

DDL = """
CREATE TABLE "TAG" ( "NAME" TEXT ,"TIME_TYPE" TEXT  NOT NULL,"OBJECT_TYPE" TEXT  NOT NULL,
  "SYNCHRONIZATION" TEXT  NOT NULL,"END_OF_VALIDITY" ULONGLONG  NOT NULL,"DESCRIPTION" TEXT  NOT NULL,
  "LAST_VALIDATED_TIME" ULONGLONG  NOT NULL,"INSERTION_TIME" TIMESTAMP  NOT NULL,
  "MODIFICATION_TIME" TIMESTAMP  NOT NULL, PRIMARY KEY("NAME") );
CREATE TABLE "PAYLOAD" ( "HASH" TEXT ,"OBJECT_TYPE" TEXT  NOT NULL,"DATA" BLOB  NOT NULL,
  "STREAMER_INFO" BLOB  NOT NULL,"VERSION" TEXT  NOT NULL,"INSERTION_TIME" TIMESTAMP  NOT NULL, PRIMARY KEY("HASH") );
CREATE TABLE "IOV" ( "TAG_NAME" TEXT  NOT NULL,"SINCE" ULONGLONG  NOT NULL,"PAYLOAD_HASH" TEXT  NOT NULL,
  "INSERTION_TIME" TIMESTAMP  NOT NULL, PRIMARY KEY("TAG_NAME","SINCE","INSERTION_TIME"),
  FOREIGN KEY("TAG_NAME") REFERENCES TAG("NAME"), FOREIGN KEY("PAYLOAD_HASH") REFERENCES PAYLOAD("HASH") );
CREATE TABLE "TAG_LOG" ( "TAG_NAME" TEXT  NOT NULL,"EVENT_TIME" TIMESTAMP  NOT NULL,"USER_NAME" TEXT  NOT NULL,
  "HOST_NAME" TEXT  NOT NULL,"COMMAND" TEXT  NOT NULL,"ACTION" TEXT  NOT NULL,"USER_TEXT" TEXT  NOT NULL,
  PRIMARY KEY("TAG_NAME","EVENT_TIME","ACTION"), FOREIGN KEY("TAG_NAME") REFERENCES TAG("NAME") );
CREATE TABLE "GLOBAL_TAG" ( "NAME" TEXT ,"VALIDITY" ULONGLONG  NOT NULL,"DESCRIPTION" TEXT  NOT NULL,
  "RELEASE" TEXT  NOT NULL,"SNAPSHOT_TIME" TIMESTAMP  NOT NULL,"INSERTION_TIME" TIMESTAMP  NOT NULL,
  PRIMARY KEY("NAME") );
CREATE TABLE "GLOBAL_TAG_MAP" ( "GLOBAL_TAG_NAME" TEXT  NOT NULL,"RECORD" TEXT  NOT NULL,"LABEL" TEXT  NOT NULL,
  "TAG_NAME" TEXT  NOT NULL, PRIMARY KEY("GLOBAL_TAG_NAME","RECORD","LABEL") );
CREATE TABLE "O2O_JOB" ( "NAME" TEXT ,"ENABLED" INTEGER  NOT NULL,"TAG_NAME" TEXT  NOT NULL,
  "INTERVAL" INTEGER  NOT NULL, PRIMARY KEY("NAME") );
CREATE TABLE "O2O_RUN" ( "JOB_NAME" TEXT  NOT NULL,"START_TIME" TIMESTAMP  NOT NULL,"END_TIME" TIMESTAMP ,
  "STATUS_CODE" INTEGER  NOT NULL,"LOG" TEXT , PRIMARY KEY("JOB_NAME","START_TIME"),
  FOREIGN KEY("JOB_NAME") REFERENCES O2O_JOB("NAME") );
"""
GARBAGE = """UPDATE "IOV" SET "SINCE" = 'since', "PAYLOAD_HASH" = 17;"""
FAR_FUTURE = "9999-12-31 23:59:59.000000"
BEGINNING = datetime(2016, 1, 1, tzinfo=UTC)
O2O_ZONE = ZoneInfo("Europe/Zurich")


class Conditions(Protocol):
    """The world's journal of the file."""

    def copy_at(self, moment: datetime, path: Path) -> object: ...


class World(Protocol):
    """What this simulator needs of the simulated world."""

    @property
    def conditions_path(self) -> Path: ...
    @property
    def conditions(self) -> Conditions: ...


class Simulator:
    """The file that the world writes, since uploads and online-to-offline jobs of the world end there."""

    empty_script = DDL
    garbage_script = GARBAGE

    def __init__(self, world: World) -> None:
        self._world = world

    @property
    def file(self) -> Path:
        return self._world.conditions_path

    def copy_at(self, moment: datetime, path: Path) -> None:
        self._world.conditions.copy_at(moment, path)


def stamp(moment: datetime) -> str:
    """UTC without zone, as the database writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def create(
    path: Path,
    global_tags: Mapping[str, Sequence[str]],
    tags: Mapping[str, tuple[str, str]],
    records: Mapping[str, str] | None = None,
) -> None:
    """A new file with these global tags (name to mapped tags) and tags (name to TIME_TYPE and SYNCHRONIZATION).

    `records` names the record of a tag where that matters. Tags begin empty.
    """
    born = stamp(BEGINNING)
    with sqlite3.connect(path) as connection:
        connection.executescript(DDL)
        for name, (time_type, synchronization) in tags.items():
            row = (name, time_type, "Simulated", synchronization, -1, "simulated", 0, born, born)
            connection.execute('INSERT INTO "TAG" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)', row)
            _log(connection, name, BEGINNING, "New tag created.")
        for name, mapped in global_tags.items():
            values = (name, -1, "simulated", "CMSSW_16_0_0", FAR_FUTURE, born)
            connection.execute('INSERT INTO "GLOBAL_TAG" VALUES (?, ?, ?, ?, ?, ?)', values)
            for tag in mapped:
                _map(connection, name, (records or {}).get(tag, f"{tag}Rcd"), tag)
    connection.close()


def _map(connection: sqlite3.Connection, global_tag: str, record: str, tag: str) -> None:
    """An empty label is stored as `-`; a second tag of one record needs a label of its own."""
    taken = connection.execute(
        'SELECT 1 FROM "GLOBAL_TAG_MAP" WHERE "GLOBAL_TAG_NAME" = ? AND "RECORD" = ?', (global_tag, record)
    ).fetchone()
    row = (global_tag, record, tag if taken else "-", tag)
    connection.execute('INSERT INTO "GLOBAL_TAG_MAP" VALUES (?, ?, ?, ?)', row)


def _log(connection: sqlite3.Connection, tag: str, at: datetime, action: str) -> None:
    row = (tag, stamp(at), "simulated", "host.invalid", "upload", action, "-")
    connection.execute('INSERT OR IGNORE INTO "TAG_LOG" VALUES (?, ?, ?, ?, ?, ?, ?)', row)


def insert_iov(
    connection: sqlite3.Connection,
    tag: str,
    since: int,
    payload_hash: str,
    insertion_time: datetime,
    size_bytes: int = 0,
) -> None:
    """One interval with its payload and its line in the tag's log. The caller commits."""
    at = stamp(insertion_time)
    payload = (payload_hash, "Simulated", bytes(size_bytes), b"", "CMSSW_16_0_0", at)
    connection.execute('INSERT OR IGNORE INTO "PAYLOAD" VALUES (?, ?, ?, ?, ?, ?)', payload)
    connection.execute('INSERT INTO "IOV" VALUES (?, ?, ?, ?)', (tag, since, payload_hash, at))
    connection.execute('UPDATE "TAG" SET "MODIFICATION_TIME" = ? WHERE "NAME" = ?', (at, tag))
    _log(connection, tag, insertion_time, "1 iov(s) inserted.")


def delete_iov(connection: sqlite3.Connection, tag: str, since: int, insertion_time: datetime) -> None:
    """What the real database never does on its own, and people with rights have done. The caller commits."""
    key = (tag, since, stamp(insertion_time))
    connection.execute('DELETE FROM "IOV" WHERE "TAG_NAME" = ? AND "SINCE" = ? AND "INSERTION_TIME" = ?', key)


def insert_o2o_run(
    connection: sqlite3.Connection, job: str, start: datetime, end: datetime | None, status: int
) -> None:
    """One run of an online-to-offline job, in the local time of its machine. The caller commits."""
    connection.execute('INSERT OR IGNORE INTO "O2O_JOB" VALUES (?, 1, ?, 60)', (job, job))
    times = [moment and moment.astimezone(O2O_ZONE).strftime("%Y-%m-%d %H:%M:%S.%f") for moment in (start, end)]
    connection.execute('INSERT INTO "O2O_RUN" VALUES (?, ?, ?, ?, ?)', (job, *times, status, ""))
