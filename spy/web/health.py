"""Whether the web process lives, and whether what it shows can be trusted."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from fastapi import APIRouter
from starlette.exceptions import HTTPException

from spy.store.views import overview
from spy.web.api.answers import Answer
from spy.web.source import Source


class LiveAnswer(Answer):
    status: Literal["ok"]


class ReadyAnswer(LiveAnswer):
    heartbeat: datetime
    """When the agent last took a look in."""
    mode: str
    """shadow or live; empty while no agent ever ran on this store."""


def router(source: Source) -> APIRouter:
    routes = APIRouter(tags=["health"])

    @routes.get("/health/live")
    def live() -> LiveAnswer:
        """Whether the process answers; it looks at nothing else."""
        return LiveAnswer(status="ok")

    @routes.get("/health/ready")
    def ready() -> ReadyAnswer:
        """Whether the store can be read and the agent has looked lately; else 503."""
        seen = overview(source.store, source.clock(), source.stale_after)
        if seen.heartbeat is None or seen.is_old:
            raise HTTPException(503, seen.sentence)
        return ReadyAnswer(status="ok", heartbeat=seen.heartbeat, mode=seen.mode)

    return routes
