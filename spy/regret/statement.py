"""What is asked of the conditions database: the late intervals of many runs in one statement, and what names them.

Source: CondDB v2 (cms-sw/cmssw CondCore/CondDB/src/IOVSchema.h). Names are lower case and unquoted, which Oracle folds
to upper case and SQLite matches in any case. Each access to IOV is by its primary key (tag_name, since,
insertion_time), and no subquery looks further than one level up: older Oracle does not resolve more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

_tables = sa.MetaData()
# Times have no type here: Oracle hands out datetimes, SQLite text; `spy.database.utc` reads both.
_TIME = sa.types.NullType


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(100), primary_key=True)


TAG = sa.Table("tag", _tables, _key("name"), sa.Column("time_type", sa.String(10)))
IOV = sa.Table(
    "iov",
    _tables,
    _key("tag_name"),
    sa.Column("since", sa.BigInteger, primary_key=True),
    sa.Column("insertion_time", _TIME, primary_key=True),
    sa.Column("payload_hash", sa.String(40)),
)
GLOBAL_TAG = sa.Table("global_tag", _tables, _key("name"), sa.Column("snapshot_time", _TIME))
GLOBAL_TAG_MAP = sa.Table(
    "global_tag_map",
    _tables,
    *(_key(name) for name in ("global_tag_name", "record", "label")),
    sa.Column("tag_name", sa.String(100)),
)
RUN_INFO = sa.Table(
    "run_info",
    _tables,
    sa.Column("run_number", sa.BigInteger, primary_key=True),
    sa.Column("start_time", _TIME),
)
TAG_LOG = sa.Table(
    "tag_log",
    _tables,
    _key("tag_name"),
    sa.Column("event_time", _TIME, primary_key=True),
    sa.Column("user_name", sa.String(100)),
    sa.Column("user_text", sa.String(4000)),
)

MAX_RUNS = 40
"""Of one statement: with a global tag of 600 tags that is 24,000 places to look, each by index."""
MAX_WANTED = 400
"""Terms of a compound SELECT; SQLite's limit is 500."""


