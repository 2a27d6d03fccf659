"""What a period saved and what it cost, over all its runs. Free of printing: for the page and the command line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine

from spy.domain.product import Product
from spy.store.engine import reading
from spy.store.views.saved import latency
from spy.store.views.saved.course import RUN_FACTS, Delay, RunSaved, courses
from spy.store.views.saved.history import Part, read
from spy.store.views.saved.latency import Latency, ProductLatency
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


@dataclass(frozen=True, slots=True)
class Saved:
    begin: datetime
    end: datetime
    runs: tuple[RunSaved, ...]
    """That ended in the period, by number."""
    endless: tuple[int, ...]
    """Opened in the period, and nobody knows when they ended: still taken, or their evidence was cut away."""
    latencies: tuple[Latency, ...]
    products: tuple[ProductLatency, ...]
    causes: tuple[Share, ...]
    """The longest first."""

    @property
    def counted(self) -> tuple[RunSaved, ...]:
        """Runs of which it is known what they saved."""
        return tuple(run for run in self.runs if run.saved is not None)

    @property
    def saved(self) -> timedelta:
        return sum((run.saved for run in self.runs if run.saved is not None), timedelta(0))

    @property
    def lost(self) -> timedelta:
        """To earlier runs."""
        return sum((run.lost for run in self.runs), timedelta(0))

    @property
    def held(self) -> timedelta:
        """All time between end and start, until now where there is no start yet."""
        return sum((share.time for share in self.causes), timedelta(0))

    @property
    def sentence(self) -> str:
        """What a coordinator can quote."""
        period = f"Of the runs that ended from {self.begin:%Y-%m-%d %H:%M} to {self.end:%Y-%m-%d %H:%M} UTC"
        if not self.counted:
            return f"{period} none has started yet: nothing is saved so far."
        shadow = sum(run.would_at is not None for run in self.counted)
        overtaken = sum(run.is_overtaken and not run.would_at for run in self.counted)
        would = "" if not shadow else " would have" if shadow == len(self.counted) else " (or would have)"
        each = self.saved / len(self.counted)
        head = f"{period} {len(self.counted)} started {_h(each)} h earlier on average than by Tier0's fixed delay"
        if shadow:
            head = (
                f"{period} {len(self.counted)}{would} been released {_h(each)} h before Tier0's fixed delay on average"
            )
        first = self.causes[0]
        return (
            f"{head}, {_h(self.saved)} h in total; {overtaken} were overtaken by Tier0's own clock; "
            f"{_h(self.lost)} h were lost to earlier runs; "
            f"most of the held time went to: {first.cause} ({100 * first.share:.0f} %)."
        )


def _h(time: timedelta) -> str:
    return f"{time.total_seconds() / 3600:.1f}"


def saved(
    store: Engine,
    begin: datetime,
    end: datetime,
    now: datetime,
    *,
    instance: str,
    delay: Delay,
    products: Collection[Product],
    context: Collection[str] = (),
    silent_after: timedelta = timedelta(minutes=15),
    run: int | None = None,
) -> Saved:
    """Every run that ended in `[begin, end)`, or only one of them.

    `products`: those that gate a run; `context`: probes on which nothing depends; after `silent_after` without a look
    nothing was observed.
    """
    streams = {stream for product in products for stream in product.streams}
    parts: list[Part] = [*RUN_FACTS, *latency.parts(products)]
    parts += [(f"/stream:{stream}", "stream_done") for stream in sorted(streams)]
    with reading(store) as connection:
        history = read(connection, begin, end, parts, instance, silent_after, context)
    runs = [one for one in courses(history, begin, end, now, delay, streams) if run in (None, one.run)]
    ends = {one.run: one.end for one in runs}
    told = [
        one
        for record in history.records
        if record.run in ends
        for one in latency.latencies(record, ends[record.run], products)
    ]
    endless = [r.run for r in history.records if r.newest("run_end") is None and r.opened_at >= begin]
    return Saved(
        begin=begin,
        end=end,
        runs=tuple(runs),
        endless=tuple(number for number in endless if run in (None, number)),
        latencies=tuple(told),
        products=tuple(latency.summary(told, products)),
        causes=tuple(_pareto(runs)),
    )


def _pareto(runs: Sequence[RunSaved]) -> Iterable[Share]:
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
