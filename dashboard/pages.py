"""From an address to a page: what is read for it, and when it is made anew."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from dash import no_update
from sqlalchemy import Engine

from dashboard.act import Choices, act_page
from dashboard.acts import acts_page
from dashboard.alerts import alerts_page, deliveries_page
from dashboard.frame import banner
from dashboard.now import now_page
from dashboard.paths import ACT, ACTS, ALERTS, DELIVERIES, PRODUCTS, RUN, SERVICES, SHIFT, STILL, TRENDS, under
from dashboard.products import product_page, products_page
from dashboard.reads import Reads
from dashboard.run import missing_page, run_page
from dashboard.services import services_page
from dashboard.settings import Settings
from dashboard.shift import shift_page
from dashboard.trends import trends_page
from dashboard.trouble import panel, sentence
from dashboard.zone import on_clock
from spy.acting import calling
from spy.clock import iso
from spy.domain.errors import StoreError
from spy.store.views import (
    Delay,
    Overview,
    Saved,
    acts_now,
    alerts,
    delivery_page,
    handover,
    overview,
    product_numbers,
    run_detail,
    run_lines,
    saved,
    services,
    shift_log,
)

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
RECENT = 30
"""Runs that are over and still shown on the first page."""
FRONTIER_DAYS = 3
"""What Tier0 holds, and a day more."""
NEWEST = 100
"""Messages on one page."""
LONGEST_DAYS = 3660
LONGEST_HOURS = 24 * 14


class Pages:
    def __init__(self, store: Engine, config: Settings, clock: Clock, prefix: str = "") -> None:
        self.store = store
        self.config = config
        self.clock = clock
        self.prefix = prefix

    def show(
        self, path: str, query: str, before: Mapping[str, Any], clock: str = ""
    ) -> tuple[Any, Any, dict[str, Any]]:
        """Banner, page, and what the browser needs to tell the age by itself.

        Dash makes whatever it is sent anew, and focus and scroll are lost: what is shown already is not sent again.
        """
        now = self.clock()
        try:
            config = self.config
            seen = overview(self.store, now, config.web.stale_after, config.products, config.mail.crew, config.context)
            head = banner(seen, calling.current())
        except StoreError as broken:
            return no_update, no_update, {**before, "problem": str(broken).splitlines()[0]}
        except Exception as broken:
            log.exception("the page could not read how things stand")
            return (
                no_update,
                no_update,
                {**before, "problem": sentence("The look at how things stand", broken)},
            )
        page = panel("This page", lambda: self._made(path.removeprefix(self.prefix) or "/", query, seen, clock))
        parts: tuple[Any, Any] = (head, page)
        digest, where = hashlib.sha256(repr((path, query, parts)).encode()).hexdigest(), path + query
        if digest == before.get("digest"):
            parts = (no_update, no_update)
        elif path.removeprefix(self.prefix) in STILL and where == before.get("where"):
            parts = (parts[0], no_update)
        return *parts, {**facts(seen), "digest": digest, "where": where}

    def _made(self, path: str, query: str, seen: Overview, clock: str) -> list[Any]:
        reads = Reads()
        page = self._page(path, query, seen, reads)
        made: list[Any] = under(self.prefix, on_clock([*reads.failed, *page], clock))
        return made

    def _page(self, path: str, query: str, seen: Overview, reads: Reads) -> list[Any]:
        if path in ("/", ""):
            return self._now(seen, reads)
        if path == SERVICES:
            return services_page(services(self.store, seen.now))
        if path == ACT:
            return act_page(query, calling.current(), self._choices())
        if path == ALERTS:
            return alerts_page(alerts(self.store, seen.now))
        if path == DELIVERIES:
            return deliveries_page(delivery_page(self.store, NEWEST).items)
        if path == PRODUCTS:
            return self._products(query)
        if path == SHIFT:
            hours = number_of(query, "hours", 8, LONGEST_HOURS)
            begin = seen.now - timedelta(hours=hours)
            log = reads.read("What happened", lambda: shift_log(self.store, begin, seen.now)) or []
            left = reads.read("Handover", lambda: handover(self.store))
            return shift_page(seen, log, left, begin, hours, calling.current())
        if path == TRENDS:
            days = number_of(query, "days", 7, LONGEST_DAYS)
            return trends_page(self.saved(seen.now, days), days)
        if path == ACTS:
            return acts_page(acts_now(self.store, seen.now), calling.current())
        number = path.removeprefix(RUN)
        is_run = path.startswith(RUN) and number.isascii() and number.isdigit() and len(number) <= 7
        detail = run_detail(self.store, int(number), seen.now, self.config.products) if is_run else None
        return run_page(detail, self.config.context) if detail else missing_page(path)

    def _now(self, seen: Overview, reads: Reads) -> list[Any]:
        recent = reads.read(
            "Runs that wait for nothing",
            lambda: run_lines(self.store, seen.now, RECENT, products=self.config.products),
        )
        ended = reads.read("The frontier", lambda: self.saved(seen.now, FRONTIER_DAYS).runs)
        left = reads.read("Handover", lambda: handover(self.store))
        return now_page(seen, recent or (), ended or (), left)

    def saved(self, now: datetime, days: int) -> Saved:
        """Of the last days, as of the last full 5 min: what goes on would make the page new at each look."""
        now -= timedelta(minutes=now.minute % 5, seconds=now.second, microseconds=now.microsecond)
        config = self.config
        gating = {name for required in config.required.values() for name in required.products}
        return saved(
            self.store,
            now - timedelta(days=days),
            now,
            now,
            instance=config.agent.instance,
            delay=Delay(config.lock_after, config.tier0.reco_delay),
            products=[product for name, product in config.products.items() if name in gating],
            context=config.context,
        )

    def _products(self, query: str) -> list[Any]:
        named = parse_qs(query.removeprefix("?")).get("name", [""])[0]
        product = self.config.products.get(named)
        if product is None:
            gating = [name for required in self.config.required.values() for name in required.products]
            return products_page(self.config.products, gating)
        return product_page(product, product_numbers(self.store, product))

    def _choices(self) -> Choices:
        products = self.config.products
        tags = sorted({tag for product in products.values() for tag in product.destination_tags})
        return Choices([rule.name for rule in self.config.rule], sorted(products), tags)


def number_of(query: str, name: str, otherwise: int, at_most: int) -> int:
    """`?days=30`; what is no number counts as not given."""
    told = parse_qs(query.removeprefix("?")).get(name, [""])[0]
    return min(int(told[:9]), at_most) if told.isascii() and told.isdigit() and int(told[:9]) else otherwise


def facts(seen: Overview) -> dict[str, Any]:
    """For the browser: how old the data were when they were sent; it counts on by its own clock."""
    return {
        "at": iso(seen.now),
        "age_s": seen.age.total_seconds() if seen.age is not None else None,
        "stale_after_s": seen.stale_after.total_seconds(),
        "problem": "",
    }
