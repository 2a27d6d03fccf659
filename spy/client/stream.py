"""The stream of decisions, which goes on where it was cut."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterable, Iterator

import httpx

from spy.client.decode import decoded
from spy.client.errors import Problem, Unexpected
from spy.client.shapes import Decision
from spy.client.wire import Wire, problem

SILENCE_S = 45.0
"""The site sends a comment each 15 s: after three of them missing the connection is dead."""
PAUSE_S = 3.0


def changes(wire: Wire, after: int | None, pause: Callable[[float], None]) -> Generator[Decision, None, None]:
    """Decisions as they are made, each once, for ever. A Problem that no waiting mends is raised.

    A lost connection, and a site that cannot answer now, are waited for: `pause` is called with seconds in between.
    """
    last = after
    while True:
        wait_s = PAUSE_S
        try:
            for decision in _until_cut(wire, last):
                last = decision.id
                yield decision
        except httpx.HTTPError:
            pass  # the next request says from where on
        except Problem as wrong:
            if not wrong.retry:
                raise
            wait_s = wrong.retry_after.total_seconds() if wrong.retry_after else PAUSE_S
        pause(wait_s)


def _until_cut(wire: Wire, last: int | None) -> Iterator[Decision]:
    headers = {"Accept": "text/event-stream"} | ({} if last is None else {"Last-Event-ID": str(last)})
    timeout = httpx.Timeout(wire.http.timeout.connect, read=SILENCE_S)
    with wire.http.stream("GET", "changes", headers=headers, timeout=timeout) as answer:
        if not answer.is_success:
            answer.read()
            raise problem(answer)
        for data in _data(answer.iter_lines()):
            yield _decision(data)


def _data(lines: Iterable[str]) -> Iterator[str]:
    """The data of each event that is whole: one that was cut comes again."""
    data: list[str] = []
    for line in lines:
        if line.startswith("data:"):
            data.append(line.removeprefix("data:").removeprefix(" "))
        elif not line and data:
            yield "\n".join(data)
            data = []


def _decision(data: str) -> Decision:
    try:
        told = json.loads(data)
    except ValueError:
        raise Unexpected(f"changes: an event that is no JSON: {data[:60]!r}") from None
    return decoded(Decision, told, "event")
