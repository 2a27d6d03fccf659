"""The frame of T0WmaDataSvc 2.1.1 round every answer: renderings, headers, ETags, error pages."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from probes.simulation.wire import Request, Response

JSON = "application/json"
TEXT = "text/plain"


@dataclass
class Fault(Exception):
    """An error as the service's frame reports it."""

    status: int
    code: int
    detail: str
    info: str = ""
    allow: str | None = None


CACHED = {"Cache-Control": "max-age=300"}
NEVER_CACHED = {
    "Pragma": "no-cache",
    "Expires": "Sun, 19 Nov 1978 05:00:00 GMT",
    "Cache-Control": "no-store, no-cache, must-revalidate, post-check=0, pre-check=0",
}


def accepted(accept: str) -> str:
    """The first acceptable rendering."""
    if not accept.strip():
        raise Fault(406, 201, "Not acceptable", "Accept header required")
    for part in accept.split(","):
        kind = part.split(";")[0].strip()
        if kind in (JSON, TEXT):
            return kind
        if kind in ("*/*", "text/*"):
            return TEXT
        if kind == "application/*":
            return JSON
    raise Fault(406, 201, "Not acceptable", "Available types: text/plain, application/json")


def _rendered(result: list[Any], kind: str) -> str:
    """One element a line with a leading comma; as text one key a line (several rows so were never recorded)."""
    if kind == JSON:
        lines = [f"{',' if at else ' '}{json.dumps(element)}\n" for at, element in enumerate(result)]
        return '{"result": [\n' + "".join(lines) + "]}\n"
    parts = [f"{',' if at else ' '}{json.dumps(element, indent=2)}" for at, element in enumerate(result)]
    return '{"result": [\n' + "".join(parts) + "]}\n"


def framed(result: list[Any], kind: str, request: Request, extra: Mapping[str, str]) -> Response:
    body = _rendered(result, kind).encode()
    etag = f'"{hashlib.sha1(body).hexdigest()}"'
    headers = {
        "Content-Type": JSON if kind == JSON else f"{TEXT};charset=utf-8",
        "Server": "CherryPy/18.10.0",
        "Vary": "Accept",
        **extra,
        "X-Rest-Status": "100",
        "Etag": etag,
        "Content-Length": str(len(body)),
        "X-Rest-Time": "1000.000 us",
    }
    if request.headers.get("if-none-match", "").strip() in (etag, "*"):
        kept = {name: value for name, value in headers.items() if name not in ("Content-Type", "Content-Length")}
        return Response(304, b"", kept)
    return Response(200, b"" if request.method == "HEAD" else body, headers)


_REASONS = {400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed", 406: "Not Acceptable"}
_PAGE = """<!DOCTYPE html PUBLIC
"-//W3C//DTD XHTML 1.0 Transitional//EN"
"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html>
<head>
    <meta http-equiv="Content-Type" content="text/html; charset=utf-8"></meta>
    <title>{status} {reason}</title>
    <style type="text/css">
    #powered_by {{
        margin-top: 20px;
        border-top: 2px solid black;
        font-style: italic;
    }}

    #traceback {{
        color: red;
    }}
    </style>
</head>
    <body>
        <h2>{status} {reason}</h2>
        <p>{detail}</p>
        <pre id="traceback"></pre>
    <div id="powered_by">
      <span>
        Powered by <a href="http://www.cherrypy.dev">CherryPy 18.10.0</a>
      </span>
    </div>
    </body>
</html>
"""


def page(fault: Fault, request: Request, date: str) -> Response:
    """An XHTML page for people; what a program should read is in the headers."""
    body = _PAGE.format(status=fault.status, reason=_REASONS[fault.status], detail=fault.detail).encode()
    info = fault.info if len(fault.info) <= 200 else fault.info[:200] + "..."
    headers = {
        "Content-Type": "text/html;charset=utf-8",
        "Server": "CherryPy/18.10.0",
        "Date": date,
        **({} if fault.allow is None else {"Allow": fault.allow}),
        "X-Rest-Status": str(fault.code),
        "X-Error-Http": str(fault.status),
        "X-Error-Id": hashlib.md5(f"{request.method} {request.path} {dict(request.query)}".encode()).hexdigest(),
        "X-Error-Detail": fault.detail,
        **({"X-Error-Info": info} if info else {}),
        "X-Rest-Time": "1000.000 us",
        "Content-Length": str(len(body)),
    }
    return Response(fault.status, b"" if request.method == "HEAD" else body, headers)
