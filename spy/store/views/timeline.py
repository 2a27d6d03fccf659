"""The course of one run from beam to reconstruction, everything that is recorded with a time, in one list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, Engine, select

from spy.domain.act import Act
from spy.domain.release import Stage
from spy.domain.subject import Subject, part_of
from spy.domain.verdict import State
from spy.store.engine import reading
from spy.store.tables import EvidenceRow, table_of
from spy.store.types import unpacked
from spy.store.views.detail import RunDetail

_evidence = table_of(EvidenceRow)
NAMES = (
    "stream_done",
    "harvest_sample",
    "uploaded_at",
    "upload_result",
    "inserted_at",
    "since_run",
    "reco_started",
)


class Lane(StrEnum):
    """What happened, in the order in which it happens."""

    DATA = "data taking"
    EXPRESS = "express"
    HARVEST = "harvest"
    UPLOAD = "upload"
    INTERVAL = "interval"
    VERDICT = "verdict"
    ACT = "human act"
    MESSAGE = "message"
    RELEASE = "release"
    TIER0 = "Tier0"


@dataclass(frozen=True, slots=True)
class Happened:
    lane: Lane
    begin: datetime
    """UTC. The source's own time where it gives one, else when the agent saw it: `is_seen`."""
    end: datetime | None
    """None: a moment, or what goes on still: `goes_on`."""
    what: str
    text: str
    state: State | None = None
    goes_on: bool = False
    is_seen: bool = False


def timeline(store: Engine, detail: RunDetail) -> tuple[Happened, ...]:
    """By time. Of intervals only those that begin in the run: others are inherited, whenever they were inserted."""
    with reading(store) as connection:
        rows = _rows(connection, detail.line.run)
    parts = (
        _taken(detail),
        _told(rows, detail.line.run),
        _verdicts(detail),
        _stages(detail),
        _messages(detail),
        map(_act, detail.acts),
        _deadline(detail),
    )
    return tuple(
        sorted((one for part in parts for one in part), key=lambda one: (one.begin, list(Lane).index(one.lane)))
    )


def _rows(connection: Connection, run: int) -> list[Any]:
    columns = (_evidence.c[name] for name in ("subject", "name", "value", "seen_at"))
    query = select(*columns).where(_evidence.c.run == run, _evidence.c.name.in_(NAMES)).order_by(_evidence.c.id)
    return list(connection.execute(query))


def _taken(detail: RunDetail) -> Iterator[Happened]:
    line = detail.line
    if line.start is not None:
        what = line.run_class or "class unknown"
        yield Happened(Lane.DATA, line.start, line.end, what, "data taking", goes_on=line.is_taken)


def _told(rows: Sequence[Any], run: int) -> Iterator[Happened]:
    """Of each fact each time that it turned; the same again is no news."""
    begins: dict[str, list[tuple[datetime, Any]]] = {}
    for row in rows:
        if row.name == "since_run":
            begins.setdefault(row.subject, []).append((row.seen_at, unpacked(row.value)))
    last: dict[tuple[str, str], Any] = {}
    for row in rows:
        value, key = unpacked(row.value), (row.subject, row.name)
        if value == last.get(key):
            continue
        last[key] = value
        about = part_of(Subject(row.subject))[1]
        if row.name == "inserted_at" and run not in _begin_at(begins.get(row.subject, []), row.seen_at, run):
            continue
        yield from _fact(about, row.name, value, row.seen_at)


def _begin_at(told: Sequence[tuple[datetime, Any]], seen_at: datetime, run: int) -> tuple[Any, ...]:
    """In which run the interval began that was seen then; nothing told of it: it may be this one."""
    return tuple(value for at, value in told if at <= seen_at)[-1:] or (run,)


def _fact(about: str, name: str, value: Any, seen_at: datetime) -> Iterator[Happened]:
    if name == "stream_done" and value is True:
        yield Happened(Lane.EXPRESS, seen_at, None, about, "Tier0 expects nothing more of the stream", is_seen=True)
    elif name == "harvest_sample" and value is True:
        yield Happened(Lane.HARVEST, seen_at, None, about, "harvested: its output is in DQM", is_seen=True)
    elif name == "uploaded_at" and isinstance(value, datetime):
        yield Happened(Lane.UPLOAD, value, None, about, "its newest file was handled")
    elif name == "upload_result" and value in _RESULTS:
        yield Happened(Lane.UPLOAD, seen_at, None, about, f"upload {value}", _RESULTS[str(value)], is_seen=True)
    elif name == "inserted_at" and isinstance(value, datetime):
        yield Happened(Lane.INTERVAL, value, None, about, "an interval that begins in the run was inserted")
    elif name == "reco_started" and value is True:
        yield Happened(Lane.TIER0, seen_at, None, "start", "prompt reconstruction was released", is_seen=True)


_RESULTS = {
    "shifted": State.BLOCKED,
    "skipped": State.BLOCKED,
    "elsewhere": State.BLOCKED,
    "failed": State.BLOCKED,
    "ok": State.READY,
}
"""How the log's words about an upload look; whether they hold the run is for the rules to say."""


def _verdicts(detail: RunDetail) -> Iterator[Happened]:
    for one, after in pairwise([*detail.revisions, None]):
        if one is None:
            continue
        what, text = f"revision {one.revision}", one.headline or "every calibration that it needs is in place"
        goes_on = after is None and detail.line.is_open
        yield Happened(Lane.VERDICT, one.at, after.at if after else None, what, text, one.verdict, goes_on)


def _stages(detail: RunDetail) -> Iterator[Happened]:
    for one, after in pairwise([*detail.moves, None]):
        if one is None:
            continue
        lane = Lane.TIER0 if one.after.is_closed else Lane.RELEASE
        until = after.at if after and lane is Lane.RELEASE else None
        goes_on = after is None and lane is Lane.RELEASE and detail.line.is_open
        state = State.BLOCKED if one.after in (Stage.REFUSED, Stage.OVERTAKEN) else None
        yield Happened(lane, one.at, until, str(one.after), one.why, state, goes_on, is_seen=lane is Lane.TIER0)
    if detail.line.would_at is not None:
        yield Happened(Lane.RELEASE, detail.line.would_at, None, "shadow", "it would have been sent")


def _messages(detail: RunDetail) -> Iterable[Happened]:
    for message in detail.messages:
        error = f", {message.last_error}" if message.last_error else ""
        text = f"to {message.recipient}: {message.status}, attempts: {message.attempts}{error}"
        yield Happened(Lane.MESSAGE, message.created_at, message.acked_at, message.kind, text)


def _act(act: Act) -> Happened:
    ends = [at for at in (act.until, act.ended_at) if at is not None]
    on = f" on {act.rule} {act.product}".rstrip() if act.rule else ""
    return Happened(Lane.ACT, act.at, min(ends, default=None), str(act.do), f"{act.who}{on}: {act.why}", None, not ends)


def _deadline(detail: RunDetail) -> Iterator[Happened]:
    if detail.line.deadline is not None and not detail.line.stage.is_closed:
        yield Happened(Lane.TIER0, detail.line.deadline, None, "predicted lock", "by Tier0's own clock")
