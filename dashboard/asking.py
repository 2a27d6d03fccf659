"""What pages ask about a period: the same question within five minutes is answered once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from urllib.parse import parse_qs

from sqlalchemy import Engine

from dashboard.period import period_of
from dashboard.settings import Settings
from spy.domain.product import Product
from spy.store.views import Delay, Trends, trends

KEPT = 8
"""Periods that are remembered."""


class Asking:
    def __init__(self, store: Engine, config: Settings, clock: Callable[[], datetime]) -> None:
        self.store = store
        self.config = config
        self.clock = clock
        self._lock = threading.Lock()
        self._told: OrderedDict[tuple[datetime, datetime, datetime], Trends] = OrderedDict()

    def trends(self, query: str) -> Trends:
        """Of the period of an address. As of the last full 5 min, so it is read once in these."""
        now = self.clock()
        period = period_of(query, now)
        as_of = period_of("", now).end
        key = (period.begin, period.end, as_of)
        with self._lock:
            if key in self._told:
                return self._told[key]
        config = self.config
        told = trends(
            self.store,
            period.begin,
            period.end,
            as_of,
            instance=config.agent.instance,
            delay=Delay(config.lock_after, config.tier0.reco_delay),
            products=gating(config),
            context=config.context,
        )
        with self._lock:
            self._told[key] = told
            while len(self._told) > KEPT:
                self._told.popitem(last=False)
        return told


def gating(config: Settings) -> list[Product]:
    """The products that some class requires."""
    names = {name for required in config.required.values() for name in required.products}
    return [product for name, product in config.products.items() if name in names]


def word_of(query: str, name: str) -> str:
    return parse_qs(query.removeprefix("?")).get(name, [""])[0]
