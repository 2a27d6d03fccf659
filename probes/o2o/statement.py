"""What is asked about the online tags: one statement, so that intervals and job runs are of the same moment.

Source: CondDB v2 (cms-sw/cmssw CondCore/CondDB/src/IOVSchema.h; CondCore/Utilities o2olib.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from spy.domain.product import OnlineTag

_tables = sa.MetaData()
# Times have no type here: Oracle hands out datetimes, SQLite text; `answer` reads both.
_TIME = sa.types.NullType

_TAG = sa.Table("tag", _tables, sa.Column("name", sa.String(100)), sa.Column("time_type", sa.String(10)))
_IOV = sa.Table("iov", _tables, sa.Column("tag_name", sa.String(100)), sa.Column("since", sa.BigInteger))
_O2O_RUN = sa.Table(
    "o2o_run",
    _tables,
    sa.Column("job_name", sa.String(100)),
    sa.Column("start_time", _TIME),
    sa.Column("status_code", sa.Integer),
)
GOOD = 0
"""STATUS_CODE of a run of a job that did all it had to."""
MAX_TAGS = 400
"""Terms of a compound SELECT; SQLite's limit is 500."""


@lru_cache(maxsize=16)
def reach(tags: int) -> sa.CompoundSelect[Any]:
    """Columns tag, time_type, since, job_start: one row for each of so many tags, with NULL for what there is not.

    `job_start` is of the job's newest good run since `b_from`: the status is not in the key of O2O_RUN, and without
    bound all runs of a job would be read.
    """
    return sa.union_all(*(_of_tag(at) for at in range(tags)))


def _of_tag(at: int) -> sa.Select[Any]:
    tag = sa.bindparam(f"b_tag_{at}", type_=sa.String(100))
    job = sa.bindparam(f"b_job_{at}", type_=sa.String(100))
    since = sa.bindparam("b_from", type_=sa.DateTime())
    good = sa.and_(_O2O_RUN.c.job_name == job, _O2O_RUN.c.start_time >= since, _O2O_RUN.c.status_code == GOOD)
    return sa.select(
        tag.label("tag"),
        sa.select(_TAG.c.time_type).where(_TAG.c.name == tag).scalar_subquery().label("time_type"),
        sa.select(sa.func.max(_IOV.c.since)).where(_IOV.c.tag_name == tag).scalar_subquery().label("since"),
        sa.select(sa.func.max(_O2O_RUN.c.start_time)).where(good).scalar_subquery().label("job_start"),
    )


def values(tags: Sequence[OnlineTag], begin: datetime) -> dict[str, object]:
    """What `reach` of that many tags is asked with; `begin` in the local time of the job machines, without zone."""
    found: dict[str, object] = {"b_from": begin}
    for at, tag in enumerate(tags):
        found |= {f"b_tag_{at}": tag.name, f"b_job_{at}": tag.job}
    return found
