"""WMArchive's performance endpoint over the reports of the simulated world's express jobs.

Metric `jobstate` with axis `workflow`, `jobstate` or `_summary`, the date range, and one regular expression per scope
key. Conventions of ours: groups are hourly, so `max_date` is the end of the present hour; error bodies.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Protocol

from probes.simulation.changes import Replay
from probes.simulation.truth import SimRun
from probes.simulation.wire import Request, Response

PERFORMANCE = "/wmarchive/data/performance"
AXES = ("workflow", "jobstate", "_summary")


class World(Protocol):
    """What this simulator needs of the simulated world."""

    @property
    def now(self) -> datetime: ...

    def visible_runs(self) -> list[SimRun]: ...


@dataclass(frozen=True, slots=True)
class Group:
    """Reports that share workflow and state. `begin` and `end` of the first and last hour that has some."""

    workflow: str
    jobstate: str
    count: int
    begin: datetime
    end: datetime


class BadQuery(Exception):
    """A query that is refused; the text says why."""


class Simulator:
    path = "/wmarchive/"

    def __init__(self, world: World) -> None:
        self._world = world

    def answer(self, request: Request) -> Response:
        if request.path.rstrip("/") != PERFORMANCE:
            return self._json(404, {"error": f"no resource {request.path}"})
        if request.method != "GET":
            return self._json(405, {"error": f"{request.method} is not possible"})
        try:
            return self._json(200, self._performance(request))
        except BadQuery as error:
            return self._json(400, {"error": str(error)})

    def empty(self, request: Request) -> Response:
        """The answer of the same form that holds no job."""
        axes = request.query.get("axes[]", [])
        return self._json(200, _body({"time": 0.01}, {axis: [] for axis in axes}))

    def _performance(self, request: Request) -> dict[str, Any]:
        if request.query.get("metrics[]") != ["jobstate"]:
            raise BadQuery("only metrics[]=jobstate is simulated")
        axes = request.query.get("axes[]", [])
        if unknown := [axis for axis in axes if axis not in AXES]:
            raise BadQuery(f"axis {unknown[0]} is not simulated")
        begin, end = _day(request, "start_date"), _day(request, "end_date")
        now = self._world.now
        groups = [group for run in self._world.visible_runs() for group in _groups(run, now)]
        groups += [group for replay in getattr(self._world, "replays", []) for group in _of_replay(replay)]
        groups = [group for group in groups if _matches(group, request, begin, end)]
        status: dict[str, Any] = {"time": 0.02}
        if groups:
            status["totalMatchedJobs"] = sum(group.count for group in groups)
            status["start_date"] = _time(min(group.begin for group in groups))
            status["end_date"] = _time(max(group.end for group in groups))
        status["min_date"] = _time(min((run.start for run in self._world.visible_runs()), default=now))
        status["max_date"] = _time(_hour(now) + timedelta(hours=1))
        return _body(status, {axis: _along(axis, groups) for axis in axes})

    def _json(self, status: int, body: dict[str, Any]) -> Response:
        raw = json.dumps(body).encode()
        date = format_datetime(self._world.now, usegmt=True)
        return Response(status, raw, {"Content-Type": "application/json", "Date": date})


def _body(status: dict[str, Any], axes: dict[str, Any]) -> dict[str, Any]:
    told = {"status": status, "visualizations": {"jobstate": axes}, "suggestions": {}, "supplementaryData": {}}
    return {"result": [{"performance": told}]}


def _groups(run: SimRun, now: datetime) -> Iterator[Group]:
    """The first half of a stream's reports comes with the run's end, the rest, and most failures, when it is done."""
    for index, stream in enumerate(run.streams):
        jobs, failed = _share(run.express_jobs, index, run), _share(run.express_jobs_failed, index, run)
        done = run.stream_done.get(stream)
        first, first_failed = jobs // 2, min(failed // 2, jobs // 2)
        is_done = done is not None and done <= now
        if run.end is None or (run.end > now and not is_done):
            continue
        if not is_done:
            jobs, failed = first, first_failed
        begin, end = _hour(run.end), _hour(done if is_done and done else run.end) + timedelta(hours=1)
        for state, count in (("success", jobs - failed), ("jobfailed", failed)):
            if count:
                yield Group(f"Express_Run{run.number}_Stream{stream}", state, count, begin, end)


def _of_replay(replay: Replay) -> Iterator[Group]:
    """Workflows of a replay carry its era, its deployment and its version behind the names that production uses."""
    begin = _hour(replay.at)
    name = f"Express_Run{replay.run}_StreamExpress_Tier0_REPLAY_2026_ID260601120000_v601"
    for state, count in (
        ("success", replay.express_jobs - replay.express_jobs_failed),
        ("jobfailed", replay.express_jobs_failed),
    ):
        if count:
            yield Group(name, state, count, begin, begin + timedelta(hours=1))


def _share(total: int, index: int, run: SimRun) -> int:
    """As even as whole numbers allow; the first streams get one more."""
    whole, rest = divmod(total, len(run.streams))
    return whole + (index < rest)


def _matches(group: Group, request: Request, begin: datetime | None, end: datetime | None) -> bool:
    for key, value in (("workflow", group.workflow), ("jobstate", group.jobstate)):
        pattern = request.first(key)
        try:
            if pattern is not None and not re.search(pattern, value):
                return False
        except re.error as wrong:
            raise BadQuery(f"{key}: no regular expression: {wrong}") from None
    return not ((begin and group.end <= begin) or (end and group.begin >= end + timedelta(days=1)))


def _along(axis: str, groups: list[Group]) -> Any:
    """Without groups that hold nothing."""
    if axis == "_summary":
        return {"jobstates": _states(groups)}
    labels = sorted({getattr(group, axis) for group in groups})
    return [{"label": la, "jobstates": _states([g for g in groups if getattr(g, axis) == la])} for la in labels]


def _states(groups: list[Group]) -> list[dict[str, Any]]:
    counts: Counter[str] = Counter()
    for group in groups:
        counts[group.jobstate] += group.count
    return [{"jobstate": state, "count": count} for state, count in sorted(counts.items())]


def _day(request: Request, key: str) -> datetime | None:
    text = request.first(key)
    try:
        return datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC) if text else None
    except ValueError:
        raise BadQuery(f"{key}={text}: expected YYYYMMDD") from None


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"
