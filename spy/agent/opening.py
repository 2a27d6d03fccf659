"""Which runs the agent follows: opened when OMS tells of them, closed when nothing can happen to them any more."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from spy.agent import observed
from spy.domain.run import Chunk
from spy.store import decisions, lease, ledger
from spy.store.engine import writing

if TYPE_CHECKING:
    from spy.agent.agent import Agent


def open_new(agent: Agent, touched: set[int], before: int, now: datetime) -> None:
    """A run that OMS tells and Tier0 has not locked is opened; one that was closed stays history."""
    new = [run for run in touched if run and run not in agent.releases]
    if not new:
        return
    with writing(agent.store) as connection:
        lease.insist(connection, agent.fence)
        for run in sorted(new):
            if ledger.is_known(connection, run) or agent.board.value(run, "run_start") is None:
                agent.board.drop(run)
                continue
            ledger.open_run(connection, run, now)
            agent.begun[run] = before
            decisions.begin(connection, str(Chunk(run)), run, now, agent.fence)
        agent.read_releases(connection)


def close_old(agent: Agent, now: datetime) -> list[int]:
    """A started run is watched until its 48 h are over, for payloads that vanish; then it is history: these runs."""
    over = [run for run in agent.releases if observed.is_over(agent, run, now)]
    if not over:
        return []
    with writing(agent.store) as connection:
        lease.insist(connection, agent.fence)
        for run in over:
            ledger.close_run(connection, run, now)
            agent.board.drop(run)
            agent.judged.pop(run, None)
            agent.bases.pop(run, None)
        agent.read_releases(connection)
    return over
