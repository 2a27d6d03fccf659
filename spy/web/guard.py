"""Host and origin: who asks for another site's page, or from one, is sent away before anything else.

A pure ASGI layer, since HTTP middleware never sees a websocket, and Dash opens a websocket route whether used or not.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from spy.site import Site, is_loopback
from spy.web.problem import problem

SAFE = ("GET", "HEAD", "OPTIONS")
POLICY_VIOLATION = 1008
"""Close code of a websocket."""


async def close(receive: Receive, send: Send) -> None:
    """Refuse a websocket before it is open: the browser sees 403."""
    await receive()
    await send({"type": "websocket.close", "code": POLICY_VIOLATION})


class Guard:
    """Refuses foreign Host headers (a page elsewhere whose name was rebound to this address) and foreign origins."""

    def __init__(self, app: ASGIApp, site: Site, *, is_local: bool) -> None:
        self.app = app
        self.site = site
        self.is_local = is_local

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind == "lifespan":
            await self.app(scope, receive, send)
        elif kind == "http":
            against = self._objection(Headers(scope=scope), needs_origin=False, is_safe=scope["method"] in SAFE)
            answer = problem(421, against) if against else self.app
            await answer(scope, receive, send)
        elif kind == "websocket" and not self._objection(Headers(scope=scope), needs_origin=True, is_safe=False):
            await self.app(scope, receive, send)
        elif kind == "websocket":
            await close(receive, send)
        else:
            raise RuntimeError(f"connections of type {kind!r} are not served")

    def _objection(self, headers: Headers, *, needs_origin: bool, is_safe: bool) -> str:
        """Why a request is refused; empty if it may pass."""
        host, origin = headers.get("host", ""), headers.get("origin")
        if host != self.site.host and not _names_this_machine(host):
            told = "this machine only" if self.is_local else self.site.host
            where = "http://127.0.0.1" if self.is_local else self.site.url("/")
            return f"this page is served as {told}, and not as {host!r}: use {where}"
        if origin is None:
            return "a websocket without Origin is not served" if needs_origin else ""
        if not is_safe and origin != self.site.origin and urlsplit(origin).netloc != host:
            return f"{origin!r} is another site"
        return ""


def _names_this_machine(host: str) -> bool:
    try:
        return is_loopback(urlsplit(f"//{host}").hostname or "")
    except ValueError:
        return False
