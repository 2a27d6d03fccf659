"""The web application: API, health, metrics, and whatever pages are mounted in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from fastapi import FastAPI
from sqlalchemy import Engine

from spy import __version__
from spy.acting import calling
from spy.acting.perform import Asked
from spy.config import Config
from spy.site import Site
from spy.web import document, health, login, metrics, problem
from spy.web.api import (
    acts,
    alerts,
    audits,
    changes,
    chunks,
    decisions,
    deliveries,
    evidence,
    me,
    products,
    readiness,
    runs,
    services,
    trends,
    unknown,
)
from spy.web.bodies import Bodies
from spy.web.compressed import Compressed
from spy.web.door import Door, csrf_cookie_name
from spy.web.guard import Guard
from spy.web.headers import SecurityHeaders
from spy.web.source import Source
from spy.web.under import Under

PARTS = (
    readiness,
    runs,
    chunks,
    decisions,
    changes,
    evidence,
    products,
    services,
    trends,
    alerts,
    deliveries,
    acts,
    audits,
)
Clock = Callable[[], datetime]


class Mount(Protocol):
    """Pages from another package: they add themselves to the application."""

    def __call__(self, app: FastAPI, store: Engine, config: Config, clock: Clock) -> None: ...


def create(config: Config, store: Engine, clock: Clock, mounts: Sequence[Mount] = ()) -> FastAPI:
    """Routes first, since pages catch every path that is left; then the layers, of which the last is outermost."""
    source, site = Source(store, config, clock), Site.of(config.agent.page_url)
    # No interactive documentation: it loads scripts from elsewhere. The document itself is served.
    app = FastAPI(
        title="Calibration readiness",
        version=__version__,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.inline_scripts = ()
    app.state.has_login = bool(config.login.issuer)
    app.state.site = site
    app.state.csrf_cookie = csrf_cookie_name(site)
    app.state.asked = lambda: Asked(store, config, calling.current(), clock())
    problem.install(app)
    for part in PARTS:
        app.include_router(part.router(source), prefix="/api/v1")
    app.include_router(me.router(), prefix="/api/v1")
    app.include_router(health.router(source))
    app.include_router(metrics.router(source))
    app.include_router(unknown.router(list(app.routes)))
    document.install(app)
    login.install(app, source, site)
    for mount in mounts:
        mount(app, store, config, clock)
    app.add_middleware(Compressed)
    app.add_middleware(Bodies)
    app.add_middleware(Door, source=source, site=site)
    app.add_middleware(Guard, site=site, is_local=not config.login.issuer)
    app.add_middleware(SecurityHeaders, scripts=lambda: app.state.inline_scripts)
    app.add_middleware(Under, prefix=site.prefix)
    return app
