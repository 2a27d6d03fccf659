"""A stream of decisions as server-sent events; a client that was cut off goes on where it was."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Depends, Header, Query
from fastapi.responses import StreamingResponse
from starlette.exceptions import HTTPException

from spy.domain.errors import StoreError
from spy.store.views import Decision, decisions_after, last_decision_id
from spy.web.api.answers import DecisionAnswer
from spy.web.api.paging import only_known
from spy.web.source import Source

POLL_S = 1.0
SILENCE_S = 15.0
"""After so long without a decision a comment is sent, so that a dead connection is noticed on both sides."""
PATIENCE_MS = 3000
"""When a client that was cut off comes back."""


EVENT = {
    "type": "object",
    "description": "One event of the stream, as its fields",
    "required": ["id", "event", "data"],
    "properties": {
        "id": {"type": "string", "description": "To be given back as Last-Event-ID"},
        "event": {"const": "decision"},
        "data": {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": {"$ref": "#/components/schemas/DecisionAnswer"},
        },
    },
}


class EventStream(StreamingResponse):
    media_type = "text/event-stream"


STREAM: dict[int | str, dict[str, Any]] = {200: {"content": {EventStream.media_type: {"schema": EVENT}}}}


def router(source: Source) -> APIRouter:
    routes = APIRouter(dependencies=[Depends(only_known)], tags=["changes"])

    @routes.get("/changes", response_class=EventStream, responses=STREAM)
    async def changes(
        last_event_id: str = Header(
            "", description="id of the last event received; sent by browsers when they reconnect"
        ),
        after: int | None = Query(
            None, ge=0, lt=2**63, description="the same for a first connection; 0: from the beginning"
        ),
        follow: bool = Query(True, description="false: end once all that is decided by now was told"),
    ) -> StreamingResponse:
        """A stream of decisions as they are made: server-sent events, of which each has an id to go on from.

        Each is `event: decision` with the decision as JSON. Without `Last-Event-ID` or `after`: new ones only.
        """
        start = await _start(source, last_event_id, after)
        return EventStream(_events(source, start, follow=follow), headers={"Cache-Control": "no-store"})

    return routes


async def _start(source: Source, last_event_id: str, after: int | None) -> int:
    newest = await asyncio.to_thread(last_decision_id, source.store)
    if last_event_id:
        if not (last_event_id.isascii() and last_event_id.isdigit()) or int(last_event_id) >= 2**63:
            raise HTTPException(400, f"Last-Event-ID {last_event_id!r}: expected the id of a decision, a whole number")
        return int(last_event_id)
    return after if after is not None else newest


async def _events(source: Source, last: int, *, follow: bool) -> AsyncIterator[str]:
    yield f"retry: {PATIENCE_MS}\n\n"
    silent_s = 0.0
    while True:
        try:
            found = await asyncio.to_thread(decisions_after, source.store, last)
        except StoreError:
            return  # the client comes back with the id of the last event, and is told 503 as long as it lasts
        for decision in found:
            last, silent_s = decision.id, 0.0
            yield _event(decision)
        if not found and not follow:
            return
        if not found:
            await asyncio.sleep(POLL_S)
            silent_s += POLL_S
        if silent_s >= SILENCE_S:
            silent_s = 0.0
            yield ": nothing was decided\n\n"


def _event(decision: Decision) -> str:
    body = DecisionAnswer.model_validate(decision).model_dump_json()
    return f"id: {decision.id}\nevent: decision\ndata: {body}\n\n"
