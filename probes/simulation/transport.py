"""Carries an agent's HTTP requests to a simulator without a socket, for virtual time."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs

import httpx

from probes.simulation.faults import Break, Broken
from probes.simulation.wire import Request, Response

Answer = Callable[[Request], Response]


class InProcess(httpx.BaseTransport):
    """Answers each request by `answer`, after `before` has let the world's time pass.

    A broken response becomes the error that httpx raises for it over a real socket; nothing waits.
    """

    def __init__(self, answer: Answer, before: Callable[[], None] = lambda: None) -> None:
        self.answer = answer
        self.before = before

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.before()
        response = self.answer(to_wire(request))
        if isinstance(response, Broken):
            raise _error(response, request)
        return httpx.Response(response.status, headers=dict(response.headers), content=response.body, request=request)


def to_wire(request: httpx.Request) -> Request:
    return Request(
        method=request.method,
        path=request.url.path,
        query=parse_qs(request.url.query.decode("ascii"), keep_blank_values=True),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.read(),
    )


def _error(broken: Broken, request: httpx.Request) -> httpx.TransportError:
    match broken.how:
        case Break.REFUSE:
            return httpx.ConnectError("connection refused", request=request)
        case Break.DROP:
            return httpx.RemoteProtocolError("server disconnected without sending a response", request=request)
        case _:
            return httpx.ReadTimeout("timed out", request=request)
