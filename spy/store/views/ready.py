"""The answer for machines: may this chunk be reconstructed, yes or no, and why not.

The same truth that the agent sends. When it cannot be vouched for at this moment (the agent is silent, sending is
stopped, a person keeps the run back), the answer is no.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine

from spy.clock import iso
from spy.domain.act import Act, Do
from spy.domain.release import Stage
from spy.domain.run import Chunk
from spy.domain.verdict import State
from spy.store import acts, notes
from spy.store.engine import reading
from spy.store.views import standing
from spy.store.views.facts import heartbeat, of_services
from spy.store.views.standing import Lower, Standing

_NEEDS_A_PERSON = (Stage.WITHDRAWN, Stage.REFUSED)
KEEPING = (Do.KEEP_BACK, Do.HOLD_TIER0, Do.STOP)


@dataclass(frozen=True, slots=True)
class Readiness:
    chunk: str
    """As it was asked for."""
    answered_for: str
    """The run that was judged."""
    ready: bool
    prefix_ready: bool
    """It and every open run below it are ready or locked: Tier0 could lock it now."""
    verdict: State
    reasons: tuple[str, ...]
    """Why not; for a ready chunk its exemption or waivers, mostly empty."""
    revision: int
    decided_at: datetime | None
    stage: Stage
    stage_since: datetime
    stage_detail: str
    deadline: datetime | None
    note: str = ""
    """What the answer does not say."""


def readiness(store: Engine, chunk: Chunk, now: datetime, stale_after: timedelta) -> Readiness | None:
    """None for a run that the agent never followed."""
    with reading(store) as connection:
        active = acts.active(connection, now)
        line = standing.of_one(connection, chunk.run, active)
        if line is None:
            return None
        general = objections(connection, now, stale_after)
        against = (*general, *_kept(line.acts), *_stage_objection(line))
        ready = line.verdict is State.READY and not against
        prefix_ready = ready and not _is_held_from_below(connection, chunk.run, active)
    return Readiness(
        chunk=str(chunk),
        answered_for=str(line.run),
        ready=ready,
        prefix_ready=prefix_ready,
        verdict=line.verdict,
        reasons=(*against, *line.reasons),
        revision=line.revision,
        decided_at=line.decided_at,
        stage=line.stage,
        stage_since=line.since,
        stage_detail=line.detail,
        deadline=line.deadline,
        note=_note(chunk),
    )


def _is_held_from_below(connection: Connection, run: int, active: Sequence[Act]) -> bool:
    stopping = [line.run for line in standing.lower_ones(connection, run) if not _lets_through(line, active)]
    # The lowest is mostly enough; whether the others hold anybody matters only where it does not.
    return any(runs and standing.that_hold(connection, runs) for runs in (stopping[:1], stopping[1:]))


def objections(connection: Connection, now: datetime, stale_after: timedelta) -> tuple[str, ...]:
    """What speaks against every run at this moment."""
    beat, halt = heartbeat(connection), notes.get(connection, notes.HALT)
    if beat is None:
        return ("the agent has not looked yet",)
    old = (f"the agent has not looked since {iso(beat)}",) if now - beat > stale_after else ()
    return (*old, f"live sending is stopped: {halt}") if halt else old


def _kept(active: Sequence[Act]) -> tuple[str, ...]:
    return tuple(f"{act.do}: {act.who}: {act.why}" for act in active if act.do in KEEPING)


def _stage_objection(line: Standing) -> tuple[str, ...]:
    """A release taken back, or refused by Tier0, needs a person, whatever the verdict says."""
    if line.stage in _NEEDS_A_PERSON:
        return (f"the release is {line.stage}: {line.detail}",)
    return ()


def _lets_through(line: Lower | Standing, active: Sequence[Act]) -> bool:
    if line.stage.is_closed:
        return True
    kept = any(act.do in KEEPING and act.concerns(line.run) for act in active)
    return line.verdict is State.READY and not kept and line.stage not in _NEEDS_A_PERSON


def _note(chunk: Chunk) -> str:
    if chunk.dataset:
        return f"releasing one dataset locks the conditions of the whole run: answered for run {chunk.run}"
    if chunk.lumis:
        return f"lumi ranges are never released alone: answered for run {chunk.run}"
    return ""


def first_unready_run(store: Engine, now: datetime, stale_after: timedelta) -> int | None:
    """The lowest run not ready in prefix order: every lower one is ready or locked. None: nothing is known.

    Without any open run it is Tier0's own first condition-safe run. It stands beside that service's answer, and is
    never below it by more than the age of what we know.
    """
    with reading(store) as connection:
        general = objections(connection, now, stale_after)
        active = acts.active(connection, now)
        followed = standing.open_ones(connection, active)
        holding = standing.that_hold(connection, [line.run for line in followed])
        lines = [line for line in followed if line.run in holding]
        first_safe = of_services(connection, now).get("first_safe_run")
    for line in lines:
        if not line.stage.is_closed and (general or not _lets_through(line, active)):
            return line.run
    if lines:
        return lines[-1].run + 1
    return first_safe if isinstance(first_safe, int) else None
