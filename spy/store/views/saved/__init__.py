"""What the agent saved and what held the data, run by run and over a period."""

from spy.store.views.saved.course import Delay, RunSaved
from spy.store.views.saved.latency import PUBLISHED_2024, Latency, ProductLatency, Spread
from spy.store.views.saved.pareto import Share
from spy.store.views.saved.period import Saved, saved
from spy.store.views.saved.span import Cause, Span, partition
from spy.store.views.saved.states import StateTime

__all__ = [
    "PUBLISHED_2024",
    "Cause",
    "Delay",
    "Latency",
    "ProductLatency",
    "RunSaved",
    "Saved",
    "Share",
    "Span",
    "Spread",
    "StateTime",
    "partition",
    "saved",
]
