"""The Dash pages, mounted in the web application: they read the views and decide nothing."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs

from dash import ALL, Dash, Input, Output, State, ctx, no_update
from fastapi import FastAPI
from sqlalchemy import Engine

from dashboard import act
from dashboard.act import Choices, act_page
from dashboard.acts import acts_page
from dashboard.frame import AGE, INDEX, banner, layout
from dashboard.now import now_page
from dashboard.paths import ACT, ACTS, RUN, SERVICES, SHIFT, STILL, TRENDS, OneDocument, close_the_rest, under
from dashboard.run import missing_page, run_page
from dashboard.services import services_page
from dashboard.shift import shift_page
from dashboard.trends import as_csv, trends_page
from spy.acting import calling
from spy.acting.perform import Asked
from spy.clock import iso
from spy.domain.errors import StoreError
from spy.domain.product import Product, Required
from spy.site import Site
from spy.store.views import (
    Delay,
    Overview,
    Saved,
    acts_now,
    handover,
    overview,
    run_detail,
    run_lines,
    saved,
    services,
    shift_log,
)

Clock = Callable[[], datetime]
RECENT = 30
"""Runs that are over and still shown on the first page."""
FRONTIER_DAYS = 3
"""What Tier0 holds, and a day more."""
LONGEST_DAYS = 3660
LONGEST_HOURS = 24 * 14


class WebSection(Protocol):
    @property
    def stale_after(self) -> timedelta: ...


class AgentSection(Protocol):
    @property
    def instance(self) -> str: ...


class Tier0Section(Protocol):
    @property
    def reco_delay(self) -> timedelta: ...


class Named(Protocol):
    @property
    def name(self) -> str: ...


class MailSection(Protocol):
    @property
    def crew(self) -> Sequence[str]: ...


class Settings(Protocol):
    """What the pages need of the configuration."""

    @property
    def agent(self) -> AgentSection: ...
    @property
    def tier0(self) -> Tier0Section: ...
    @property
    def lock_after(self) -> timedelta: ...
    @property
    def required(self) -> Mapping[str, Required]: ...
    @property
    def web(self) -> WebSection: ...
    @property
    def mail(self) -> MailSection: ...
    @property
    def products(self) -> Mapping[str, Product]: ...
    @property
    def rule(self) -> Sequence[Named]: ...
    @property
    def context(self) -> Collection[str]: ...


def mount(app: FastAPI, store: Engine, config: Settings, clock: Clock) -> None:
    """Add the pages below the site's prefix. Websocket callbacks and tool servers stay off."""
    server: Any = app  # Dash takes the applications of its backends, and declares only Flask's
    site: Site = app.state.site
    dash = Dash(
        "dashboard",
        server=server,
        backend="fastapi",
        assets_folder=str(Path(__file__).parent / "assets"),
        routes_pathname_prefix="/",
        requests_pathname_prefix=f"{site.prefix}/",
        csrf_token_name=app.state.csrf_cookie,
        title="Calibration readiness",
        update_title="",
        index_string=INDEX,
        suppress_callback_exceptions=True,  # forms are there only on their pages
        websocket_callbacks=False,
        enable_mcp=False,
        add_log_handler=False,
    )
    dash.layout = under(site.prefix, layout())
    pages = Pages(store, config, clock, site.prefix)
    _show(dash, pages)
    _click(dash, pages)
    _act(dash, app.state.asked)
    app.state.inline_scripts = dash.csp_hashes()
    app.add_middleware(OneDocument)
    close_the_rest(app)


def _show(dash: Dash, pages: Pages) -> None:
    @dash.callback(
        Output("banner", "children"),
        Output("page", "children"),
        Output("facts", "data"),
        Input("address", "pathname"),
        Input("address", "search"),
        Input("tick", "n_intervals"),
        State("facts", "data"),
    )
    async def show(path: str, query: str, _ticks: int, before: dict[str, Any] | None) -> Any:
        # In a thread: the store may take its time, and the loop serves everybody.
        return await asyncio.to_thread(pages.show, path, query or "", before or {})

    shown: Any = dash  # this one method has no types
    shown.clientside_callback(AGE, Output("age", "children"), Input("second", "n_intervals"), Input("facts", "data"))


