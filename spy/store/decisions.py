"""Decisions and releases: numbered revisions, and stages that move by compare-and-set."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Text, func, insert, select, type_coerce, update

from spy import __version__
from spy.domain.release import MOVES, Release, Stage
from spy.domain.run import Chunk
from spy.domain.verdict import Outcome, Seen, State, Verdict
from spy.store.tables import DecisionRow, MoveRow, ReleaseRow, table_of
from spy.store.types import packed

_decision = table_of(DecisionRow)
_release = table_of(ReleaseRow)
_move = table_of(MoveRow)
BATCH = 200
"""Decisions read at once where many are."""


def record(
    connection: Connection,
    verdict: Verdict,
    revision: int,
    at: datetime,
    rulebook: str,
    fence: int,
    basis: Any = None,
) -> None:
    """One new revision. A second writer of the same revision breaks on the unique index: nobody decides twice."""
    connection.execute(
        insert(_decision).values(
            revision=revision,
            at=at,
            rulebook=rulebook,
            program=__version__,
            fence=fence,
            basis=basis,
            **told(verdict),
        )
    )


def told(verdict: Verdict) -> dict[str, Any]:
    """A verdict as its row has it."""
    return {
        "chunk": str(verdict.chunk),
        "run": verdict.chunk.run,
        "verdict": str(verdict.state),
        "cause": verdict.cause,
        "reasons": list(verdict.reasons),
        "outcomes": [_outcome(o) for o in verdict.outcomes],
        "products": {name: str(state) for name, state in verdict.products.items()},
        "payload_hashes": dict(verdict.payload_hashes),
        "required": list(verdict.required),
        "deadline": verdict.deadline,
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "rule": outcome.rule,
        "subject": outcome.subject,
        "state": str(outcome.state),
        "text": outcome.text,
        "shadow": outcome.shadow,
        "waived_by": outcome.waived_by,
        "seen": [_seen(s) for s in outcome.seen],
    }


def _seen(seen: Seen) -> dict[str, Any]:
    return {
        "name": seen.name,
        "value": packed(seen.value),
        "source": seen.source,
        "subject": seen.subject,
        "seen_at": packed(seen.seen_at),
        "since": packed(seen.since),
        "note": seen.note,
    }


def newest(connection: Connection, runs: Iterable[int]) -> dict[str, Any]:
    """Newest decision row per chunk of these runs."""
    last = select(func.max(_decision.c.id)).where(_decision.c.run.in_(list(runs))).group_by(_decision.c.chunk)
    return {row.chunk: row for row in connection.execute(select(_decision).where(_decision.c.id.in_(last)))}


def as_verdict(row: Any) -> Verdict:
    """A stored decision as a verdict, without the outcomes of its rules."""
    return Verdict(
        chunk=Chunk.parse(row.chunk),
        state=State(row.verdict),
        reasons=tuple(row.reasons),
        outcomes=(),
        payload_hashes=row.payload_hashes,
        products={name: State(state) for name, state in row.products.items()},
        required=tuple(row.required),
        cause=row.cause,
        deadline=row.deadline,
    )


_TEXTS = ("reasons", "outcomes", "products", "payload_hashes", "required")
_raw = [type_coerce(c, Text).label(c.name) if c.name in _TEXTS else c for c in _decision.c]


def between(
    connection: Connection, begin: datetime, end: datetime, run: int | None = None, without: Collection[str] = ()
) -> Iterator[Any]:
    """Decisions made from `begin` on and before `end`, as they were made; JSON as its text, not parsed.

    A few hundred are in memory at a time: a year has some hundred thousand, each of some 20 kB.
    """
    columns = [column for column in _raw if column.name not in without]
    query = select(*columns).order_by(_decision.c.id)
    query = query.where(_decision.c.at >= begin, _decision.c.at < end).limit(BATCH)
    query, after = query if run is None else query.where(_decision.c.run == run), 0
    while rows := connection.execute(query.where(_decision.c.id > after)).all():
        yield from rows
        after = rows[-1].id


def releases(connection: Connection, runs: Iterable[int] | None = None) -> dict[str, Any]:
    query = select(_release) if runs is None else select(_release).where(_release.c.run.in_(list(runs)))
    return {row.chunk: row for row in connection.execute(query)}


def as_release(row: Any) -> Release:
    return Release(row.chunk, Stage(row.stage), row.since, row.revision, row.message_id, row.detail, row.locked_at)


def begin(connection: Connection, chunk: str, run: int, at: datetime, fence: int) -> None:
    """The first row of a chunk, stage none."""
    connection.execute(
        insert(_release).values(chunk=chunk, run=run, stage=Stage.NONE, since=at, hashes={}, fence=fence, revision=0)
    )


def move(
    connection: Connection, chunk: str, before: Stage, after: Stage, at: datetime, why: str, fence: int, **changes: Any
) -> bool:
    """Compare-and-set of a stage; False if someone else moved it first or holds a newer fencing token."""
    if after not in MOVES[before]:
        raise ValueError(f"chunk {chunk}: no move from {before} to {after}")
    done = connection.execute(
        update(_release)
        .where(_release.c.chunk == chunk, _release.c.stage == before, _release.c.fence <= fence)
        .values(stage=after, since=at, detail=why, fence=fence, **changes)
    )
    if done.rowcount != 1:
        return False
    connection.execute(insert(_move).values(chunk=chunk, at=at, before=before, after=after, why=why))
    return True


def annotate(connection: Connection, chunk: str, **changes: Any) -> None:
    """Details of a release that are no move: what an attempt said, when shadow would have sent."""
    connection.execute(update(_release).where(_release.c.chunk == chunk).values(**changes))


def moves(connection: Connection, chunk: str) -> list[Any]:
    return list(connection.execute(select(_move).where(_move.c.chunk == chunk).order_by(_move.c.id)))
