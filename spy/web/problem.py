"""Errors as RFC 9457 problem answers: what is wrong and what is allowed, never a stack trace."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from spy.domain.errors import ActError, Denied, StoreError

log = logging.getLogger(__name__)

RENAMED = {413: "Content Too Large", 422: "Unprocessable Content"}
"""By RFC 9110; Python says so from 3.13 on."""
MEDIA_TYPE = "application/problem+json"


def title_of(status: int) -> str:
    return RENAMED.get(status) or HTTPStatus(status).phrase


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    body = {"type": "about:blank", "title": title_of(status), "status": status, "detail": detail}
    text = json.dumps(body, ensure_ascii=False)
    return Response(text, status, dict(headers or {}) | {"Cache-Control": "no-store"}, media_type=MEDIA_TYPE)


def no_store(broken: StoreError) -> Response:
    log.error("%s", broken)
    return problem(503, str(broken).splitlines()[0], {"Retry-After": "10"})


def install(app: FastAPI) -> None:
    """Every error of every route becomes a problem answer."""

    @app.exception_handler(HTTPException)
    def refused(_request: Request, wrong: HTTPException) -> Response:
        return problem(wrong.status_code, wrong.detail, wrong.headers)

    @app.exception_handler(RequestValidationError)
    def malformed(_request: Request, wrong: RequestValidationError) -> Response:
        return problem(422, "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in wrong.errors()))

    @app.exception_handler(ActError)
    def no_chunk(_request: Request, wrong: ActError) -> Response:
        return problem(400, str(wrong))

    @app.exception_handler(StoreError)
    def unreadable(_request: Request, broken: StoreError) -> Response:
        return no_store(broken)

    @app.exception_handler(Denied)
    def denied(_request: Request, wrong: Denied) -> Response:
        return problem(403, str(wrong))

    @app.exception_handler(Exception)
    def broken(_request: Request, broken: Exception) -> Response:
        return problem(500, "the program is broken here; its log says where")