def _click(dash: Dash, pages: Pages) -> None:
    for name in ("now-frontier", "trend-frontier"):

        @dash.callback(Output(f"{name}-told", "children"), Input(name, "clickData"), prevent_initial_call=True)
        def told(clicked: dict[str, Any] | None) -> Any:
            point = clicked["points"][0] if clicked else None
            return f"Run {point['y']}: {point['customdata']}" if point else no_update

    @dash.callback(
        Output("download", "data"),
        Input("trends-csv", "n_clicks"),
        State("address", "search"),
        prevent_initial_call=True,
    )
    async def csv(clicks: int, query: str) -> Any:
        if not clicks:
            return no_update
        told = await asyncio.to_thread(pages.saved, pages.clock(), number_of(query or "", "days", 7, LONGEST_DAYS))
        return {"content": as_csv(told), "filename": "calibration-readiness.csv", "type": "text/csv"}


def _act(dash: Dash, asked: Callable[[], Asked]) -> None:
    """Callbacks that write; each goes through `spy.acting`, which checks the right of whoever asks."""

    @dash.callback(
        Output("act-answer", "children"),
        Input("act-preview", "n_clicks"),
        Input("act-perform", "n_clicks"),
        *(State(f"act-{name}", "value") for name in act.FIELDS),
        prevent_initial_call=True,
    )
    async def answer(_look: int, _do: int, *values: Any) -> Any:
        if not (_look or _do):
            return no_update
        return await asyncio.to_thread(act.answer, asked(), values, ctx.triggered_id == "act-preview")

    @dash.callback(
        Output("handover-answer", "children"),
        Input("handover-leave", "n_clicks"),
        State("handover-text", "value"),
        State("handover-who", "value"),
        prevent_initial_call=True,
    )
    async def leave(clicks: int, text: str | None, who: str | None) -> Any:
        return await asyncio.to_thread(act.left, asked(), text or "", who or "") if clicks else no_update

    @dash.callback(
        Output("agree-answer", "children"),
        Input({"type": "agree", "number": ALL}, "n_clicks"),
        State("agree-who", "value"),
        prevent_initial_call=True,
    )
    async def agree(clicks: list[int], who: str | None) -> Any:
        if not any(clicks) or not isinstance(ctx.triggered_id, dict):
            return no_update
        return await asyncio.to_thread(act.agreed, asked(), int(ctx.triggered_id["number"]), who or "")


class Pages:
    def __init__(self, store: Engine, config: Settings, clock: Clock, prefix: str = "") -> None:
        self.store = store
        self.config = config
        self.clock = clock
        self.prefix = prefix

    def show(self, path: str, query: str, before: Mapping[str, Any]) -> tuple[Any, Any, dict[str, Any]]:
        """Banner, page, and what the browser needs to tell the age by itself.

        Dash makes whatever it is sent anew, and focus and scroll are lost: what is shown already is not sent again.
        """
        now = self.clock()
        try:
            config = self.config
            seen = overview(self.store, now, config.web.stale_after, config.products, config.mail.crew, config.context)
            page = self._page(path.removeprefix(self.prefix) or "/", query, seen)
            parts: tuple[Any, Any] = (banner(seen, calling.current()), under(self.prefix, page))
        except StoreError as broken:
            return no_update, no_update, {**before, "problem": str(broken).splitlines()[0]}
        digest, where = hashlib.sha256(repr((path, query, parts)).encode()).hexdigest(), path + query
        if digest == before.get("digest"):
            parts = (no_update, no_update)
        elif path.removeprefix(self.prefix) in STILL and where == before.get("where"):
            parts = (parts[0], no_update)
        return *parts, {**facts(seen), "digest": digest, "where": where}

    def _page(self, path: str, query: str, seen: Overview) -> list[Any]:
        if path in ("/", ""):
            recent = run_lines(self.store, seen.now, RECENT, products=self.config.products)
            return now_page(seen, recent, self.saved(seen.now, FRONTIER_DAYS).runs, handover(self.store))
        if path == SERVICES:
            return services_page(services(self.store, seen.now))
        if path == ACT:
            return act_page(query, calling.current(), self._choices())
        if path == SHIFT:
            hours = number_of(query, "hours", 8, LONGEST_HOURS)
            begin = seen.now - timedelta(hours=hours)
            log, left = shift_log(self.store, begin, seen.now), handover(self.store)
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
