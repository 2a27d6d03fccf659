"""The faults that services show, put round a simulator.

| kind | over HTTP |
| --- | --- |
| down | nobody listens: connection refused |
| slow | the request is worked on, its answer comes too late (one byte at a time) |
| hang | accepted, and never anything again |
| garbage | 200 with an HTML page, or JSON that stops in the middle, in turns |
| empty | the format's own empty answer (the simulator's `empty`), else 200 without a body |
| stale | answers as they were when the fault began |
| http500, http429 | error page with error headers; `Retry-After: 60` |
| auth | 401 and 403 in turns |
| disagree | two replicas in turns per identical request: the present, and one that stands still 6 h before the fault |
| accept_then_drop | the request is worked on, and the connection closed without an answer |

A receiver has no past to show: there `stale` repeats the first answer to each identical GET, `disagree` answers every
second GET as if nothing were known, and POSTs are worked on as always.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable

from probes.simulation.story import Fault
from probes.simulation.wire import Request, Response, Simulator

REPLICA_LAG = timedelta(hours=6)
Past = Callable[[datetime], AbstractContextManager[None]]


class Break(StrEnum):
    """What the wire does instead of carrying the answer."""

    REFUSE = "refuse"
    SILENCE = "silence"
    DRIBBLE = "dribble"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class Broken(Response):
    """A response that never arrives as such; `status` and `body` are what would have been sent."""

    how: Break = Break.SILENCE


@runtime_checkable
class HasEmpty(Protocol):
    def empty(self, request: Request) -> Response: ...


class Faults:
    """Which fault a service shows at a moment."""

    def __init__(self, faults: Sequence[Fault] = ()) -> None:
        self.faults = tuple(faults)

    def active(self, service: str, now: datetime) -> Fault | None:
        """The first one listed, where several cover the moment."""
        return next((f for f in self.faults if f.service == service and f.covers(now)), None)


_HTML = Response(
    200,
    b"<!DOCTYPE html>\n<html><head><title>CERN Single Sign-On</title></head><body>Please sign in.</body></html>\n",
    {"content-type": "text/html; charset=utf-8"},
)
_ERROR_500 = Response(
    500,
    b"<!DOCTYPE html>\n<html><head><title>500 Internal Server Error</title></head><body>Internal error</body></html>\n",
    {"content-type": "text/html; charset=utf-8", "x-error-http": "500", "x-error-info": "Simulated internal error"},
)
_ERROR_429 = Response(429, b"Too Many Requests\n", {"content-type": "text/plain", "retry-after": "60"})
_AUTH = (
    Response(401, b"Unauthorized\n", {"content-type": "text/plain", "www-authenticate": "Bearer"}),
    Response(403, b"Forbidden\n", {"content-type": "text/plain"}),
)
_EMPTY = Response(200, b"", {"content-type": "application/json"})
_NOTHING = Response(404, b"{}", {"content-type": "application/problem+json"})


class Faulty:
    """A simulator with the faults of its service. `past` shows an earlier state for the length of a `with` block."""

    def __init__(
        self,
        service: str,
        simulator: Simulator,
        faults: Faults,
        now: Callable[[], datetime],
        past: Past | None = None,
    ) -> None:
        self.service = service
        self.simulator = simulator
        self.faults = faults
        self.now = now
        self.past = past
        self._asked: Counter[tuple[object, ...]] = Counter()
        self._kept: dict[tuple[object, ...], Response] = {}

    def answer(self, request: Request) -> Response:
        fault = self.faults.active(self.service, self.now())
        if fault is None:
            return self.simulator.answer(request)
        query = sorted((name, *values) for name, values in request.query.items())
        key = (fault, request.method, request.path, *query)
        turn = self._asked[key]
        self._asked[key] += 1
        return self._broken(fault, request, key, turn)

    def _broken(self, fault: Fault, request: Request, key: tuple[object, ...], turn: int) -> Response:
        match fault.kind:
            case "down":
                return Broken(503, how=Break.REFUSE)
            case "hang":
                return Broken(504, how=Break.SILENCE)
            case "slow":
                return self._lost(request, Break.DRIBBLE)
            case "accept_then_drop":
                return self._lost(request, Break.DROP)
            case "garbage":
                return self._truncated(request) if turn % 2 else _HTML
            case "empty":
                return self.simulator.empty(request) if isinstance(self.simulator, HasEmpty) else _EMPTY
            case "http500":
                return _ERROR_500
            case "http429":
                return _ERROR_429
            case "auth":
                return _AUTH[turn % 2]
            case "stale":
                return self._stale(fault, request, key)
            case "disagree":
                return self._replica(fault, request, turn)
            case other:
                raise ValueError(f"unknown kind of fault {other!r}")

    def _lost(self, request: Request, how: Break) -> Response:
        answer = self.simulator.answer(request)
        return Broken(answer.status, answer.body, answer.headers, how)

    def _truncated(self, request: Request) -> Response:
        """Half of something: a POST must not take effect where its answer makes no sense."""
        body = self.simulator.answer(request).body if request.method == "GET" else b""
        return Response(200, body[: len(body) // 2] or b'{"result": [', {"content-type": "application/json"})

    def _stale(self, fault: Fault, request: Request, key: tuple[object, ...]) -> Response:
        if self.past:
            with self.past(fault.start):
                return self.simulator.answer(request)
        if request.method != "GET":
            return self.simulator.answer(request)
        if key not in self._kept:
            self._kept[key] = self.simulator.answer(request)
        return self._kept[key]

    def _replica(self, fault: Fault, request: Request, turn: int) -> Response:
        if turn % 2 == 0 or (not self.past and request.method != "GET"):
            return self.simulator.answer(request)
        if not self.past:
            return _NOTHING
        with self.past(fault.start - REPLICA_LAG):
            return self.simulator.answer(request)
