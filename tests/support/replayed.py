"""Decisions of a played scenario, made again from the store that it filled."""

from __future__ import annotations

from datetime import timedelta

from probes.simulation.step import Steps
from spy.replay.again import Again, replay
from spy.store.engine import reading


def made_again(steps: Steps) -> list[Again]:
    """All of them, with the rules that made them."""
    agent, begin = steps.agent, steps.scenario.start
    with reading(steps.store) as connection:
        return list(replay(connection, agent.book, agent.settings, begin, steps.at + timedelta(days=1)))
