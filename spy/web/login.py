"""Log in at the site's OpenID provider, and out again at this server.

Authlib makes and checks what the protocol asks for: state, PKCE, nonce, issuer, audience, signature, time. What is
left between the two steps lies in a signed cookie of ten minutes, and never in a cache that two people could share.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import warnings
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from authlib.deprecate import AuthlibDeprecationWarning  # its import sets a filter: ours comes after it
from fastapi import APIRouter, FastAPI, Request
from joserfc.errors import JoseError
from starlette.middleware.sessions import SessionMiddleware
from starlette.responses import HTMLResponse, RedirectResponse, Response

from spy.acting import calling
from spy.domain.caller import Means, Role
from spy.domain.errors import ConfigError
from spy.sections import LoginSection
from spy.site import Site
from spy.store import audit, sessions
from spy.store.engine import writing
from spy.web.door import cookie_name, csrf_cookie_name, csrf_of
from spy.web.problem import problem
from spy.web.source import Source
from spy.web.tries import Tries, address_of

with warnings.catch_warnings():
    # It would have httpx2; ours is the httpx that the site's card names.
    warnings.filterwarnings("ignore", category=AuthlibDeprecationWarning)
    from authlib.integrations.starlette_client import OAuth, OAuthError

log = logging.getLogger(__name__)

DISCOVERY = ".well-known/openid-configuration"
DEADLINE_S = 15
BETWEEN_THE_STEPS = timedelta(minutes=10)
EVERYBODY = "*"
"""In a list of groups: whoever the provider knows."""
LOGGED_OUT = """<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Logged out</title>
<p>You are logged out here. <a href="{login}">Log in again</a></p></html>"""


def install(app: FastAPI, source: Source, site: Site) -> None:
    """Routes and the cookie between the two steps; nothing where the configuration names no provider."""
    if not source.config.login.issuer:
        return
    app.include_router(Login(source, site).router())
    app.add_middleware(
        SessionMiddleware,
        secret_key=secrets.token_hex(32),  # of this process: a restart makes people begin their login anew
        session_cookie=f"{cookie_name(site)}-login",
        max_age=int(BETWEEN_THE_STEPS.total_seconds()),
        same_site="lax",
        https_only=site.is_secure,
    )


class Login:
    def __init__(self, source: Source, site: Site) -> None:
        self.source = source
        self.site = site
        self.section = source.config.login
        self.tries = Tries(self.section.tries_a_minute)
        self.provider = _provider(self.section)

    def router(self) -> APIRouter:
        routes = APIRouter(include_in_schema=False)
        routes.add_api_route("/login", self.begin, methods=["GET"])
        routes.add_api_route("/login/callback", self.end, methods=["GET"])
        routes.add_api_route("/logout", self.log_out, methods=["POST"])
        routes.add_api_route("/logged-out", self.logged_out, methods=["GET"])
        return routes

    async def begin(self, request: Request, next: str = "/") -> Response:
        if late := self._too_often(request):
            return late
        request.session["next"] = next if _is_here(next) else "/"
        try:
            answer: Response = await self.provider.authorize_redirect(request, self.site.url("/login/callback"))
        except (httpx.HTTPError, OAuthError, ValueError) as broken:
            return _no_provider(broken)
        return answer

    async def end(self, request: Request) -> Response:
        if late := self._too_often(request):
            return late
        try:
            token = await self.provider.authorize_access_token(request)
        except httpx.HTTPError as broken:
            return _no_provider(broken)
        except (OAuthError, JoseError, ValueError, KeyError, TypeError) as wrong:
            # What was sent is not what was asked for; the reason is for the log, and no help to whoever tries.
            log.warning("a login was refused: %s: %s", type(wrong).__name__, wrong)
            await asyncio.to_thread(self._note, "", audit.REFUSED, f"{type(wrong).__name__}: {wrong}"[:500])
            return problem(400, "this login cannot be finished; begin again at /login")
        claims = token.get("userinfo") or {}
        sub = claims.get("sub", "")
        if not isinstance(sub, str) or not sub:
            return problem(400, "the provider names nobody: its answer holds no ID token with a sub")
        return await asyncio.to_thread(self._admit, request.session.pop("next", "/"), sub, claims)

    def _admit(self, where: str, sub: str, claims: Mapping[str, Any]) -> Response:
        source, now = self.source, self.source.clock()
        who = next((str(claims[key]) for key in ("preferred_username", "email", "name") if claims.get(key)), sub)
        with writing(source.store) as connection:
            granted = sessions.granted(connection, sub)
            role = role_by_groups(self.section, claims) if granted is None else granted
            if not role:
                audit.add(connection, now, who, Means.SESSION, "login", audit.REFUSED, sub, "has no role here")
                return problem(403, f"{who} has no role here; an administrator gives one: spy role give {sub} viewer")
            session = sessions.begin(connection, sub, who, role, now, self.section.life)
            audit.add(connection, now, who, Means.SESSION, "login", audit.DONE, sub, f"as {role}")
        answer = RedirectResponse(f"{self.site.prefix}{where}", 303)
        self._cookies(answer, session, csrf_of(session), int(self.section.life.total_seconds()))
        return answer

    def _cookies(self, answer: Response, session: str, csrf: str, max_age: int) -> None:
        """The page reads the second one, to send it back with every act: only pages of this host can."""
        for name, value, is_hidden in (
            (cookie_name(self.site), session, True),
            (csrf_cookie_name(self.site), csrf, False),
        ):
            answer.set_cookie(
                name, value, max_age, path="/", secure=self.site.is_secure, httponly=is_hidden, samesite="lax"
            )

    async def log_out(self, request: Request) -> Response:
        """Ends the session here, whatever the browser does with its cookie."""
        caller, session = calling.current(), request.cookies.get(cookie_name(self.site), "")
        await asyncio.to_thread(self._end, session, caller.who)
        answer = RedirectResponse(f"{self.site.prefix}/logged-out", 303)
        self._cookies(answer, "", "", 0)
        return answer

    def _end(self, session: str, who: str) -> None:
        with writing(self.source.store) as connection:
            sessions.end(connection, session, self.source.clock(), who)
            audit.add(connection, self.source.clock(), who, Means.SESSION, "logout", audit.DONE)

    async def logged_out(self) -> Response:
        return HTMLResponse(LOGGED_OUT.format(login=f"{self.site.prefix}/login"))

    def _too_often(self, request: Request) -> Response | None:
        address = address_of(request, self.source.config.web.proxies)
        wait = self.tries.wait(address, self.source.clock())
        if not wait:
            return None
        seconds = max(1, round(wait.total_seconds()))
        return problem(429, f"too many logins from {address}; again in {seconds} s", {"Retry-After": str(seconds)})

    def _note(self, who: str, outcome: str, detail: str) -> None:
        with writing(self.source.store) as connection:
            audit.add(connection, self.source.clock(), who, Means.SESSION, "login", outcome, detail=detail)


def _provider(section: LoginSection) -> Any:
    try:
        secret = Path(section.client_secret_file).read_text(encoding="utf-8").strip()
    except OSError as wrong:
        where = section.client_secret_file
        raise ConfigError([f"login.client_secret_file: {where!r} cannot be read: {wrong.strerror}"]) from None
    return OAuth().register(
        "provider",
        client_id=section.client_id,
        client_secret=secret,
        server_metadata_url=f"{section.issuer.rstrip('/')}/{DISCOVERY}",
        client_kwargs={
            "scope": " ".join(section.scopes),
            "code_challenge_method": "S256",
            "timeout": DEADLINE_S,
            "trust_env": False,
        },
    )


def role_by_groups(section: LoginSection, claims: Mapping[str, Any]) -> str:
    """The highest role that a group of the person has; empty: none."""
    told = claims.get(section.groups_claim)
    groups = {group for group in told if isinstance(group, str)} if isinstance(told, list) else set()
    for role in reversed(Role):
        wanted = set(getattr(section, role))
        if wanted & groups or EVERYBODY in wanted:
            return role
    return ""


def _is_here(path: str) -> bool:
    """A path of this site: `//elsewhere` and `/\\elsewhere` lead away."""
    return path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()


def _no_provider(broken: Exception) -> Response:
    log.warning("the login provider does not answer: %s: %s", type(broken).__name__, broken)
    return problem(503, "the login provider does not answer as it should; try again", {"Retry-After": "30"})
