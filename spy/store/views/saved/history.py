"""What the store tells of all runs of a period, in seven statements however many runs there are."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, String, Text, cast, column, false, func, literal, select, type_coerce, values

from spy.domain.evidence import Value
from spy.domain.release import Stage
from spy.store.tables import DecisionRow, EvidenceRow, LookRow, MoveRow, ProbeRow, ReleaseRow, RunRow, table_of
from spy.store.types import unpacked

_decision, _evidence, _look = table_of(DecisionRow), table_of(EvidenceRow), table_of(LookRow)
_move, _probe, _release, _run = table_of(MoveRow), table_of(ProbeRow), table_of(ReleaseRow), table_of(RunRow)

_EVENTS = ("harvest_sample", "stream_done")
Part = tuple[str, str]
"""Of a run: how its subject goes on after the run number, and the name of the fact."""


class Word(NamedTuple):
    """A fact each time it changed."""

    value: Value | None
    seen_at: datetime


class Decided(NamedTuple):
    revision: int
    at: datetime
    verdict: str
    cause: str
    reasons: str
    """JSON, as stored."""


class Moved(NamedTuple):
    at: datetime
    after: Stage
    why: str


class Silence(NamedTuple):
    """A failed look: from then until the next look of the same probe nothing was learned of its service."""

    service: str
    begin: datetime
    end: datetime


@dataclass(slots=True)
class Record:
    """One run, as stored."""

    run: int
    opened_at: datetime
    closed_at: datetime | None
    stage: str
    would_at: datetime | None
    facts: dict[Part, list[Word]] = field(default_factory=lambda: defaultdict(list))
    moves: list[Moved] = field(default_factory=list)
    decided: list[Decided] = field(default_factory=list)

    def newest(self, name: str, suffix: str = "") -> Value | None:
        """As last told; None for unknown and for never told."""
        words = self.facts.get((suffix, name))
        return words[-1].value if words else None


@dataclass(frozen=True, slots=True)
class History:
    records: Sequence[Record]
    """By run number."""
    silences: Sequence[Silence]
    """By their begin."""
    unwatched: Sequence[tuple[datetime, datetime]]
    """When no agent looked at all."""


def read(
    connection: Connection,
    begin: datetime,
    end: datetime,
    parts: Collection[Part],
    instance: str,
    silent_after: timedelta,
    now: datetime,
    context: Collection[str] = (),
) -> History:
    """Of every run that was open at some time of the period; `context` names probes on which nothing depends."""
    which = (_run.c.opened_at < end) & (_run.c.closed_at.is_(None) | (_run.c.closed_at >= begin))
    runs = select(_run, _release.c.stage, _release.c.would_at)
    runs = runs.join(_release, _release.c.run == _run.c.number, isouter=True).where(which).order_by(_run.c.number)
    records = {
        row.number: Record(row.number, row.opened_at, row.closed_at, row.stage or Stage.NONE, row.would_at)
        for row in connection.execute(runs)
    }
    for number, suffix, name, value, seen_at in connection.execute(_facts(which, parts, instance)):
        records[number].facts[suffix, name].append(Word(_value(value), seen_at))
    for run, at, after, why in connection.execute(_moves(which)):
        records[run].moves.append(Moved(at, Stage(after), why))
    for run, *told in connection.execute(_decisions(which)):
        records[run].decided.append(Decided(*told))
    first = min((record.opened_at for record in records.values()), default=begin)
    silences = tuple(_silences(connection, first, context))
    return History(tuple(records.values()), silences, tuple(_unwatched(connection, first, silent_after, now)))


def _facts(which: Any, parts: Collection[Part], instance: str) -> Select[Any]:
    """One step down the index for each fact of each run; rows of a fact in the order in which they came."""
    wanted = values(column("suffix", String), column("name", String), name="wanted").data(list(parts)).cte("wanted")
    subject = literal(f"{instance}:") + cast(_run.c.number, Text) + wanted.c.suffix
    same = (_evidence.c.run == _run.c.number) & (_evidence.c.subject == subject) & (_evidence.c.name == wanted.c.name)
    value = type_coerce(_evidence.c.value, Text)
    # Half of all rows tell that nothing is there yet, or an interval of an earlier run.
    is_news = (_evidence.c.name.not_in(_EVENTS) | (value != "false")) & (
        (_evidence.c.name != "since_run") | (value == cast(_run.c.number, Text))
    )
    query = select(_run.c.number, wanted.c.suffix, wanted.c.name, value, _evidence.c.seen_at)
    query = query.select_from(_run.join(wanted, literal(True)).join(_evidence, same))
    return query.where(which, is_news).order_by(_evidence.c.id)


@lru_cache(maxsize=4096)
def _value(text: str) -> Value | None:
    return unpacked(json.loads(text))


def _moves(which: Any) -> Select[Any]:
    query = select(_release.c.run, _move.c.at, _move.c.after, _move.c.why)
    query = query.join(_release, _release.c.chunk == _move.c.chunk)
    return query.join(_run, _run.c.number == _release.c.run).where(which).order_by(_move.c.id)


def _decisions(which: Any) -> Select[Any]:
    """Without the outcomes, which are most of the store."""
    told = (_decision.c.revision, _decision.c.at, _decision.c.verdict, _decision.c.cause)
    query = select(_decision.c.run, *told, type_coerce(_decision.c.reasons, Text))
    return query.join(_run, _run.c.number == _decision.c.run).where(which).order_by(_decision.c.id)


def _silences(connection: Connection, first: datetime, context: Collection[str]) -> Iterator[Silence]:
    """Each failed look, up to the next look of its probe."""
    later = _look.alias()
    following = select(func.min(later.c.at)).where(later.c.probe == _look.c.probe, later.c.at > _look.c.at)
    failed = select(_look.c.probe, _look.c.at, following.scalar_subquery().label("until"))
    services: Mapping[str, str] = {
        p.name: p.service for p in connection.execute(select(_probe.c.name, _probe.c.service))
    }
    for probe, at, until in connection.execute(failed.where(_look.c.problem != "", _look.c.at >= first)):
        if probe not in context:
            yield Silence(services.get(probe, probe), at, until or datetime.max.replace(tzinfo=at.tzinfo))


def _unwatched(
    connection: Connection, first: datetime, silent_after: timedelta, now: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """Gaps between the looks of the probe that looks most often; before the first look, and after the last one too."""
    often = connection.execute(
        select(_probe.c.name, _probe.c.every_s).order_by(_probe.c.every_s, _probe.c.name)
    ).first()
    allowed = max(silent_after, timedelta(seconds=3 * often.every_s)) if often else silent_after
    mine = (_look.c.probe == often.name) if often else false()
    looks = select(_look.c.at).where(mine, _look.c.at >= first - allowed).order_by(_look.c.at)
    before = datetime.min.replace(tzinfo=first.tzinfo)
    for at in (*connection.execute(looks).scalars(), now):
        if at > before + allowed:
            yield before, at
        before = max(before, at)
