"""What lies under `/api` and does not exist is a problem answer, and not some page."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


def router(known: Sequence[BaseRoute]) -> APIRouter:
    """Comes after the `known` routes: what gets here has a path or a method that none of them has."""
    routes = APIRouter(include_in_schema=False)

    def unknown(request: Request) -> None:
        path = request.scope["path"]
        allowed = [method for method in METHODS if _is_taken(known, request, method)]
        if allowed:
            headers = {"Allow": ", ".join(allowed)}
            raise HTTPException(405, f"{request.method} is not possible here; {' and '.join(allowed)} is", headers)
        raise HTTPException(404, f"there is nothing at {path!r}; /api/v1/openapi.json lists what there is")

    for under in ("/api", "/health", "/metrics"):
        routes.add_api_route(f"{under}{{path:path}}", unknown, methods=list(METHODS))
    return routes


def _is_taken(known: Sequence[BaseRoute], request: Request, method: str) -> bool:
    scope = {**request.scope, "method": method}
    return any(route.matches(scope)[0] is Match.FULL for route in known)
