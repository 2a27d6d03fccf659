"""Binary readiness of chunks, for machines that pull."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Response
from starlette.exceptions import HTTPException

from spy.domain.run import Chunk
from spy.store.views import Readiness, first_unready_run, readiness, run_lines
from spy.web.api.answers import FirstUnreadyAnswer, ReadinessAnswer, ReadinessesAnswer
from spy.web.api.paging import PLAIN, Cursor, CursorText, Limit, only_known
from spy.web.source import Source
from spy.web.together import Together

ChunkText = Annotated[
    str, Path(max_length=200, pattern=PLAIN, description="`398600`, `398600/Muon0` or `398600:1-250`")
]
UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "Unchanged since the answer with this ETag"}}
_CURSOR = Cursor("readiness", {}, (int,))


def router(source: Source) -> APIRouter:
    routes = APIRouter(tags=["readiness"], dependencies=[Depends(only_known)])
    together = Together(partial(_of, source))

    @routes.get("/readiness")
    def readiness_of_all(limit: Limit = 50, cursor: CursorText = "") -> ReadinessesAnswer:
        """Readiness of all runs, newest first."""
        after = _CURSOR.read(cursor)
        runs = run_lines(source.store, source.clock(), limit, None if after is None else int(str(after[0])))
        found = [_of(source, Chunk(line.run)) for line in runs]
        return ReadinessesAnswer(
            readiness=[ReadinessAnswer.model_validate(answer) for answer in found if answer is not None],
            next=_CURSOR.written((runs[-1].run,)) if len(runs) == limit else None,
        )

    @routes.get("/readiness/{chunk:path}", response_model=ReadinessAnswer, responses=UNCHANGED)
    async def readiness_of_chunk(
        chunk: ChunkText, if_none_match: str = Header("", description="the ETag of the answer before")
    ) -> Response:
        """Whether one chunk may be reconstructed now, yes or no, and why not; 304 while nothing has changed."""
        found = await together.ask(Chunk.parse(chunk))
        if found is None:
            raise HTTPException(404, f"chunk {chunk!r}: the agent never followed this run")
        body = ReadinessAnswer.model_validate(found).model_dump_json()
        etag = f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'
        headers = {"ETag": etag, "Cache-Control": "no-cache"}
        if etag in (tag.strip().removeprefix("W/") for tag in if_none_match.split(",")):
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type="application/json")

    @routes.get("/firstunreadyrun", include_in_schema=False)
    @routes.get("/first-unready-run")
    def the_first_unready_run() -> FirstUnreadyAnswer:
        """The lowest run not ready, every lower one being ready or locked; null while nothing is known."""
        return FirstUnreadyAnswer(result=[first_unready_run(source.store, source.clock(), source.stale_after)])

    return routes


def _of(source: Source, chunk: Chunk) -> Readiness | None:
    return readiness(source.store, chunk, source.clock(), source.stale_after)
