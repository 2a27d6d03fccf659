"""The door: until there is a login, this machine only, for HTTP and websockets alike.

A pure ASGI layer, since HTTP middleware never sees a websocket, and Dash opens a websocket route whether used or not.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from spy.web.problem import problem

SAFE = ("GET", "HEAD", "OPTIONS")


def is_loopback(host: str) -> bool:
    """Whether a host name or address, without port, is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Guard:
    """Refuses foreign Host headers (a page elsewhere whose name was rebound to 127.0.0.1) and foreign origins."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind == "lifespan":
            await self.app(scope, receive, send)
        elif kind == "http":
            against = _objection(Headers(scope=scope), needs_origin=False, is_safe=scope["method"] in SAFE)
            answer = problem(421, against) if against else self.app
            await answer(scope, receive, send)
        elif kind == "websocket" and not _objection(Headers(scope=scope), needs_origin=True, is_safe=False):
            await self.app(scope, receive, send)
        elif kind == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        else:
            raise RuntimeError(f"connections of type {kind!r} are not served")


def _objection(headers: Headers, *, needs_origin: bool, is_safe: bool) -> str:
    """Why a request is refused; empty if it may pass."""
    host, origin = headers.get("host", ""), headers.get("origin")
    if not _names_this_machine(host):
        return f"this page is served to this machine only, and not as {host!r}: use http://127.0.0.1"
    if origin is None:
        return "a websocket without Origin is not served" if needs_origin else ""
    if not is_safe and urlsplit(origin).netloc != host:
        return f"{origin!r} is another site"
    return ""


def _names_this_machine(host: str) -> bool:
    try:
        return is_loopback(urlsplit(f"//{host}").hostname or "")
    except ValueError:
        return False
