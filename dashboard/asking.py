"""What pages ask about a period: the same question within five minutes is answered once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Engine

from dashboard.period import period_of
from dashboard.settings import Settings
from spy.domain.product import Product, required_names
from spy.store.views import Delay, Saved, Trends, Trouble, saved, trends, troubles

T = TypeVar("T")
KEPT = 16
"""Answers that are remembered."""


class Asking:
    def __init__(self, store: Engine, config: Settings, clock: Callable[[], datetime]) -> None:
        self.store = store
        self.config = config
        self.clock = clock
        self._lock = threading.Lock()
        self._told: OrderedDict[tuple[str, datetime, datetime, datetime], Any] = OrderedDict()

    def trends(self, query: str) -> Trends:
        """Of the period of an address."""
        return self._once("trends", query, lambda begin, end, now: trends(*self._of(begin, end, now), **self._about()))

    def lately(self, days: int) -> Saved:
        """Of the last days."""
        return self._once(
            "saved", f"?days={days}", lambda begin, end, now: saved(*self._of(begin, end, now), **self._about())
        )

    def latencies(self, query: str, product: Product) -> Saved:
        """Of one product, whether it gates or not."""
        about = self._about() | {"products": [product]}
        return self._once(product.name, query, lambda begin, end, now: saved(*self._of(begin, end, now), **about))

    def troubles(self, query: str) -> list[Trouble]:
        """Of the newest runs; late are uploads of the period."""
        late = self.trends(query).saved.latencies
        return self._once("", query, lambda _begin, _end, now: troubles(self.store, now, self.config.products, late))

    def _of(self, begin: datetime, end: datetime, now: datetime) -> tuple[Engine, datetime, datetime, datetime]:
        return self.store, begin, end, now

    def _about(self) -> dict[str, Any]:
        config = self.config
        return {
            "instance": config.agent.instance,
            "delay": Delay(config.lock_after, config.tier0.reco_delay),
            "products": gating(config),
            "context": config.context,
        }

    def _once(self, what: str, query: str, ask: Callable[[datetime, datetime, datetime], T]) -> T:
        """As of the last full 5 min, so it is read once in these."""
        now = self.clock()
        period, as_of = period_of(query, now), period_of("", now).end
        key = (what, period.begin, period.end, as_of)
        with self._lock:
            if key in self._told:
                found: T = self._told[key]
                return found
        told = ask(period.begin, period.end, as_of)
        with self._lock:
            self._told[key] = told
            while len(self._told) > KEPT:
                self._told.popitem(last=False)
        return told


def gating(config: Settings) -> list[Product]:
    """The products that some class requires."""
    names = required_names(config.required.values())
    return [product for name, product in config.products.items() if name in names]
