"""The would-be releases of a period, as an agent recorded them: in shadow mode, or live."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from spy.domain.release import Stage
from spy.domain.subject import of_run
from spy.regret.late import WouldBe
from spy.store.tables import DecisionRow, EvidenceRow, MoveRow, ReleaseRow, table_of
from spy.store.types import unpacked

_decision = table_of(DecisionRow)
_evidence = table_of(EvidenceRow)
_move = table_of(MoveRow)
_release = table_of(ReleaseRow)

FACTS = ("run_start", "run_end", "last_lumi", "era")
AT_ONCE = 400
"""Runs in one list of a statement."""


def recorded(
    connection: Connection, begin: datetime, end: datetime, instance: str, global_tags: Mapping[str, str]
) -> list[WouldBe]:
    """Releases of which the moment lies in the period, by run. `global_tags`: acquisition era to prompt global tag."""
    when = {row.chunk: (row, row.would_at, False) for row in _shadow(connection, begin, end)}
    sent = _sent(connection)
    for row in _rows(connection, sorted(sent)):
        if row.would_at is None and begin <= sent[row.chunk] < end:
            when[row.chunk] = (row, sent[row.chunk], True)
    facts = facts_of(connection, sorted({row.run for row, _, _ in when.values()}), instance)
    judged = _decisions(connection, when)
    found = [
        _would_be(row, at, was_sent, judged.get(chunk), facts.get(row.run, {}), global_tags)
        for chunk, (row, at, was_sent) in when.items()
    ]
    return sorted(found, key=lambda one: one.run)


def _shadow(connection: Connection, begin: datetime, end: datetime) -> Iterable[Any]:
    query = select(_release).where(_release.c.would_at >= begin, _release.c.would_at < end)
    return connection.execute(query).all()


def _sent(connection: Connection) -> dict[str, datetime]:
    """Chunks that Tier0 was told to release, and when last; one that was taken back was not."""
    told = _move.c.after.in_((Stage.SENT, Stage.WITHDRAWN, Stage.REFUSED))
    last: dict[str, datetime] = {}
    for move in connection.execute(select(_move.c.chunk, _move.c.at, _move.c.after).where(told).order_by(_move.c.id)):
        if move.after == Stage.SENT:
            last[move.chunk] = move.at
        else:
            last.pop(move.chunk, None)
    return last


def _rows(connection: Connection, chunks: Sequence[str]) -> Iterable[Any]:
    for some in _parts(chunks):
        yield from connection.execute(select(_release).where(_release.c.chunk.in_(some))).all()


def _parts(items: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (items[start : start + AT_ONCE] for start in range(0, len(items), AT_ONCE))


def facts_of(
    connection: Connection, runs: Sequence[int], instance: str, names: Sequence[str] = FACTS
) -> dict[int, dict[str, Any]]:
    """The last value that was told of each fact, by run: a run that is over does not change while nobody answers."""
    facts: dict[int, dict[str, Any]] = {}
    for some in _parts(runs):
        subjects = [of_run(instance, run) for run in some]
        about = (_evidence.c.run.in_(some), _evidence.c.subject.in_(subjects), _evidence.c.name.in_(names))
        columns = (_evidence.c.run, _evidence.c.name, _evidence.c.value)
        for row in connection.execute(select(*columns).where(*about).order_by(_evidence.c.id)):
            if row.value is not None:
                facts.setdefault(row.run, {})[row.name] = unpacked(row.value)
    return facts


def _decisions(connection: Connection, when: Mapping[str, Any]) -> dict[str, Any]:
    """The decision behind each release."""
    found: dict[str, Any] = {}
    columns = (
        _decision.c.chunk,
        _decision.c.revision,
        _decision.c.rulebook,
        _decision.c.required,
        _decision.c.deadline,
    )
    for some in _parts(sorted(when)):
        for row in connection.execute(select(*columns).where(_decision.c.chunk.in_(some))):
            if row.revision == when[row.chunk][0].revision:
                found[row.chunk] = row
    return found


def _would_be(
    row: Any, at: datetime, was_sent: bool, decided: Any, facts: Mapping[str, Any], global_tags: Mapping[str, str]
) -> WouldBe:
    lacks = "" if decided else f"the decision behind it (revision {row.revision}) is no longer in the store"
    if not facts:
        lacks = "what is known about the run is no longer in the store (store.keep)"
    own_clock = decided.deadline if decided else None
    return WouldBe(
        run=row.run,
        released_at=at,
        locked_at=own_clock if was_sent else row.locked_at,
        start=facts.get("run_start"),
        end=facts.get("run_end"),
        last_lumi=facts.get("last_lumi"),
        global_tag=global_tags.get(str(facts.get("era")), ""),
        required=tuple(decided.required) if decided else (),
        rulebook=decided.rulebook if decided else "",
        unknown=lacks or ("" if was_sent or row.locked_at else "Tier0 has not locked the run yet"),
        was_sent=was_sent,
    )
