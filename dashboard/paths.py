"""Every page is the same document, which reads its address in the browser.

Dash offers that too, by a route that skips its own preparations: a page opened by its address before the first visit
of `/` would come without scripts. So pages are `/` to Dash, and what is no page is not found.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from dash.development.base_component import Component
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from spy.domain.act import Do

SERVICES, ACT, ACTS, TRENDS, SHIFT = "/services", "/act", "/acts", "/trends", "/shift"
PRODUCTS, ALERTS, DELIVERIES, RUNS, HELP = "/products", "/alerts", "/deliveries", "/runs", "/help"
PAGES = (RUNS, SERVICES, ACT, ACTS, TRENDS, SHIFT, PRODUCTS, ALERTS, DELIVERIES, HELP)
RUN = "/run/"
STILL = (ACT, SHIFT)
"""Where people type: made anew only when they come, or the ground would move under their fingers."""
STAYS = (RUNS,)
"""What follows its own address by itself: made anew only when the page comes, whatever comes behind `?`."""


def to_form(do: Do | None = None, run: int | None = None) -> str:
    """The form of acts, filled in as far as it is known."""
    given = {"do": do, "chunk": run}
    return f"{ACT}?{urlencode({name: value for name, value in given.items() if value})}"


def under(prefix: str, tree: Any) -> Any:
    """The same components, whose links to paths of ours begin with the site's prefix."""
    if isinstance(tree, list | tuple):
        return [under(prefix, part) for part in tree]
    if prefix and isinstance(tree, Component):
        part: Any = tree  # components declare their own attributes
        href = getattr(part, "href", None)
        if isinstance(href, str) and href.startswith("/") and not href.startswith(f"{prefix}/"):
            part.href = prefix + href
        if (children := getattr(part, "children", None)) is not None:
            part.children = under(prefix, children)
    return tree


class OneDocument:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (scope["path"] in PAGES or scope["path"].startswith(RUN)):
            scope = {**scope, "path": "/", "raw_path": b"/"}
        await self.app(scope, receive, send)


def close_the_rest(app: FastAPI) -> None:
    """After Dash's routes: any other path is a problem answer, and not a page that finds nothing."""

    @app.get("/{path:path}", include_in_schema=False)
    def nothing(path: str) -> None:
        raise HTTPException(404, f"there is nothing at {path!r}")
