"""The OpenAPI document: what the routes say of themselves, with the problems that any of them may answer, and examples.

Examples lie in `examples.json` by operation; a test asks the real routes and compares.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from spy.web.problem import MEDIA_TYPE, title_of

VERSION = "3.1.0"
ABOUT = "Which runs may be reconstructed, why not the others, and what people did about it. Times are ISO 8601 UTC."
_PROBLEM = {
    "title": "Problem",
    "description": "RFC 9457: what is wrong, and what is allowed",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}
_SECURITY = {
    "token": {"type": "http", "scheme": "bearer", "description": "`spy token make`; where the site has a login"},
    "session": {"type": "apiKey", "in": "cookie", "name": "__Host-spy", "description": "of a person who logged in"},
}
_EVERYWHERE = {
    400: "cursor 'x': not one of ours; give back `next` as it was",
    401: "log in, or send a token: Authorization: Bearer …",
    403: "the token 'tier0' does not reach read",
    405: "DELETE is not possible here; GET is",
    421: "this page is served as spy.example.org, and not as 'example.invalid'",
    422: "query.limit: Input should be less than or equal to 500",
    503: "store: cannot read: database is locked",
}
_BY_KIND = {
    404: "run 123456: the agent never followed this run",
    413: "a request body of at most 262144 bytes is taken",
}


def install(app: FastAPI) -> None:
    """Makes the document once, when it is first asked for."""
    app.openapi = cache(lambda: _document(app))  # type: ignore[method-assign]


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title, version=app.version, openapi_version=VERSION, description=ABOUT, routes=app.routes
    )
    schemas = document["components"]["schemas"]
    for made in ("HTTPValidationError", "ValidationError"):
        schemas.pop(made, None)
    schemas["Problem"] = _PROBLEM
    document["components"]["securitySchemes"] = _SECURITY
    document["security"] = [{}, {"token": []}, {"session": []}]
    told = examples()
    for name, path, operation in operations(document):
        _sum_up(operation)
        operation["responses"] |= {str(status): _problem(status, text) for status, text in _problems(path, operation)}
        if path.startswith("/health"):
            operation["security"] = [{}]
        _exemplify(operation, told.get(name, {}))
    return document


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each operation under its name, `GET /api/v1/runs`, with its path."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", path, operation


@cache
def examples() -> dict[str, Any]:
    """By operation: `answer`, and `body` where one is sent."""
    text = resources.files("spy.web").joinpath("examples.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def _sum_up(operation: dict[str, Any]) -> None:
    """The first sentence of the description is the summary; the name of a function is none."""
    first, _, rest = operation.pop("description", "").partition("\n\n")
    operation["summary"], operation["description"] = first.rstrip("."), rest or first


def _problems(path: str, operation: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    for status, detail in {**_EVERYWHERE, **_BY_KIND}.items():
        if status == 404 and "{" not in path:
            continue
        if status == 413 and "requestBody" not in operation:
            continue
        yield status, detail


def _problem(status: int, detail: str) -> dict[str, Any]:
    title = title_of(status)
    example = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": title, "content": {MEDIA_TYPE: {"schema": schema, "example": example}}}


def _exemplify(operation: dict[str, Any], example: Mapping[str, Any]) -> None:
    if "body" in example:
        operation["requestBody"]["content"]["application/json"]["example"] = example["body"]
    for status, response in operation["responses"].items():
        if status.startswith("2") and "answer" in example:
            for content in response.get("content", {}).values():
                content["example"] = example["answer"]
