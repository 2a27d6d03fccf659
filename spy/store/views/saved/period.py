"""What a period saved and what it cost, over all its runs. Free of printing: for the page and the command line."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine

from spy.domain.product import Product
from spy.store.engine import reading
from spy.store.views.saved import latency
from spy.store.views.saved.course import RUN_FACTS, Delay, RunSaved, courses
from spy.store.views.saved.history import Part, read
from spy.store.views.saved.latency import Latency, ProductLatency
from spy.store.views.saved.pareto import Share, pareto
from spy.store.views.saved.states import StateTime, states


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
    states: tuple[StateTime, ...]
    """Verdicts, then stages of the release."""

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
        period = f"From {self.begin:%Y-%m-%d %H:%M} to {self.end:%Y-%m-%d %H:%M} UTC"
        if not self.counted:
            return f"{period} no run ended that has started by now: nothing is saved yet."
        each = self.saved / len(self.counted)
        shadow = sum(run.would_at is not None for run in self.counted)
        if shadow == len(self.counted):
            head = f"{_runs(shadow)} would have been released {_h(each)} h before the lock of Tier0's fixed delay"
        else:
            within = f" ({shadow} of them in shadow: released, as they would have been)" if shadow else ""
            head = f"{_runs(len(self.counted))}{within} started {_h(each)} h earlier than by Tier0's fixed delay"
        overtaken = sum(run.is_overtaken and not run.would_at for run in self.counted)
        first = self.causes[0]
        return (
            f"{period} {head} on average, {_h(self.saved)} h in total; {overtaken} of them by Tier0's own clock. "
            f"Earlier runs took {_h(self.lost)} h; {100 * first.share:.0f} % of all held time was: {first.cause}."
        )


def _runs(number: int) -> str:
    return "1 run" if number == 1 else f"{number} runs"


def _h(time: timedelta) -> str:
    """Hours; a minute less than nothing is nothing."""
    return f"{round(time.total_seconds() / 3600, 1) + 0.0:.1f}"


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
        history = read(connection, begin, end, parts, instance, silent_after, now, context)
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
        causes=tuple(pareto(runs)),
        states=tuple(states(runs, history.records)),
    )
