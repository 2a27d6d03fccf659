"""From an address to a page: what is read for it, and when it is made anew."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from dash import no_update
from sqlalchemy import Engine

from dashboard.act import Choices, act_page
from dashboard.acts import acts_page
from dashboard.alerts import alerts_page, deliveries_page
from dashboard.asking import Asking, gating
from dashboard.change import change_page
from dashboard.frame import banner
from dashboard.heights import height_of
from dashboard.help import help_page
from dashboard.now import now_page
from dashboard.paths import (
    ACT,
    ACTS,
    ALERTS,
    DELIVERIES,
    HELP,
    PRODUCTS,
    RUN,
    RUNS,
    SERVICES,
    SHIFT,
    STAYS,
    STILL,
    TRENDS,
    under,
)
from dashboard.period import floored, period_of
from dashboard.products import product_page, products_page
from dashboard.query import number_of, word_of
from dashboard.reads import Reads
from dashboard.run import missing_page, run_page
from dashboard.runs import runs_page
from dashboard.services import services_page
from dashboard.settings import Settings
from dashboard.shift import shift_page
from dashboard.trends import picture_of, trends_page
from dashboard.trouble import panel, sentence
from dashboard.zone import on_clock
from spy.acting import calling
from spy.clock import iso
from spy.domain.errors import StoreError
from spy.store.views import (
    Overview,
    RunIndex,
    Status,
    acts_now,
    alerts,
    delivery_page,
    handover,
    overview,
    product_numbers,
    run_detail,
    run_lines,
    services,
    shift_log,
    timeline,
)

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
RECENT = 30
"""Runs that are over and still shown on the first page."""
FRONTIER_DAYS = 3
"""What Tier0 holds, and a day more."""
NEWEST = 100
"""Messages on one page."""
SHIFT_HOURS, LONGEST_HOURS = 8, 24 * 14


class Pages:
    def __init__(self, store: Engine, config: Settings, clock: Clock, prefix: str = "") -> None:
        self.store = store
        self.config = config
        self.clock = clock
        self.prefix = prefix
        self.asking = Asking(store, config, clock)
        self.index = RunIndex()

    def show(
        self, path: str, query: str, before: Mapping[str, Any], clock: str = ""
    ) -> tuple[Any, Any, dict[str, Any]]:
        """Banner, page, and what the browser needs to tell the age by itself.

        Dash makes whatever it is sent anew, and focus and scroll are lost: what is shown already is not sent again.
        """
        now = self.clock()
        try:
            config = self.config
            rules = {rule.name: rule.text for rule in config.rule}
            operators = {name: service.owner for name, service in config.service.items()}
            stale_after, crew = config.web.stale_after, config.mail.crew
            seen = overview(self.store, now, stale_after, config.products, crew, config.context, rules, operators)
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
        digest = hashlib.sha256(repr((path, query, parts)).encode()).hexdigest()
        where = path if path.removeprefix(self.prefix) in STAYS else path + query
        if digest == before.get("digest"):
            parts = (no_update, no_update)
        elif path.removeprefix(self.prefix) in (*STILL, *STAYS) and where == before.get("where"):
            parts = (parts[0], no_update)
        return *parts, {**facts(seen), "digest": digest, "where": where}

    def follows_itself(self, path: str, before: Mapping[str, Any]) -> bool:
        """It is shown, and another word behind `?` is its own business."""
        return path.removeprefix(self.prefix) in STAYS and path == before.get("where")

    def _made(self, path: str, query: str, seen: Overview, clock: str) -> list[Any]:
        reads = Reads()
        page = self._page(path, query, seen, reads)
        made: list[Any] = under(self.prefix, on_clock([*reads.failed, *page], clock))
        return made

    def _page(self, path: str, query: str, seen: Overview, reads: Reads) -> list[Any]:
        if path in ("/", ""):
            return self._now(seen, reads, height_of(word_of(query, "y")))
        if path == HELP:
            return help_page(query)
        if path == SERVICES:
            lines = services(self.store, seen.now, self.config.asked, self.config.service)
            return services_page(lines, seen.now)
        if path == RUNS:
            return runs_page(query, self.config, self.prefix)
        if path == ACT:
            if number := word_of(query, "change"):
                return change_page(number, acts_now(self.store, seen.now).in_force, calling.current())
            return act_page(query, calling.current(), self._choices())
        if path == ALERTS:
            return alerts_page(alerts(self.store, seen.now))
        if path == DELIVERIES:
            word = word_of(query, "status")
            status = Status(word) if word in set(Status) else None
            found = delivery_page(self.store, NEWEST, status=status).items
            return deliveries_page(found, status or "", seen.now)
        if path == PRODUCTS:
            return self._products(query)
        if path == SHIFT:
            hours = min(number_of(query, "hours") or SHIFT_HOURS, LONGEST_HOURS)
            begin = seen.now - timedelta(hours=hours)
            log = reads.read("What happened", lambda: shift_log(self.store, begin, seen.now)) or []
            left = reads.read("Handover", lambda: handover(self.store))
            return shift_page(seen, log, left, begin, hours, calling.current())
        if path == TRENDS:
            told, picture = self.asking.trends(query), picture_of(word_of(query, "picture"))
            return trends_page(told, period_of(query, seen.now), picture, height_of(word_of(query, "y")))
        if path == ACTS:
            return acts_page(acts_now(self.store, seen.now), calling.current())
        number = path.removeprefix(RUN)
        is_run = path.startswith(RUN) and number.isascii() and number.isdigit() and len(number) <= 7
        detail = run_detail(self.store, int(number), seen.now, self.config.products) if is_run else None
        if detail is None:
            return missing_page(path)
        # What goes on would make the page new at each look.
        return run_page(detail, lambda: timeline(self.store, detail), floored(seen.now), query, self.config)

    def _now(self, seen: Overview, reads: Reads, height: str) -> list[Any]:
        recent = reads.read(
            "Runs that wait for nothing",
            lambda: run_lines(self.store, seen.now, RECENT, products=self.config.products),
        )
        ended = reads.read("The frontier", lambda: self.asking.lately(FRONTIER_DAYS).runs)
        left = reads.read("Handover", lambda: handover(self.store))
        return now_page(seen, recent or (), ended or (), left, height)

    def _products(self, query: str) -> list[Any]:
        product, period = self.config.products.get(word_of(query, "name")), period_of(query, self.clock())
        if product is None:
            names = [one.name for one in gating(self.config)]
            trouble, told = self.asking.troubles(query), self.asking.trends(query).saved
            return products_page(self.config.products, names, trouble, told, period)
        return product_page(
            product, product_numbers(self.store, product), self.asking.latencies(query, product), period
        )

    def _choices(self) -> Choices:
        products = self.config.products
        tags = sorted({tag for product in products.values() for tag in product.destination_tags})
        return Choices([rule.name for rule in self.config.rule], sorted(products), tags)


def facts(seen: Overview) -> dict[str, Any]:
    """For the browser: how old the data were when they were sent; it counts on by its own clock."""
    return {
        "at": iso(seen.now),
        "age_s": seen.age.total_seconds() if seen.age is not None else None,
        "stale_after_s": seen.stale_after.total_seconds(),
        "problem": "",
    }
