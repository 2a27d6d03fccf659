"""How many express jobs of each run were reported, and how many of them failed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from probes.jobs import answer
from probes.jobs.answer import Counts, Told
from spy.domain.evidence import Evidence, Fact, Kind, Scope, Value, unknown
from spy.domain.subject import of_stream
from spy.http import Answer, Http
from spy.probe import Open, OpenRun, Probe

AT_ONCE = 500
"""Runs per request: their numbers stand in its address."""
LOOK_BACK = timedelta(days=4)
"""How old the reports of a run can be whose start is unknown: it takes less than two days, and is open for two."""
_HAD = re.compile(r"; had ([0-9]+) jobs, ([0-9]+) failed$")

FACTS = (
    Fact("express_jobs", Kind.INT, Scope.RUN, "reports of express jobs, one per attempt; 0: none yet", "reports"),
    Fact("express_jobs_failed", Kind.INT, Scope.RUN, "how many of them failed, in submission too", "reports"),
    Fact("express_jobs_complete", Kind.BOOL, Scope.RUN, "counted after Tier0 expected nothing more of any stream"),
)


class Jobs(Probe):
    """The express jobs of all open runs, in one request; a run whose counts are final is not asked about again.

    No report of a run is 0 jobs: the archive leaves out what it has not, so this is no evidence of anything good, and
    rules must not take it so. Counts are *complete* when every stream with a producer was done before the archive
    answered and its aggregated data reach beyond that moment; *final* when two complete looks told the same. Counts
    that become smaller are unknown: reports are only ever added.

    Source: WMArchive `data/performance`.
    """

    name = "jobs"
    service = "jobs"
    facts = FACTS
    every = timedelta(minutes=5)
    stale_after = timedelta(minutes=16)

    def observe(self, ask: Http, open_: Open) -> Iterator[Evidence]:
        asked = [run for run in open_.runs if not run.is_final("express_jobs_complete")]
        for begin in range(0, len(asked), AT_ONCE):
            yield from _some(ask, open_, asked[begin : begin + AT_ONCE], self.stale_after)


@dataclass(frozen=True, slots=True)
class _Seen:
    given: Answer
    told: Told
    now: datetime
    as_of: datetime | None

    def fact(self, run: OpenRun, name: str, value: Value, final: bool) -> Evidence:
        return Evidence(run.subject, name, value, Jobs.name, self.now, self.as_of, final)


def _some(ask: Http, open_: Open, runs: Sequence[OpenRun], limit: timedelta) -> Iterator[Evidence]:
    begin = min(run.run.start or open_.now - LOOK_BACK for run in runs)
    given = ask.get(
        "data/performance",
        {
            "metrics[]": "jobstate",
            "axes[]": "workflow",
            "start_date": f"{begin:%Y%m%d}",
            "end_date": f"{open_.now:%Y%m%d}",
            "workflow": answer.workflows((run.number for run in runs), open_.instance),
        },
    )
    seen = _Seen(given, answer.performance(given, open_.instance), open_.now, given.dated(open_.now, limit))
    for run in runs:
        yield from _run(seen, run)


def _run(seen: _Seen, run: OpenRun) -> Iterator[Evidence]:
    counts = seen.told.counts.get(run.number, Counts())
    problem = seen.told.problems.get(run.number) or _shrunk(run, counts)
    if problem:
        for fact in FACTS:
            yield unknown(run.subject, fact.name, Jobs.name, seen.now, problem)
        return
    is_complete = _is_complete(seen, _all_done_at(run))
    final = is_complete and counts.jobs > 0 and run.value("express_jobs_complete") is True and _told(run) == counts
    yield seen.fact(run, "express_jobs", counts.jobs, final)
    yield seen.fact(run, "express_jobs_failed", counts.failed, final)
    yield seen.fact(run, "express_jobs_complete", is_complete, final)


def _told(run: OpenRun) -> Counts | None:
    """The counts as last told; None: unknown."""
    jobs, failed = run.value("express_jobs"), run.value("express_jobs_failed")
    return Counts(jobs, failed) if isinstance(jobs, int) and isinstance(failed, int) else None


def _shrunk(run: OpenRun, counts: Counts) -> str:
    """Why smaller counts cannot be believed; empty if they are not smaller.

    The sentence ends with what it had, so that the next look still knows: a probe remembers nothing itself.
    """
    had = _told(run)
    before = run.known.get((run.subject, "express_jobs"))
    if had is None and before is not None and (found := _HAD.search(before.problem)):
        had = Counts(int(found[1]), int(found[2]))
    if had is None or (counts.jobs >= had.jobs and counts.failed >= had.failed):
        return ""
    return f"shrinking: {counts.jobs} jobs, {counts.failed} failed; had {had.jobs} jobs, {had.failed} failed"


def _all_done_at(run: OpenRun) -> datetime | None:
    """When the last stream with a producer was seen to be done; None: not all are, or not all are known."""
    declared = run.value("streams")
    if not isinstance(declared, str) or not run.is_final("streams"):
        return None
    streams = [of_stream(run.run.instance, run.number, name) for name in declared.split(",")]
    done = [run.known.get((stream, "stream_done")) for stream in streams if run.value("producers", stream) != ""]
    seen = [e.seen_at for e in done if e is not None and e.value is True and e.final]
    return max(seen) if seen and len(seen) == len(done) else None


def _is_complete(seen: _Seen, done_at: datetime | None) -> bool:
    """An answer of a cache or of a frozen copy, and groups that end before, cannot hold the last reports."""
    if done_at is None or seen.as_of is None or seen.told.reaches is None:
        return False
    # The server's own time has no fractions of a second.
    return seen.as_of >= done_at.replace(microsecond=0) and seen.told.reaches >= done_at
