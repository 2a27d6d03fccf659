"""Binary readiness of chunks, for machines that pull."""

from __future__ import annotations

import hashlib

from fastapi import APIRouter, Header, Query, Response
from starlette.exceptions import HTTPException

from spy.domain.run import Chunk
from spy.store.views import Readiness, first_unready_run, readiness, run_lines
from spy.web.api.answers import PROBLEMS, FirstUnreadyAnswer, ReadinessAnswer
from spy.web.source import Source


def router(source: Source) -> APIRouter:
    routes = APIRouter(tags=["readiness"], responses=PROBLEMS)

    @routes.get("/readiness", response_model=list[ReadinessAnswer])
    def listed(
        limit: int = Query(50, ge=1, le=500), before: int | None = Query(None, ge=1, lt=10_000_000)
    ) -> list[Readiness]:
        """Of the newest runs; `before` goes on below a run number."""
        runs = run_lines(source.store, source.clock(), limit, before)
        found = [_of(source, Chunk(line.run)) for line in runs]
        return [answer for answer in found if answer is not None]

    @routes.get("/readiness/{chunk:path}", response_model=ReadinessAnswer)
    def of_chunk(chunk: str, if_none_match: str = Header("")) -> Response:
        """`398600`, `398600/Muon0` or `398600:1-250`; 304 while nothing has changed."""
        found = _of(source, Chunk.parse(chunk))
        if found is None:
            raise HTTPException(404, f"chunk {chunk!r}: the agent never followed this run")
        body = ReadinessAnswer.model_validate(found).model_dump_json()
        etag = f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'
        headers = {"ETag": etag, "Cache-Control": "no-cache"}
        if etag in (tag.strip().removeprefix("W/") for tag in if_none_match.split(",")):
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type="application/json")

    @routes.get("/firstunreadyrun")
    def first_unready() -> FirstUnreadyAnswer:
        """The lowest run not ready, every lower one being ready or locked; null while nothing is known."""
        return FirstUnreadyAnswer(result=[first_unready_run(source.store, source.clock(), source.stale_after)])

    return routes


def _of(source: Source, chunk: Chunk) -> Readiness | None:
    return readiness(source.store, chunk, source.clock(), source.stale_after)
