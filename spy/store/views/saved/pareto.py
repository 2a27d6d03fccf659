"""Which causes held the data most, over many runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from spy.store.views.saved.course import RunSaved
from spy.store.views.saved.span import Cause


@dataclass(frozen=True, slots=True)
class Share:
    """One cause over all runs."""

    cause: Cause
    time: timedelta
    runs: int
    """Held by it at some time."""
    share: float
    """Of all held time; 0 to 1."""
    most: tuple[tuple[str, timedelta], ...]
    """What it names, the longest first; what a span names together counts for each of them."""


def pareto(runs: Sequence[RunSaved]) -> Iterator[Share]:
    """By time, the longest first; counted in whole microseconds, so that nothing is rounded."""
    times: Counter[Cause] = Counter()
    held: dict[Cause, set[int]] = {}
    named: dict[Cause, Counter[str]] = {}
    for run in runs:
        for span in run.spans:
            us = span.length // timedelta(microseconds=1)
            times[span.cause] += us
            held.setdefault(span.cause, set()).add(run.run)
            named.setdefault(span.cause, Counter()).update(dict.fromkeys(span.what, us))
    whole = times.total()
    for cause, us in times.most_common():
        most = tuple((name, timedelta(microseconds=n)) for name, n in named[cause].most_common())
        yield Share(cause, timedelta(microseconds=us), len(held[cause]), us / whole, most)
