"""Messages to Tier0 and mails, as far as they came."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from spy.domain.run import Chunk
from spy.store.views import Status, delivery_page
from spy.web.api.answers import Listed, MessageAnswer
from spy.web.api.paging import Cursor, CursorText, Limit, Name, only_known
from spy.web.source import Source


class DeliveriesAnswer(Listed):
    deliveries: list[MessageAnswer]


def router(source: Source) -> APIRouter:
    routes = APIRouter(tags=["deliveries"], dependencies=[Depends(only_known)])

    @routes.get("/deliveries")
    def deliveries(
        status: Annotated[Status | None, Query(description="only those that stand so")] = None,
        chunk: Annotated[Name | None, Query(description="only about this chunk, such as `398600`")] = None,
        kind: Annotated[Name | None, Query(description="`release`, `hold`, `withdraw` or `mail`")] = None,
        recipient: Annotated[Name | None, Query(description="`tier0`, or a mail address")] = None,
        limit: Limit = 50,
        cursor: CursorText = "",
    ) -> DeliveriesAnswer:
        """Messages with status, attempts and the next attempt, those due last first; without their bodies.

        A message that is tried again moves to the front, so a page that is read later may not show it.
        """
        about = None if chunk is None else str(Chunk.parse(chunk))
        filters = {"status": status, "chunk": about, "kind": kind, "recipient": recipient}
        place = Cursor("deliveries", filters, (datetime, str))
        found = delivery_page(
            source.store, limit, place.read(cursor), status=status, chunk=about, kind=kind, recipient=recipient
        )
        return DeliveriesAnswer(
            deliveries=[MessageAnswer.model_validate(message) for message in found.items],
            next=place.written(found.next),
        )

    return routes
