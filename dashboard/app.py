"""The Dash pages, mounted in the web application: they read the views, and acts go through spy.acting."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from dash import Dash
from fastapi import FastAPI
from sqlalchemy import Engine

from dashboard import callbacks, grid_script, live, runs_callbacks
from dashboard.fixed import Fixed, path_of
from dashboard.frame import index, layout
from dashboard.pages import Clock, Pages
from dashboard.paths import OneDocument, close_the_rest, under
from dashboard.settings import Settings
from dashboard.switches import SCRIPT, address
from dashboard.trouble import failed
from dashboard.unfolded import unfold
from spy.site import Site
from spy.store.views import change_mark

ASSETS = Path(__file__).parent / "assets"


def mount(app: FastAPI, store: Engine, config: Settings, clock: Clock) -> None:
    """Add the pages below the site's prefix. Acts and pages go over HTTP; only the push is a websocket's."""
    server: Any = app  # Dash takes the applications of its backends, and declares only Flask's
    site: Site = app.state.site
    assets = path_of(ASSETS)
    grid_script.keep_out()
    dash = Dash(
        "dashboard",
        server=server,
        backend="fastapi",
        assets_folder=str(ASSETS),
        assets_url_path=assets,
        assets_ignore=re.escape(SCRIPT),
        routes_pathname_prefix="/",
        requests_pathname_prefix=f"{site.prefix}/",
        csrf_token_name=app.state.csrf_cookie,
        title="Calibration readiness",
        update_title="",
        index_string=index(address(site.prefix, assets), grid_script.address(site.prefix)),
        suppress_callback_exceptions=True,  # forms are there only on their pages
        websocket_callbacks=False,  # but for those that say so
        websocket_allowed_origins=[site.origin],
        websocket_inactivity_timeout=0,  # a quiet night is no reason to hang up
        enable_mcp=False,
        add_log_handler=False,
        on_error=failed,
    )
    dash.layout = under(site.prefix, layout())
    pages = Pages(store, config, clock, site.prefix)
    callbacks.show(dash, pages)
    callbacks.click(dash, pages)
    runs_callbacks.browse(dash, pages)
    grid_script.show(dash)
    unfold(dash, pages)
    callbacks.do(dash, app.state.asked)
    callbacks.agree(dash, app.state.asked)
    live.push(dash, live.Changes(lambda: change_mark(store)))
    app.state.inline_scripts = dash.csp_hashes()
    app.add_middleware(OneDocument)
    app.add_middleware(Fixed, path=assets)
    close_the_rest(app)
