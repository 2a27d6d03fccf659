"""What is asked of the conditions database: one statement for the intervals, one for the global tags.

Source: CondDB v2 (cms-sw/cmssw CondCore/CondDB/src/IOVSchema.h). Names are lower case and unquoted, which Oracle folds
to upper case and SQLite matches in any case. The account that owns the tables comes with the connection.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

_tables = sa.MetaData()
# Times have no type here: Oracle hands out datetimes, SQLite text; `answer.utc` reads both.
_TIME = sa.types.NullType

TAG = sa.Table(
    "tag",
    _tables,
    sa.Column("name", sa.String(100), primary_key=True),
    sa.Column("time_type", sa.String(10)),
    sa.Column("synchronization", sa.String(20)),
)
IOV = sa.Table(
    "iov",
    _tables,
    sa.Column("tag_name", sa.String(100), primary_key=True),
    sa.Column("since", sa.BigInteger, primary_key=True),
    sa.Column("insertion_time", _TIME, primary_key=True),
    sa.Column("payload_hash", sa.String(40)),
)
PAYLOAD = sa.Table(
    "payload",
    _tables,
    sa.Column("hash", sa.String(40), primary_key=True),
    sa.Column("data", sa.LargeBinary),
)
GLOBAL_TAG = sa.Table(
    "global_tag",
    _tables,
    sa.Column("name", sa.String(100), primary_key=True),
    sa.Column("snapshot_time", _TIME),
)
GLOBAL_TAG_MAP = sa.Table(
    "global_tag_map",
    _tables,
    sa.Column("global_tag_name", sa.String(100), primary_key=True),
    sa.Column("record", sa.String(100), primary_key=True),
    sa.Column("label", sa.String(100), primary_key=True),
    sa.Column("tag_name", sa.String(100)),
)
O2O_JOB = sa.Table("o2o_job", _tables, sa.Column("name", sa.String(100), primary_key=True))
O2O_RUN = sa.Table(
    "o2o_run",
    _tables,
    sa.Column("job_name", sa.String(100), primary_key=True),
    sa.Column("start_time", _TIME, primary_key=True),
)

MAX_SINCE = 2**63 - 1
"""The schema allows 2^64-1, but no real value needs the last bit, and SQLite cannot bind it."""
MAX_TAGS = 1000
"""Longest list that Oracle takes."""
MAX_RUNS = 400
"""Terms of a compound SELECT; SQLite's limit is 500."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where one run ends, in each of the three encodings of `since`."""

    run_number: int
    first_lumi: int
    last_lumi: int
    end_time: int
    """0 while the run has no end: then nothing can be said about Time tags."""


_BOUNDS = tuple(field.name for field in fields(Bounds))


@lru_cache(maxsize=64)
def intervals(runs: int) -> sa.Select[tuple[object, ...]]:
    """For each tag and each of so many runs (`values` fills them in): the newest interval that begins before the
    run's end; for a Lumi tag with intervals inside the run all of these; for a Time tag the first that begins at or
    after the run's end, which closes the interval that covers it, else the newest.

    Columns: name, time_type, synchronization, last_since, run_number, since, payload_hash, insertion_time. A tag
    without interval gives one row with NULLs, a tag that does not exist none. `last_since` is the tag's last one of
    all: SQLite may hold text, which sorts behind every number and would look like no interval.

    Every access is by the primary key of IOV: a window function over all rows of a Lumi tag was measured 2,000 times
    slower.
    """
    current = _current(_runs(runs))
    found = IOV.alias("found")
    inside_run = sa.and_(current.c.time_type == "Lumi", current.c.until >= current.c.first_lumi)
    in_range = sa.and_(
        found.c.tag_name == current.c.name,
        found.c.since >= sa.case((inside_run, current.c.first_lumi), else_=current.c.until),
        found.c.since <= current.c.until,
    )
    return sa.select(
        current.c.name,
        current.c.time_type,
        current.c.synchronization,
        current.c.last_since,
        current.c.run_number,
        found.c.since,
        found.c.payload_hash,
        found.c.insertion_time,
    ).select_from(current.outerjoin(found, in_range))


def values(tags: Sequence[str], bounds: Sequence[Bounds]) -> dict[str, object]:
    """What `intervals` of that many runs is asked with."""
    found: dict[str, object] = {"b_tags": list(tags)}
    for at, bound in enumerate(bounds):
        found |= {f"b_{name}_{at}": getattr(bound, name) for name in _BOUNDS}
    return found


