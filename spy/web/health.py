"""Whether the web process lives, and whether what it shows can be trusted."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.exceptions import HTTPException

from spy.clock import iso
from spy.store.views import overview
from spy.web.source import Source


def router(source: Source) -> APIRouter:
    routes = APIRouter(tags=["health"])

    @routes.get("/health/live")
    def live() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok"}

    @routes.get("/health/ready")
    def ready() -> dict[str, str]:
        """The store can be read and the agent has looked lately; else 503."""
        seen = overview(source.store, source.clock(), source.stale_after)
        if seen.heartbeat is None or seen.is_old:
            raise HTTPException(503, seen.sentence)
        return {"status": "ok", "heartbeat": iso(seen.heartbeat), "mode": seen.mode}

    return routes
