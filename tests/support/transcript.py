"""Recorded HTTP exchanges, played again."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from probes.simulation.wire import Request, Response


@dataclass(frozen=True)
class Exchange:
    command: str
    request: Request
    response: Response

    def __str__(self) -> str:
        return self.command.removeprefix("curl ")


def exchanges(path: Path) -> list[Exchange]:
    """The exchanges of a file of `### curl ...` blocks, in order."""
    text = path.read_text()
    blocks = [block for block in re.split(r"^### ", text, flags=re.MULTILINE) if block.startswith("curl ")]
    return [_exchange(block) for block in blocks]


def play(recorded: list[Exchange], request: Request) -> Response:
    """The recorded answer to the same question; 599 if there is none."""
    for exchange in recorded:
        asked = exchange.request
        if (asked.method, asked.path, asked.query) == (request.method, request.path, dict(request.query)) and (
            asked.headers["accept"] == request.headers["accept"]
        ):
            return exchange.response
    return Response(599, b"not recorded")


def _exchange(block: str) -> Exchange:
    command, _, rest = block.partition("\n")
    head, _, body = rest.partition("\n\n")
    status, *lines = head.split("\n")
    headers = {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
    length = int(headers.get("Content-Length", "0")) if "Content-Encoding" not in headers else None
    raw = body.encode() if length is None else body.encode()[:length]
    if "Transfer-Encoding" in headers:
        raw = body.strip("\n").encode() + b"\n"
    kept = {k: v for k, v in headers.items() if k not in ("Transfer-Encoding", "Content-Encoding")}
    request = _request(command)
    return Exchange(command, request, Response(int(status.split()[1]), b"" if request.method == "HEAD" else raw, kept))


def _request(command: str) -> Request:
    words = shlex.split(re.sub(r"-H (Accept|If-None-Match): (?!http)", r"-H \1:", command))
    url = urlsplit(words[-1])
    headers = {"accept": "*/*"}
    method = "GET"
    for word, following in pairwise(words):
        if word == "-H":
            name, _, value = following.partition(":")
            headers[name.lower()] = f'"{value}"' if name == "If-None-Match" else value
        if word == "-X":
            method = following
    if "-I" in words:
        method = "HEAD"
    return Request(method, url.path, parse_qs(url.query, keep_blank_values=True), headers)
