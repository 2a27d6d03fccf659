"""The Dash pages, mounted in the web application: they read the views and decide nothing."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from dash import Dash, Input, Output, State, no_update
from fastapi import FastAPI
from sqlalchemy import Engine

from dashboard.frame import AGE, INDEX, banner, layout
from dashboard.now import now_page
from dashboard.paths import PAGES, RUN, OneDocument, close_the_rest
from dashboard.run import missing_page, run_page
from dashboard.services import services_page
from spy.clock import iso
from spy.domain.errors import StoreError
from spy.domain.product import Product
from spy.store.views import Overview, overview, run_detail, run_lines, services

Clock = Callable[[], datetime]
RECENT = 30
"""Runs that are over and still shown on the first page."""


class WebSection(Protocol):
    @property
    def stale_after(self) -> timedelta: ...


class MailSection(Protocol):
    @property
    def crew(self) -> Sequence[str]: ...


class Settings(Protocol):
    """What the pages need of the configuration."""

    @property
    def web(self) -> WebSection: ...
    @property
    def mail(self) -> MailSection: ...
    @property
    def products(self) -> Mapping[str, Product]: ...
    @property
    def context(self) -> Collection[str]: ...


def mount(app: FastAPI, store: Engine, config: Settings, clock: Clock) -> None:
    """Add the pages at `/`. Every callback only reads; websocket callbacks and tool servers stay off."""
    server: Any = app  # Dash takes the applications of its backends, and declares only Flask's
    dash = Dash(
        "dashboard",
        server=server,
        backend="fastapi",
        assets_folder=str(Path(__file__).parent / "assets"),
        title="Calibration readiness",
        update_title="",
        index_string=INDEX,
        websocket_callbacks=False,
        enable_mcp=False,
        add_log_handler=False,
    )
    dash.layout = layout()
    pages = Pages(store, config, clock)

    @dash.callback(
        Output("banner", "children"),
        Output("page", "children"),
        Output("facts", "data"),
        Input("address", "pathname"),
        Input("tick", "n_intervals"),
        State("facts", "data"),
    )
    async def show(path: str, _ticks: int, before: dict[str, Any] | None) -> Any:
        # In a thread: the store may take its time, and the loop serves everybody.
        return await asyncio.to_thread(pages.show, path, before or {})

    shown: Any = dash  # this one method has no types
    shown.clientside_callback(AGE, Output("age", "children"), Input("second", "n_intervals"), Input("facts", "data"))
    app.state.inline_scripts = dash.csp_hashes()
    app.add_middleware(OneDocument)
    close_the_rest(app)


class Pages:
    def __init__(self, store: Engine, config: Settings, clock: Clock) -> None:
        self.store = store
        self.config = config
        self.clock = clock

    def show(self, path: str, before: Mapping[str, Any]) -> tuple[Any, Any, dict[str, Any]]:
        """Banner, page, and what the browser needs to tell the age by itself.

        Dash makes whatever it is sent anew, and focus and scroll are lost: what is shown already is not sent again.
        """
        now = self.clock()
        try:
            config = self.config
            seen = overview(self.store, now, config.web.stale_after, config.products, config.mail.crew, config.context)
            parts: tuple[Any, Any] = (banner(seen), self._page(path, seen))
        except StoreError as broken:
            return no_update, no_update, {**before, "problem": str(broken).splitlines()[0]}
        digest = hashlib.sha256(repr((path, parts)).encode()).hexdigest()
        if digest == before.get("digest"):
            parts = (no_update, no_update)
        return *parts, {**facts(seen), "digest": digest}

    def _page(self, path: str, seen: Overview) -> list[Any]:
        if path in ("/", ""):
            return now_page(seen, run_lines(self.store, seen.now, RECENT, products=self.config.products))
        if path in PAGES:
            return services_page(services(self.store, seen.now))
        number = path.removeprefix(RUN)
        is_run = path.startswith(RUN) and number.isascii() and number.isdigit() and len(number) <= 7
        detail = run_detail(self.store, int(number), seen.now, self.config.products) if is_run else None
        return run_page(detail, self.config.context) if detail else missing_page(path)


def facts(seen: Overview) -> dict[str, Any]:
    """For the browser: how old the data were when they were sent; it counts on by its own clock."""
    return {
        "at": iso(seen.now),
        "age_s": seen.age.total_seconds() if seen.age is not None else None,
        "stale_after_s": seen.stale_after.total_seconds(),
        "problem": "",
    }
