"""What lies under `/api` and does not exist is a problem answer, and not some page."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.exceptions import HTTPException


def router() -> APIRouter:
    routes = APIRouter()

    @routes.get("/api/{path:path}", include_in_schema=False)
    @routes.get("/health/{path:path}", include_in_schema=False)
    def unknown(path: str) -> None:
        raise HTTPException(404, f"there is nothing at {path!r}; /api/v1/openapi.json lists what there is")

    return routes