def _current(runs: sa.Subquery) -> sa.Subquery:
    """Each tag with each run, and the since (`until`) of the interval that counts for the run's end."""
    newest = _newest_since(runs)
    until = sa.case((TAG.c.time_type == "Time", sa.func.coalesce(_first_after_end(runs), newest)), else_=newest)
    return (
        sa.select(
            TAG.c.name,
            TAG.c.time_type,
            TAG.c.synchronization,
            runs.c.run_number,
            runs.c.first_lumi,
            _last_since().label("last_since"),
            until.label("until"),
        )
        .select_from(TAG.join(runs, runs.c.run_number > 0))  # all with all; Oracle does not take a bare `ON 1`
        .where(TAG.c.name.in_(sa.bindparam("b_tags", expanding=True)))
        .subquery("cur")
    )


def _runs(count: int) -> sa.Subquery:
    """The bounds as rows of a UNION ALL: older Oracle knows no VALUES, and there a NULL would have the wrong type."""
    rows = [
        sa.select(*(sa.bindparam(f"b_{name}_{at}", type_=sa.BigInteger).label(name) for name in _BOUNDS))
        for at in range(count)
    ]
    return sa.union_all(*rows).subquery("run_bounds")


def _newest_since(runs: sa.Subquery) -> sa.ScalarSelect[int]:
    early = IOV.alias("early")
    bound = sa.case(
        (TAG.c.time_type == "Lumi", runs.c.last_lumi),
        (TAG.c.time_type == "Time", sa.literal(MAX_SINCE, sa.BigInteger)),
        else_=runs.c.run_number,
    )
    newest = sa.select(sa.func.max(early.c.since)).where(early.c.tag_name == TAG.c.name, early.c.since <= bound)
    return newest.correlate(TAG, runs).scalar_subquery()


def _first_after_end(runs: sa.Subquery) -> sa.ScalarSelect[int]:
    late = IOV.alias("late")
    first = sa.select(sa.func.min(late.c.since))
    first = first.where(late.c.tag_name == TAG.c.name, late.c.since >= runs.c.end_time)
    return first.correlate(TAG, runs).scalar_subquery()


def _last_since() -> sa.ScalarSelect[int]:
    every = IOV.alias("every_iov")
    return sa.select(sa.func.max(every.c.since)).where(every.c.tag_name == TAG.c.name).correlate(TAG).scalar_subquery()


def global_tag_maps(global_tags: Sequence[str], tags: Sequence[str]) -> sa.Select[tuple[object, ...]]:
    """Columns name, snapshot_time, tag_name: one row per mapped tag, and one with NULL where none of them is mapped."""
    maps = sa.and_(GLOBAL_TAG_MAP.c.global_tag_name == GLOBAL_TAG.c.name, GLOBAL_TAG_MAP.c.tag_name.in_(tags))
    return (
        sa.select(GLOBAL_TAG.c.name, GLOBAL_TAG.c.snapshot_time, GLOBAL_TAG_MAP.c.tag_name)
        .select_from(GLOBAL_TAG.outerjoin(GLOBAL_TAG_MAP, maps))
        .where(GLOBAL_TAG.c.name.in_(global_tags))
    )


class ByteLength(FunctionElement[int]):
    """Bytes of a BLOB, without reading it. No database spells it like another."""

    inherit_cache = True
    type = sa.BigInteger()
    name = "byte_length"


_SPELT = {"sqlite": "length", "oracle": "dbms_lob.getlength"}


@compiles(ByteLength)
def _spelt(element: ByteLength, compiler: SQLCompiler, **kw: Any) -> str:
    function = _SPELT.get(compiler.dialect.name, "octet_length")
    return f"{function}({compiler.process(element.clauses, **kw)})"


def sizes(hashes: Sequence[str]) -> sa.Select[tuple[object, ...]]:
    """Columns hash and bytes of each payload that exists; by primary key."""
    return sa.select(PAYLOAD.c.hash, ByteLength(PAYLOAD.c.data)).where(PAYLOAD.c.hash.in_(hashes))


@lru_cache(maxsize=1)
def newest_o2o_start() -> sa.Select[tuple[object]]:
    """When the last online-to-offline job began: how fresh this copy of the database is. By index, job by job."""
    last = (
        sa.select(sa.func.max(O2O_RUN.c.start_time))
        .where(O2O_RUN.c.job_name == O2O_JOB.c.name)
        .correlate(O2O_JOB)
        .scalar_subquery()
        .label("last_start")
    )
    jobs = sa.select(last).subquery("jobs")
    return sa.select(sa.func.max(jobs.c.last_start))
