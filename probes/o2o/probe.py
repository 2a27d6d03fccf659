"""How far the required online tags reach, for each open run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine

from probes.o2o import answer, statement
from probes.o2o.answer import Reach
from spy.database import ask as ask_database
from spy.domain.evidence import Evidence, Fact, Kind, Scope, unknown
from spy.domain.product import OnlineTag
from spy.domain.subject import of_tag
from spy.probe import Open, OpenRun, Probe

SINCE = Fact(
    "online_since",
    Kind.TIME,
    Scope.TAG,
    "newest since of an online tag, at most the run's end (after_fill: its fill's)",
)
JOB = Fact(
    "online_job_start",
    Kind.TIME,
    Scope.TAG,
    "tags written on change: start of their job's newest good run, at most the run's end and the job's delay",
)
MARGIN = timedelta(days=1)
"""Job runs are looked for from so long before the first open run's end, whatever the clocks were set to that day."""


class O2o(Probe):
    """The online tags that some class requires: the begin of the newest interval, and of the job's newest good run.

    Both are told up to what the run needs and no further: what passes the run's end changes nothing any more, so that
    a covered run is not told anew at every beat of a job. Nothing is final, since an interval can vanish until Tier0
    locks the run. Nothing is told before the run's end, of which both are the measure; for a tag that is written after
    the fill the measure is the fill's end.

    Source: CondDB v2, account CMS_CONDITIONS, read-only copy; one statement.
    """

    name = "o2o"
    service = "conditions"
    wants = "database"
    every = timedelta(minutes=5)
    stale_after = timedelta(minutes=16)
    facts = (SINCE, JOB)

    def observe(self, ask: Engine, open_: Open) -> Iterator[Evidence]:
        ends = [run.run.end for run in open_.runs if run.run.end is not None]
        reaches: dict[str, Reach] = {}
        problem = ""
        if ends and open_.online_tags:
            try:
                begin = answer.local_of_utc(min(ends) - MARGIN)
            except ValueError as exc:
                problem = str(exc)
            else:
                reaches = ask_database(self.service, ask, lambda connection: _read(connection, open_, begin))
        for run in open_.runs:
            for tag in open_.online_tags:
                yield from self._tag(open_, run, tag, reaches.get(tag.name), problem)

    def _tag(self, open_: Open, run: OpenRun, tag: OnlineTag, found: Reach | None, problem: str) -> Iterator[Evidence]:
        subject = of_tag(open_.instance, run.number, tag.name)
        end, what = (_fill_end(run), "fill") if tag.after_fill else (run.run.end, "run")

        def told(fact: Fact, read: Callable[[Reach], datetime], limit: timedelta) -> Evidence:
            try:
                if end is None:
                    raise ValueError(f"an online tag cannot be judged before the {what}'s end")
                if found is None:
                    raise ValueError(problem or "not in the answer")
                return Evidence(subject, fact.name, min(read(found), end + limit), self.name, open_.now)
            except ValueError as exc:
                return unknown(subject, fact.name, self.name, open_.now, str(exc))

        yield told(SINCE, lambda reach: reach.newest_since(open_.now), timedelta(0))
        if tag.on_change:
            yield told(JOB, lambda reach: reach.newest_job(tag.job, open_.now), tag.delay)


def _fill_end(run: OpenRun) -> datetime | None:
    end = run.value("fill_end")
    return end if isinstance(end, datetime) and run.run.end is not None else None


def _read(connection: Connection, open_: Open, begin: datetime) -> dict[str, Reach]:
    rows: list[Sequence[Any]] = []
    for first in range(0, len(open_.online_tags), statement.MAX_TAGS):
        some = open_.online_tags[first : first + statement.MAX_TAGS]
        rows += connection.execute(statement.reach(len(some)), statement.values(some, begin)).all()
    return answer.by_tag(rows)
