"""How long runs stood in each verdict and each stage of their release, between their end and their start."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from spy.domain.release import Stage
from spy.domain.verdict import State
from spy.store.views.saved.course import RunSaved
from spy.store.views.saved.history import Record

NOT_DECIDED = "not decided yet"


@dataclass(frozen=True, slots=True)
class StateTime:
    """One verdict, or one stage, over all runs."""

    kind: str
    """verdict | release"""
    state: str
    time: timedelta
    runs: int
    """That stood in it at some time."""
    share: float
    """Of all time of its kind; 0 to 1."""


def states(runs: Sequence[RunSaved], records: Sequence[Record]) -> Iterator[StateTime]:
    """Verdicts from good to bad, then stages in their order; what no run stood in is left out."""
    by_run = {record.run: record for record in records}
    for kind, order, pieces in (
        ("verdict", [NOT_DECIDED, *map(str, State)], _verdicts),
        ("release", list(map(str, Stage)), _stages),
    ):
        times: dict[str, timedelta] = {}
        stood: dict[str, set[int]] = {}
        for run in runs:
            for state, time in _clipped(list(pieces(by_run[run.run])), run):
                times[state] = times.get(state, timedelta(0)) + time
                stood.setdefault(state, set()).add(run.run)
        whole = sum(times.values(), timedelta(0))
        for state in sorted(times, key=order.index):
            yield StateTime(kind, state, times[state], len(stood[state]), times[state] / whole)


def _verdicts(record: Record) -> Iterator[tuple[datetime, str]]:
    yield _first(record), NOT_DECIDED
    yield from ((decided.at, decided.verdict) for decided in record.decided)


def _stages(record: Record) -> Iterator[tuple[datetime, str]]:
    yield _first(record), str(Stage.NONE)
    yield from ((move.at, str(move.after)) for move in record.moves)


def _first(record: Record) -> datetime:
    return datetime.min.replace(tzinfo=record.opened_at.tzinfo)


def _clipped(pieces: Sequence[tuple[datetime, str]], run: RunSaved) -> Iterator[tuple[str, timedelta]]:
    """Each piece lasts until the next one; only what lies between the run's end and its start counts."""
    if not run.spans:
        return
    begin, end = run.spans[0].begin, run.spans[-1].end
    for (since, state), (until, _) in pairwise([*pieces, (end, "")]):
        first, last = max(since, begin), min(until, end)
        if first < last:
            yield state, last - first
