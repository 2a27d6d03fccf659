"""The last look before something irreversible: acts, verdict and payloads as they are now, not as they were."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from spy.agent.carry import kept_back
from spy.agent.decide import holds_followers
from spy.domain.release import Stage
from spy.domain.run import Chunk
from spy.domain.verdict import State
from spy.store import acts, decisions, notes
from spy.store.engine import reading
from spy.store.ledger import Look

if TYPE_CHECKING:
    from spy.agent.agent import Agent

PROBES = ("tier0", "conditions")
"""Probes whose good answers can turn bad again: the switch, the lock, and payloads that vanish."""
FRESH = timedelta(seconds=5)
"""A look this young need not be repeated before sending."""
_NEVER = datetime.min.replace(tzinfo=UTC)

Take = Callable[[Sequence[Look], datetime], None]


def may_send(agent: Agent, row: Any, now: datetime, take: Take | None = None) -> str:
    """Why one queued release must not go at this moment; empty if it may.

    `take` hands the looks to the thread that owns the agent; in virtual time there is only one.
    """
    due = [name for name in PROBES if name in agent.probes and now - agent.board.renewed.get(name, _NEVER) > FRESH]
    looks = [agent.look(name, now) for name in due]
    if looks:
        (take or agent.take)(looks, now)
    failed = "; ".join(f"{look.probe} cannot be asked now: {look.problem}" for look in looks if look.problem)
    return failed or objection(agent, row, now)


def objection(agent: Agent, row: Any, now: datetime) -> str:
    """What a person, a rule or a payload says against it."""
    run = Chunk.parse(row.chunk).run
    with reading(agent.store) as connection:
        halted, active = notes.get(connection, notes.HALT), acts.in_force(connection, now)
        releases = decisions.releases(connection, [number for number in agent.board.runs if number <= run])
    release = releases.get(row.chunk)
    judged = agent.judged.get(run)
    if not agent.settings.is_live:
        return "the agent is in shadow mode"
    if halted:
        return f"live sending is stopped: {halted}"
    if kept := kept_back(agent, active, run):
        return f"kept back by {kept}"
    if release is None or release.message_id != row.id or Stage(release.stage).lets_followers_go:
        return "the release does not stand any more"
    if (lower := _below(agent, releases, run)) is not None:
        return f"run {lower} below it is not released"
    if judged is None or judged.verdict.state is not State.READY:
        return f"no longer ready: {'; '.join(judged.verdict.reasons) if judged else 'not judged'}"
    if dict(judged.verdict.payload_hashes) != release.hashes:
        return "a payload is not the one that was judged"
    return ""


def _below(agent: Agent, releases: Mapping[str, Any], run: int) -> int | None:
    """The lowest run that must go first; None: there is none. A person may have queued this one out of its turn."""
    for row in sorted(releases.values(), key=lambda row: row.run):
        waits = row.run < run and not Stage(row.stage).lets_followers_go
        if waits and holds_followers(agent.board, row.run):
            return int(row.run)
    return None
