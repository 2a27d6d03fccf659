"""One run under other rules: when it must be judged again, and what came out."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from spy.agent.board import Board
from spy.domain.subject import Subject
from spy.domain.verdict import State, Verdict
from spy.replay.stored import Blames, Step, blames
from spy.rules.situation import Situation
from spy.rules.view import View

FOREVER = datetime.max.replace(tzinfo=UTC)
"""Later than everything."""


@dataclass(slots=True)
class Watch:
    run: int
    until: datetime
    """From then on nothing was asked about the run."""
    turns: list[datetime]
    """When acts of people that concern the run begin and end, the next one last."""
    steps: list[Step] = field(default_factory=list)
    verdict: Verdict | None = None
    due_at: datetime = FOREVER
    """When it must be looked at again although nothing was told."""
    read: Set[tuple[Subject, str]] = frozenset()
    is_held: bool = False
    """Whether it was held against numbers and payloads of earlier runs."""
    beside: tuple[object, ...] = ()
    """What the runs around it were when it was judged."""
    _sources: frozenset[str] = frozenset()
    """Probes whose word, which went in, counts only for a time."""
    _wakes_at: datetime = FOREVER
    _stale_at: datetime = FOREVER

    def take(self, view: View, verdict: Verdict) -> None:
        """A verdict, and what it depends on."""
        situation = view.situation
        if self.verdict is None or not self.verdict.says_the_same_as(verdict):
            self.steps.append(Step(situation.now, str(verdict.state), verdict.reasons, blames_in(verdict)))
        self.verdict, self.read, self.beside = verdict, view.read, beside(situation)
        self.is_held = view.is_held
        self._sources = _sources(situation, view.read)
        while self.turns and self.turns[-1] <= situation.now:
            self.turns.pop()
        # Who waits for another look is asked each minute, as the agent does.
        soonest = situation.now + timedelta(minutes=1)
        self._wakes_at = max(view.wakes_at, soonest) if view.wakes_at else FOREVER
        self._stale_at = view.stale_at or FOREVER
        self._next(self._stale_at)

    def is_due(self, board: Board, believed_for: Mapping[str, timedelta]) -> bool:
        """Whether it must be judged at `due_at`; not where looks have meanwhile renewed what would have gone stale."""
        if self.due_at <= self._stale_at:
            return True
        return self.due_at in (self._wakes_at, *self.turns[-1:]) or not self._renew(board, believed_for)

    def _renew(self, board: Board, believed_for: Mapping[str, timedelta]) -> bool:
        if any(source not in board.renewed for source in self._sources):
            return False
        renewed = min((board.renewed[s] + believed_for[s] for s in self._sources), default=FOREVER)
        if renewed < self.due_at:
            return False
        self._next(renewed)
        return True

    def _next(self, stale_at: datetime) -> None:
        stale = stale_at if stale_at is FOREVER else stale_at + timedelta(microseconds=1)
        self.due_at = min([self._wakes_at, stale, *self.turns[-1:]])


def beside(situation: Situation) -> tuple[object, ...]:
    """What other runs mean for this one."""
    return situation.lower_runs, situation.newer_runs_exist


def _sources(situation: Situation, read: Set[tuple[Subject, str]]) -> frozenset[str]:
    facts = (situation.evidence.get(key) for key in read)
    return frozenset(e.source for e in facts if e and not e.final and e.source in situation.believed_for)


def blames_in(verdict: Verdict) -> Blames:
    """Who is not content."""
    bad = [o for o in verdict.outcomes if o.decides and o.state is not State.READY]
    return blames(((o.rule, o.subject) for o in bad), verdict.required)