@dataclass(frozen=True, slots=True)
class Span:
    """One would-be release: what its run reads, from the first to the last place, in each encoding of `since`.

    `released` and `locked` are whole seconds, so that no driver loses a part of them.
    """

    run_number: int
    global_tag: str
    first_lumi: int
    last_lumi: int
    first_time: int
    last_time: int
    released: datetime
    locked: datetime


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where the own interval of one run in one tag begins, and after which time it must have been inserted."""

    run_number: int
    tag_name: str
    lowest: int
    highest: int
    after: datetime


_KINDS: dict[str, sa.types.TypeEngine[Any]] = {
    "global_tag": sa.String(100),
    "tag_name": sa.String(100),
    "released": sa.DateTime(),
    "locked": sa.DateTime(),
    "after": sa.DateTime(),
}


def _rows(kind: type[Span] | type[Wanted], count: int, name: str) -> sa.Subquery:
    """Values as rows of a UNION ALL: older Oracle knows no VALUES."""
    names = [field.name for field in fields(kind)]
    rows = [
        sa.select(*(sa.bindparam(f"b_{n}_{at}", type_=_KINDS.get(n, sa.BigInteger())).label(n) for n in names))
        for at in range(count)
    ]
    return sa.union_all(*rows).subquery(name)


def values(given: Sequence[Span | Wanted]) -> dict[str, object]:
    """What a statement for that many is asked with."""
    told: dict[str, object] = {}
    for at, one in enumerate(given):
        told |= {f"b_{field.name}_{at}": getattr(one, field.name) for field in fields(one)}
    return told


@lru_cache(maxsize=64)
def late(spans: int) -> sa.Select[Any]:
    """Every interval inserted after the release and up to the lock that begins in what the run reads, in every tag that
    its global tag maps. `lowest` is what the run would have read at its first place when released: what begins below
    that can never be read, so it is not looked at.

    Columns: run_number, name, time_type, since, payload_hash, insertion_time; next_since (the next interval of the tag
    at the lock), newest_time (the last insertion of this since before the lock), before_since and before_hash (what the
    run would have read there when released; NULL: nothing).
    """
    found = _found(_opened(_scope(_rows(Span, spans, "spans"))))
    dated = sa.select(*found.c, _newest(found, found.c.before_since, found.c.released).label("before_time")).subquery(
        "dated"
    )
    before = IOV.alias("before_iov")
    same = (before.c.tag_name == dated.c.name, before.c.since == dated.c.before_since)
    named = sa.select(sa.func.max(before.c.payload_hash)).where(*same, before.c.insertion_time == dated.c.before_time)
    names = ("run_number", "name", "time_type", "since", "payload_hash", "insertion_time", "next_since", "newest_time")
    columns = [dated.c[name] for name in (*names, "before_since")]
    return sa.select(*columns, named.correlate(dated).scalar_subquery().label("before_hash"))


def _scope(spans: sa.Subquery) -> sa.Subquery:
    """Each span with each tag that its global tag maps, and the run's first and last place in the tag's encoding."""
    wanted = GLOBAL_TAG_MAP.c.global_tag_name.in_(sa.bindparam("b_global_tags", expanding=True))
    mapped = sa.select(GLOBAL_TAG_MAP.c.global_tag_name, GLOBAL_TAG_MAP.c.tag_name).where(wanted).distinct()
    tags = mapped.subquery("mapped")
    is_lumi, is_time = TAG.c.time_type == "Lumi", TAG.c.time_type == "Time"
    first = sa.case((is_lumi, spans.c.first_lumi), (is_time, spans.c.first_time), else_=spans.c.run_number)
    last = sa.case((is_lumi, spans.c.last_lumi), (is_time, spans.c.last_time), else_=spans.c.run_number)
    # Known only together with a span: else a planner may read all intervals of a tag first, and the spans for each.
    name = sa.case((spans.c.run_number > 0, TAG.c.name)).label("name")
    columns = (spans.c.run_number, spans.c.released, spans.c.locked, name, TAG.c.time_type)
    joined = spans.join(tags, tags.c.global_tag_name == spans.c.global_tag).join(TAG, TAG.c.name == tags.c.tag_name)
    return (
        sa.select(*columns, first.label("first_place"), last.label("last_place"))
        .select_from(joined)
        .where(TAG.c.time_type.in_(("Run", "Lumi", "Time")))
        .subquery("scope")
    )


def _opened(scope: sa.Subquery) -> sa.Subquery:
    at_release = _last_since(scope, scope.c.first_place, scope.c.released)
    at_lock = _last_since(scope, scope.c.first_place, scope.c.locked)
    lowest = sa.func.coalesce(at_release, at_lock, scope.c.first_place)
    return sa.select(*scope.c, lowest.label("lowest")).subquery("opened")


def _found(opened: sa.Subquery) -> sa.Subquery:
    iov = IOV.alias("late_iov")
    in_reach = sa.and_(
        iov.c.tag_name == opened.c.name,
        iov.c.since >= opened.c.lowest,
        iov.c.since <= opened.c.last_place,
        iov.c.insertion_time > opened.c.released,
        iov.c.insertion_time <= opened.c.locked,
    )
    place = sa.case((iov.c.since > opened.c.first_place, iov.c.since), else_=opened.c.first_place)
    rows = (
        sa.select(*opened.c, iov.c.since, iov.c.payload_hash, iov.c.insertion_time, place.label("place"))
        .select_from(opened.join(iov, in_reach))
        .subquery("rows_found")
    )
    after = IOV.alias("after_iov")
    follows = (after.c.tag_name == rows.c.name, after.c.since > rows.c.since, after.c.insertion_time <= rows.c.locked)
    next_since = sa.select(sa.func.min(after.c.since)).where(*follows).correlate(rows).scalar_subquery()
    return sa.select(
        *rows.c,
        next_since.label("next_since"),
        _newest(rows, rows.c.since, rows.c.locked).label("newest_time"),
        _last_since(rows, rows.c.place, rows.c.released).label("before_since"),
    ).subquery("found")


def _last_since(of: sa.Subquery, place: Any, by: Any) -> sa.ScalarSelect[Any]:
    """Where the interval begins that is read at a place, of all that were inserted by a time."""
    iov = IOV.alias()
    read = (iov.c.tag_name == of.c.name, iov.c.since <= place, iov.c.insertion_time <= by)
    return sa.select(sa.func.max(iov.c.since)).where(*read).correlate(of).scalar_subquery()


def _newest(of: sa.Subquery, since: Any, by: Any) -> sa.ScalarSelect[Any]:
    """The last insertion at one since by a time, which is the one that counts."""
    iov = IOV.alias()
    same = (iov.c.tag_name == of.c.name, iov.c.since == since, iov.c.insertion_time <= by)
    return sa.select(sa.func.max(iov.c.insertion_time)).where(*same).correlate(of).scalar_subquery()


def global_tag_maps(global_tags: Sequence[str]) -> sa.Select[Any]:
    """Columns name, snapshot_time, record, tag_name, time_type: a row per mapped tag, one with NULLs where there is
    none; a mapped tag that does not exist has no time type. A global tag that does not exist gives no row.
    """
    maps = GLOBAL_TAG_MAP.c.global_tag_name == GLOBAL_TAG.c.name
    joined = GLOBAL_TAG.outerjoin(GLOBAL_TAG_MAP, maps).outerjoin(TAG, TAG.c.name == GLOBAL_TAG_MAP.c.tag_name)
    columns = (GLOBAL_TAG.c.name, GLOBAL_TAG.c.snapshot_time)
    return (
        sa.select(*columns, GLOBAL_TAG_MAP.c.record, GLOBAL_TAG_MAP.c.tag_name, TAG.c.time_type)
        .select_from(joined)
        .where(GLOBAL_TAG.c.name.in_(global_tags))
    )


def log(tags: Sequence[str], begin: datetime, end: datetime) -> sa.Select[Any]:
    """Who worked on these tags in a time: tag_name, event_time, user_name, user_text, oldest first."""
    period = TAG_LOG.c.event_time.between(
        sa.bindparam("b_begin", begin, sa.DateTime()), sa.bindparam("b_end", end, sa.DateTime())
    )
    columns = (TAG_LOG.c.tag_name, TAG_LOG.c.event_time, TAG_LOG.c.user_name, TAG_LOG.c.user_text)
    return sa.select(*columns).where(TAG_LOG.c.tag_name.in_(tags), period).order_by(TAG_LOG.c.event_time)


@lru_cache(maxsize=64)
def own(wanted: int) -> sa.Select[Any]:
    """When the first interval came that begins where one made for the run does: run_number, tag_name, time_type (NULL:
    no such tag), came_at (NULL: none).
    """
    rows = _rows(Wanted, wanted, "wanted")
    iov = IOV.alias("own_iov")
    inside = (iov.c.tag_name == rows.c.tag_name, iov.c.since >= rows.c.lowest, iov.c.since <= rows.c.highest)
    came = sa.select(sa.func.min(iov.c.insertion_time)).where(*inside, iov.c.insertion_time > rows.c.after)
    columns = (rows.c.run_number, rows.c.tag_name, TAG.c.time_type)
    return sa.select(*columns, came.correlate(rows).scalar_subquery().label("came_at")).select_from(
        rows.outerjoin(TAG, TAG.c.name == rows.c.tag_name)
    )


def runs_between(begin: datetime, end: datetime) -> sa.Select[Any]:
    """Numbers of the runs that began in a time."""
    period = RUN_INFO.c.start_time.between(
        sa.bindparam("b_begin", begin, sa.DateTime()), sa.bindparam("b_end", end, sa.DateTime())
    )
    return sa.select(RUN_INFO.c.run_number).where(period).order_by(RUN_INFO.c.run_number)
