"""What the store says of each run: its decisions one after the other, when it was watched, when it was released."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, func, select

from spy.agent.basis import Basis, Loaded, unpacked
from spy.domain.release import Stage
from spy.domain.subject import Subject, part_of
from spy.domain.verdict import State
from spy.store import decisions
from spy.store.tables import DecisionRow, MoveRow, ReleaseRow, RunRow, table_of

_decision = table_of(DecisionRow)
_move = table_of(MoveRow)
_release = table_of(ReleaseRow)
_run = table_of(RunRow)


AFTER_ALL = datetime(9999, 1, 1, tzinfo=UTC)
Blames = tuple[tuple[str, str], ...]
"""Rule and product (empty: the run as a whole) of every deciding outcome that was not ready."""


@dataclass(frozen=True, slots=True)
class Step:
    """From when on a run's verdict was what it was."""

    at: datetime
    state: str
    reasons: tuple[str, ...]
    blames: Blames = ()
    decision: int = 0
    """Id of the stored decision whose outcomes say more; 0: it is none."""


@dataclass(slots=True)
class StoredRun:
    run: int
    opened_at: datetime
    until: datetime | None
    """When prompt reconstruction started or the run was closed: from then on it was not asked about. None: open."""
    closed_at: datetime | None
    locked_at: datetime | None
    released_at: datetime | None
    """When its release was queued; shadow: when it would have been."""
    steps: list[Step] = field(default_factory=list)
    deadline: datetime | None = None
    missing: str = ""
    """Why it cannot be decided again; empty: it can."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What a stored decision knew, to see whether we know the same."""

    run: int
    at: datetime
    basis: Basis


@dataclass(slots=True)
class Stored:
    runs: dict[int, StoredRun] = field(default_factory=dict)
    """The chosen ones."""
    neighbours: dict[int, tuple[datetime, datetime | None]] = field(default_factory=dict)
    """Every run that was open beside them, to when it was opened and closed."""
    begun: dict[int, int] = field(default_factory=dict)
    """Run to the evidence id after which its facts count."""
    marks: list[Mark] = field(default_factory=list)
    loads: dict[int, Loaded] = field(default_factory=dict)
    """Newest evidence id when an agent came to lead, to what it read then."""


def stored(connection: Connection, begin: datetime, end: datetime, run: int | None = None) -> Stored:
    """Every run of which something was decided from `begin` on and before `end`, with the whole of its life."""
    found = Stored()
    chosen = select(_decision.c.run).where(_decision.c.at >= begin, _decision.c.at < end).distinct()
    numbers = set(connection.execute(chosen if run is None else chosen.where(_decision.c.run == run)).scalars())
    if not numbers:
        return found
    first = _read_runs(connection, found, numbers)
    for row in decisions.between(connection, first, AFTER_ALL, without=("outcomes",)):
        _read_decision(found, row)
    return found


def _read_runs(connection: Connection, found: Stored, numbers: set[int]) -> datetime:
    """The runs and those open beside them; when the first of all was opened."""
    opened = {row.number: (row.opened_at, row.closed_at) for row in connection.execute(select(_run))}
    first = min(opened[number][0] for number in numbers)
    last = max((opened[number][1] or AFTER_ALL) for number in numbers)
    found.neighbours = {n: (o, c) for n, (o, c) in opened.items() if (c is None or c >= first) and o <= last}
    closed_stages = [stage for stage in Stage if stage.is_closed]
    started, locked, queued = (
        _first_moves(connection, stages) for stages in ([Stage.STARTED], closed_stages, [Stage.QUEUED])
    )
    would = {row.chunk: row.would_at for row in connection.execute(select(_release.c.chunk, _release.c.would_at))}
    for number in sorted(numbers):
        chunk, (opened_at, closed_at) = str(number), opened[number]
        until = min((at for at in (started.get(chunk), closed_at) if at), default=None)
        released = queued.get(chunk) or would.get(chunk)
        found.runs[number] = StoredRun(number, opened_at, until, closed_at, locked.get(chunk), released)
    return min(o for o, _ in found.neighbours.values())


def _first_moves(connection: Connection, stages: list[Stage]) -> Mapping[str, datetime]:
    query = select(_move.c.chunk, func.min(_move.c.at).label("at")).where(_move.c.after.in_(stages))
    return {row.chunk: row.at for row in connection.execute(query.group_by(_move.c.chunk))}


def _read_decision(found: Stored, row: Any) -> None:
    basis = None if row.basis is None else unpacked(row.basis)
    if basis is not None:
        found.marks.append(Mark(row.run, row.at, basis))
        found.loads.setdefault(basis.loaded.evidence, basis.loaded)
        for run, after in basis.begun.items():
            found.begun[run] = max(after, found.begun.get(run, 0))
    if (one := found.runs.get(row.run)) is None:
        return
    if basis is None:
        one.missing = "decided before the store kept what a decision stands on"
    if not one.steps and row.revision > 1:
        one.missing = f"decisions before revision {row.revision} are gone"
    one.deadline = row.deadline or one.deadline
    one.steps.append(Step(row.at, row.verdict, tuple(json.loads(row.reasons)), decision=row.id))


def blames_of(connection: Connection, decision: int) -> Blames:
    """Who was not content in a stored decision."""
    query = select(_decision.c.outcomes, _decision.c.required).where(_decision.c.id == decision)
    row = connection.execute(query).one()
    bad = [o for o in row.outcomes if not o["shadow"] and o["state"] != State.READY]
    return blames(((o["rule"], o["subject"]) for o in bad), row.required)


def blames(found: Iterable[tuple[str, str]], required: Collection[str]) -> Blames:
    """Rules and subjects as rules and products; what no rule requires gates nobody."""
    parts = [(rule, part_of(Subject(subject))) for rule, subject in found]
    return tuple((rule, name) for rule, (_, name) in parts if not name or name in required)
