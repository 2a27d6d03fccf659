"""How each rule voted over the runs of a period, and for how long it alone kept a run from being ready.

Every revision of a verdict keeps what each rule said, 14 to 22 KiB of it: so many revisions are read at most, those of
the newest runs, and what is left out is told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from typing import Any

from sqlalchemy import Connection, func, select

from spy.domain.subject import Subject, part_of
from spy.domain.verdict import State, worst
from spy.store.tables import DecisionRow, table_of

_decision = table_of(DecisionRow)

AT_MOST = 3000
"""Revisions read at once: half a second."""
Between = Mapping[int, tuple[datetime, datetime]]
"""Run to the time that counts of it."""


@dataclass(slots=True)
class RuleVotes:
    """One rule; about several calibrations of a run the worst counts, of those that the run needs."""

    rule: str
    is_shadow: bool = False
    """Shown, and decided nothing, when it last voted."""
    runs: int = 0
    ready: timedelta = timedelta(0)
    waiting: timedelta = timedelta(0)
    unknown: timedelta = timedelta(0)
    blocked: timedelta = timedelta(0)
    alone: timedelta = timedelta(0)
    """It alone was not ready."""
    waived: int = 0
    """Runs of which a person accepted its failure."""

    def add(self, state: State, time: timedelta) -> None:
        setattr(self, state, getattr(self, state) + time)


@dataclass(frozen=True, slots=True)
class Votes:
    rules: tuple[RuleVotes, ...]
    """Those that held alone longest come first."""
    revisions: int
    """Read for it."""
    runs: int
    left_out: int = 0
    """Older runs, whose revisions were too many to read."""


@dataclass(slots=True)
class _Count:
    rules: dict[str, RuleVotes] = field(default_factory=dict)
    runs: dict[str, set[int]] = field(default_factory=dict)
    waived: dict[str, set[int]] = field(default_factory=dict)


def votes(connection: Connection, between: Between) -> Votes:
    chosen, left_out = _newest(connection, between)
    shown = (_decision.c.run, _decision.c.chunk, _decision.c.at, _decision.c.required, _decision.c.outcomes)
    query = select(*shown).where(_decision.c.run.in_(chosen)).order_by(_decision.c.chunk, _decision.c.revision)
    count, revisions = _Count(), 0
    for _, rows in groupby(connection.execute(query), key=lambda row: row.chunk):
        for row, after in pairwise([*rows, None]):
            if row is not None:
                revisions += 1
                _vote(count, row, after, *between[row.run])
    for name, rule in count.rules.items():
        rule.runs, rule.waived = len(count.runs[name]), len(count.waived.get(name, ()))
    ranked = sorted(count.rules.values(), key=lambda rule: (-rule.alone, -rule.blocked, -rule.waiting, rule.rule))
    return Votes(tuple(ranked), revisions, len(chosen), left_out)


def _newest(connection: Connection, between: Between) -> tuple[Sequence[int], int]:
    """The newest runs whose revisions can be read, and how many runs remain."""
    query = select(_decision.c.run, func.count()).where(_decision.c.run.in_(list(between))).group_by(_decision.c.run)
    counts = sorted(connection.execute(query).all(), reverse=True)
    chosen: list[int] = []
    total = 0
    for run, number in counts:
        total += number
        if total > AT_MOST and chosen:
            break
        chosen.append(run)
    return chosen, len(counts) - len(chosen)


def _vote(count: _Count, row: Any, after: Any, begin: datetime, end: datetime) -> None:
    first, last = max(row.at, begin), min(after.at if after else end, end)
    if first >= last:
        return
    time, against = last - first, set()
    for name, said in _by_rule(row.outcomes, set(row.required)):
        rule = count.rules.setdefault(name, RuleVotes(name))
        state = worst([State(one["state"]) for one in said])
        rule.add(state, time)
        rule.is_shadow = all(one["shadow"] for one in said)
        count.runs.setdefault(name, set()).add(row.run)
        if any(one["waived_by"] for one in said):
            count.waived.setdefault(name, set()).add(row.run)
        if state is not State.READY and not rule.is_shadow:
            against.add(name)
    if len(against) == 1:
        count.rules[against.pop()].alone += time


def _by_rule(
    outcomes: Sequence[Mapping[str, Any]], required: Collection[str]
) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    """What is said about calibrations that are shown only holds nothing, and is left out."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for one in outcomes:
        kind, name = part_of(Subject(one["subject"]))
        if kind != "product" or name in required:
            found.setdefault(one["rule"], []).append(one)
    yield from found.items()
