"""Chunks: how far the release of each has come."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.exceptions import HTTPException

from spy.domain.release import Stage
from spy.domain.run import Chunk
from spy.store.views import ChunkDetail, chunk_detail, chunk_page
from spy.web.api.answers import ChunkAnswer, ChunkDetailAnswer, ChunksAnswer
from spy.web.api.paging import Cursor, CursorText, Limit, only_known
from spy.web.api.readiness import ChunkText
from spy.web.source import Source


def router(source: Source) -> APIRouter:
    routes = APIRouter(tags=["chunks"], dependencies=[Depends(only_known)])

    @routes.get("/chunks")
    def chunks(
        stage: Annotated[Stage | None, Query(description="only where the release stands so")] = None,
        open: Annotated[bool | None, Query(description="only what the agent still follows, or only history")] = None,
        limit: Limit = 50,
        cursor: CursorText = "",
    ) -> ChunksAnswer:
        """Chunks and how far their releases have come, newest run first. A page may hold less than `limit`."""
        place = Cursor("chunks", {"stage": stage, "open": open}, (int, str))
        found = chunk_page(source.store, stage, open, limit, place.read(cursor))
        return ChunksAnswer(
            chunks=[ChunkAnswer.model_validate(line) for line in found.items], next=place.written(found.next)
        )

    @routes.get("/chunks/{chunk:path}", response_model=ChunkDetailAnswer)
    def chunk(chunk: ChunkText) -> ChunkDetail:
        """One chunk: its newest decision with every rule's values, the moves of its release, its messages.

        A dataset or a lumi range is answered as its run, with which it is released.
        """
        found = chunk_detail(source.store, Chunk.parse(chunk))
        if found is None:
            raise HTTPException(404, f"chunk {chunk!r}: the agent never followed this run")
        return found

    return routes
