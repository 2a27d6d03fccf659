"""Chunks, the units of release: where each one's release stands, newest run first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Select, or_, select

from spy.domain.release import Stage
from spy.domain.run import Chunk
from spy.domain.verdict import State
from spy.store import decisions, outbox
from spy.store.engine import reading
from spy.store.tables import ReleaseRow, RunRow, table_of
from spy.store.views import newest_decided
from spy.store.views.decided import Decision
from spy.store.views.detail import Message, Move, as_message, as_move
from spy.store.views.paging import EXAMINED, Page, Position, page

_release = table_of(ReleaseRow)
_run = table_of(RunRow)


@dataclass(frozen=True, slots=True)
class ChunkLine:
    chunk: str
    run: int
    is_open: bool
    stage: Stage
    since: datetime
    """Of the stage."""
    detail: str
    message_id: str
    """Of the release; empty: none was sent."""
    would_at: datetime | None
    """Shadow: when it would have been released."""
    locked_at: datetime | None
    decision: Decision | None
    """The newest; None until the first one."""

    @property
    def verdict(self) -> State:
        return self.decision.verdict if self.decision else State.UNKNOWN

    @property
    def cause(self) -> str:
        return self.decision.cause if self.decision else "no decision yet"

    @property
    def revision(self) -> int:
        return self.decision.revision if self.decision else 0

    @property
    def deadline(self) -> datetime | None:
        return self.decision.deadline if self.decision else None


@dataclass(frozen=True, slots=True)
class ChunkDetail:
    line: ChunkLine
    moves: tuple[Move, ...]
    messages: tuple[Message, ...]

    @property
    def decision(self) -> Decision | None:
        return self.line.decision


def chunk_page(
    store: Engine, stage: Stage | None, is_open: bool | None, limit: int, after: Position | None = None
) -> Page[ChunkLine]:
    """`after`: (run, chunk) of the last one that was looked at."""
    with reading(store) as connection:
        rows = connection.execute(examined_rows(is_open, after)).all()
        wanted = [row for row in rows if stage is None or row.stage == stage][:limit]
        lines = list(_lines(connection, wanted))
    return page([(row.run, row.chunk) for row in rows], (((x.run, x.chunk), x) for x in lines), limit)


def examined_rows(is_open: bool | None, after: Position | None) -> Select[Any]:
    query = (
        select(_release, _run.c.closed_at)
        .join(_run, _run.c.number == _release.c.run)
        .order_by(_release.c.run.desc(), _release.c.chunk.desc())
        .limit(EXAMINED)
    )
    if is_open is not None:
        query = query.where(_run.c.closed_at.is_(None) if is_open else _run.c.closed_at.is_not(None))
    if after is not None:
        run, chunk = after
        query = query.where(_release.c.run <= run, or_(_release.c.run < run, _release.c.chunk < chunk))
    return query


def _lines(connection: Connection, rows: list[Any]) -> Iterable[ChunkLine]:
    newest = newest_decided.newest(connection, [row.run for row in rows])
    for row in rows:
        yield ChunkLine(
            chunk=row.chunk,
            run=row.run,
            is_open=row.closed_at is None,
            stage=Stage(row.stage),
            since=row.since,
            detail=row.detail,
            message_id=row.message_id,
            would_at=row.would_at,
            locked_at=row.locked_at,
            decision=newest.get(row.chunk),
        )


def chunk_detail(store: Engine, chunk: Chunk) -> ChunkDetail | None:
    """Of the run's chunk, whichever part of the run is asked for; None for a run that the agent never followed."""
    whole = str(Chunk(chunk.run))
    with reading(store) as connection:
        query = select(_release, _run.c.closed_at).join(_run, _run.c.number == _release.c.run)
        row = connection.execute(query.where(_release.c.chunk == whole)).first()
        if row is None:
            return None
        (line,) = _lines(connection, [row])
        return ChunkDetail(
            line=line,
            moves=tuple(as_move(r) for r in decisions.moves(connection, whole)),
            messages=tuple(as_message(r) for r in outbox.of_chunk(connection, whole)),
        )
