"""Decisions of a played scenario, made again from the store that it filled."""

from __future__ import annotations

from datetime import datetime, timedelta

from probes.simulation.step import Steps
from spy.replay.again import Again, replay
from spy.replay.anew import Anew
from spy.replay.stored import Step, stored
from spy.store.engine import reading


def made_again(steps: Steps) -> list[Again]:
    """All of them, with the rules that made them."""
    agent, begin = steps.agent, steps.scenario.start
    with reading(steps.store) as connection:
        return list(replay(connection, agent.book, agent.settings, begin, steps.at + timedelta(days=1)))


def judged_anew(steps: Steps) -> list[str]:
    """Where judging at every moment, with the rules that decided, says another thing than the agent did, or when."""
    agent, end = steps.agent, steps.at + timedelta(days=1)
    with reading(steps.store) as connection:
        found = stored(connection, steps.scenario.start, end)
        watches = Anew(connection, found, agent.book, agent.settings).walk()
    wrong = []
    for one in found.runs.values():
        if one.missing:
            wrong.append(f"{one.run}: {one.missing}")
            continue
        # Once it is locked the agent judges a run no more.
        anew = _settled([step for step in watches[one.run].steps if step.at < (one.locked_at or end)])
        then = _settled(one.steps)
        if len(anew) != len(then) or not all(map(_is_the_same, then, anew)):
            wrong.append(f"{one.run}: stored {_told(then)}, anew {_told(anew)}")
    return wrong


def _settled(steps: list[Step]) -> list[Step]:
    """The last step of each moment, if it says another thing than the one before.

    In virtual time several looks of one probe share a moment, and nothing tells which of them brought what.
    """
    last = list({step.at: step for step in steps}.values())
    says = [(step.state, step.reasons) for step in last]
    return [step for number, step in enumerate(last) if not number or says[number] != says[number - 1]]


def _is_the_same(stored: Step, anew: Step) -> bool:
    is_then = abs(stored.at - anew.at) <= timedelta(minutes=1)
    return is_then and (stored.state, stored.reasons) == (anew.state, anew.reasons)


def _told(steps: list[Step]) -> list[tuple[datetime, str, tuple[str, ...]]]:
    return [(step.at, step.state, step.reasons) for step in steps]
