"""The door: nobody gets anywhere without a name and the right to be there, over HTTP and websocket alike.

A pure ASGI layer round everything, Dash's own routes included. It finds out who asks, checks the right to the path, and
the CSRF token of a person's act; who asked is known to the code behind it by `spy.acting.calling`.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Sequence
from functools import partial
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from spy.acting.calling import CALLER
from spy.domain.caller import Caller, Means, Reach, Role
from spy.domain.errors import StoreError
from spy.site import Site
from spy.store import sessions, tokens
from spy.store.engine import reading, writing
from spy.web.guard import SAFE, close
from spy.web.problem import no_store, problem
from spy.web.source import Source
from spy.web.watched import Watched

PUBLIC = ("/health/live", "/health/ready", "/login", "/login/callback", "/logged-out")
LOGIN = "/login"
_REACHES: Sequence[tuple[str, Reach]] = (
    ("/api/v1/readiness", Reach.READINESS),
    ("/api/v1/firstunreadyrun", Reach.READINESS),
    ("/api/v1/first-unready-run", Reach.READINESS),
    ("/api/v1/acts", Reach.ACT),
    ("/api/v1/proposals", Reach.ACT),
    ("/api/v1/", Reach.READ),
    ("/metrics", Reach.METRICS),
)
"""What a token needs, by the first path that fits; for any other path there is no token."""
CSRF_HEADER = "x-csrftoken"
BY_ITSELF = "x-by-itself"
"""Sent by a page at which nobody did anything, and no use of its session. Whoever sends it can only lose by it."""
HERE = Caller("", Role.ADMIN, Means.LOCAL)
"""Of a site without login, which only this machine reaches. Acts say themselves who signs."""


def cookie_name(site: Site) -> str:
    """The prefix makes browsers refuse a cookie that another host or path set."""
    return "__Host-spy" if site.is_secure else "spy"


def csrf_cookie_name(site: Site) -> str:
    return f"{cookie_name(site)}-csrf"


def csrf_of(session: str) -> str:
    """What a page of ours can read and send back, and no other site can."""
    return hashlib.sha256(f"csrf of {session}".encode()).hexdigest()


class Door:
    def __init__(self, app: ASGIApp, source: Source, site: Site) -> None:
        self.app = app
        self.source = source
        self.site = site
        self.has_login = bool(source.config.login.issuer)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or (scope["type"] == "http" and scope["path"] in PUBLIC):
            await self.app(scope, receive, send)
            return
        if not self.has_login:
            await self._through(HERE, scope, receive, send)
            return
        headers = Headers(scope=scope)
        session = cookie_parser(headers.get("cookie", "")).get(cookie_name(self.site), "")
        try:
            # A websocket is opened by the page, and again after each break: nobody has done anything.
            is_used = scope["type"] == "http" and BY_ITSELF not in headers
            caller = await asyncio.to_thread(self._caller, session, headers, is_used)
        except StoreError as broken:
            await self._refuse(no_store(broken), scope, receive, send)
            return
        if caller is None:
            await self._refuse(self._who_are_you(scope, headers), scope, receive, send)
        elif objection := _objection(caller, session, scope, headers):
            await self._refuse(problem(403, objection), scope, receive, send)
        elif scope["type"] == "websocket":
            watched = Watched(receive, send, partial(self._is_still, caller, session))
            await self._through(caller, scope, watched.receive, watched.send)
        else:
            await self._through(caller, scope, receive, send)

    async def _is_still(self, caller: Caller, session: str) -> bool:
        """Not counted as a use: what a server sends by itself keeps nobody logged in."""
        try:
            return (await asyncio.to_thread(self._of_session, session))[0] == caller
        except StoreError:
            return False

    async def _through(self, caller: Caller, scope: Scope, receive: Receive, send: Send) -> None:
        before = CALLER.set(caller)
        try:
            await self.app(scope, receive, send)
        finally:
            CALLER.reset(before)

    async def _refuse(self, answer: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await close(receive, send)
        else:
            await answer(scope, receive, send)

    def _caller(self, session: str, headers: Headers, is_used: bool) -> Caller | None:
        """A token counts before a cookie: who sends one means it."""
        source, now = self.source, self.source.clock()
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            with reading(source.store) as connection:
                caller, is_old = tokens.caller(connection, token.strip(), now)
            if is_old:
                with writing(source.store) as connection:
                    tokens.note_use(connection, token.strip(), now)
            return caller
        if not session:
            return None
        caller, is_old = self._of_session(session)
        if caller and is_old and is_used:
            with writing(source.store) as connection:
                sessions.note_use(connection, session, now)
        return caller

    def _of_session(self, session: str) -> tuple[Caller | None, bool]:
        """Who has it, and whether its use should be noted again."""
        with reading(self.source.store) as connection:
            return sessions.caller(connection, session, self.source.clock(), self.source.config.login.idle)

    def _who_are_you(self, scope: Scope, headers: Headers) -> ASGIApp:
        wants_page = scope.get("method") == "GET" and "text/html" in headers.get("accept", "")
        if not wants_page:
            return problem(401, "log in, or send a token: Authorization: Bearer …", {"WWW-Authenticate": "Bearer"})
        query = f"?{scope['query_string'].decode('latin-1')}" if scope.get("query_string") else ""
        return RedirectResponse(f"{self.site.prefix}{LOGIN}?next={quote(scope['path'] + query, safe='/')}", 303)


def _objection(caller: Caller, session: str, scope: Scope, headers: Headers) -> str:
    """Why a known caller does not get through; empty if it does."""
    if caller.means is Means.TOKEN:
        needed = next((reach for path, reach in _REACHES if scope["path"].startswith(path)), None)
        if scope["type"] == "websocket" or needed is None:
            return "a token opens the API and the metrics, not the pages"
        return "" if caller.may(needed) else f"the token {caller.key!r} does not reach {needed}"
    if scope["type"] == "http" and scope["method"] not in SAFE:
        told = headers.get(CSRF_HEADER, "")
        if not hmac.compare_digest(told.encode(), csrf_of(session).encode()):
            return f"a request that changes something must send the header {CSRF_HEADER}, as the page does: reload it"
    return ""
