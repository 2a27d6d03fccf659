"""The time between two moments, told without gap or overlap: pure arithmetic of spans."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum


class Cause(StrEnum):
    """Why a run was not started yet. What each means: docs/commands.md, "What held the data"."""

    END_NOT_SEEN = "end not seen yet"
    HARVEST = "harvest missing"
    UPLOAD = "upload missing"
    UPLOAD_ORDER = "upload behind an earlier run"
    INTERVAL = "interval missing"
    STREAMS = "streams not done"
    RULE = "another rule waits"
    BLOCKED = "known bad"
    OUTAGE = "a service was silent"
    UNKNOWN = "not known"
    EARLIER_RUN = "behind an earlier run"
    KEPT_BACK = "kept back by a person"
    DELIVERY = "delivery"
    REFUSED = "release refused"
    WITHDRAWN = "release taken back"
    SHADOW = "shadow: nothing sent"
    AFTER_RELEASE = "Tier0, after the release"
    AFTER_OWN_LOCK = "Tier0, after its own lock"
    NOT_OBSERVED = "not observed"


OF_EARLIER_RUNS = (Cause.EARLIER_RUN, Cause.UPLOAD_ORDER)
"""What would not have been lost without the runs before."""


@dataclass(frozen=True, slots=True)
class Span:
    """From `begin` on and before `end`."""

    begin: datetime
    end: datetime
    cause: Cause
    what: tuple[str, ...] = ()
    """Calibrations, streams, rules, runs, services or people that it names."""

    @property
    def length(self) -> timedelta:
        return self.end - self.begin


def partition(begin: datetime, end: datetime, layers: Iterable[Sequence[Span]]) -> tuple[Span, ...]:
    """Exactly `[begin, end)`: each moment has the cause of the first layer, and in it the first span, that covers it.

    What no layer covers was not observed. Empty if `end` is not after `begin`.
    """
    free = [(begin, end)] if begin < end else []
    taken: list[Span] = []
    for layer in layers:
        for span in layer:
            free = _without(free, span, taken)
    taken += [Span(b, e, Cause.NOT_OBSERVED) for b, e in free]
    return tuple(_joined(sorted(taken, key=lambda span: span.begin)))


Gap = tuple[datetime, datetime]


def _without(free: list[Gap], span: Span, taken: list[Span]) -> list[Gap]:
    """What is still free after the span took its part, which is added to `taken`."""
    left: list[Gap] = []
    for begin, end in free:
        first, last = max(begin, span.begin), min(end, span.end)
        if first >= last:
            left.append((begin, end))
            continue
        taken.append(replace(span, begin=first, end=last))
        left += [gap for gap in ((begin, first), (last, end)) if gap[0] < gap[1]]
    return left


def _joined(spans: Sequence[Span]) -> Iterable[Span]:
    """Neighbours that tell the same become one."""
    last: Span | None = None
    for span in spans:
        if last is not None and (last.cause, last.what) == (span.cause, span.what) and last.end == span.begin:
            last = replace(last, end=span.end)
            continue
        if last is not None:
            yield last
        last = span
    if last is not None:
        yield last


def total(spans: Iterable[Span], *causes: Cause) -> timedelta:
    """Time of these causes together."""
    return sum((span.length for span in spans if span.cause in causes), timedelta(0))
