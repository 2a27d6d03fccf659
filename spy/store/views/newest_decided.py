"""Decisions of many runs at once: each is read and taken apart once by a process, since a decision never changes.

A decision has 14 to 22 KiB of what its rules saw. With 50 open runs that is a megabyte, and the page and the lists of
runs want all of it with every answer, while hardly one decision is new.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from threading import Lock
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, bindparam, func, select

from spy.store.tables import DecisionRow, table_of
from spy.store.views.decided import Decision, as_decision

KEPT = 256
"""Decisions kept of one store, about 0.1 MiB each: those of all open runs and a few more."""

_decision = table_of(DecisionRow)
Key = tuple[int, str, int, datetime]
"""The id, and what would tell another decision of the same id from it, should a store be exchanged under us."""
_KEYS = select(_decision.c.id, _decision.c.chunk, _decision.c.revision, _decision.c.at)
_THESE = select(_decision).where(_decision.c.id.in_(bindparam("ids", expanding=True)))
_NEWEST = _KEYS.where(
    _decision.c.id.in_(
        select(func.max(_decision.c.id))
        .where(_decision.c.run.in_(bindparam("runs", expanding=True)))
        .group_by(_decision.c.chunk)
    )
)
_HISTORY = _KEYS.where(_decision.c.chunk == bindparam("chunk")).order_by(_decision.c.revision)


class _Kept:
    """Of one store, by age: who was asked for longest ago goes first."""

    def __init__(self) -> None:
        self._decisions: dict[Key, Decision] = {}
        self._lock = Lock()

    def take(self, key: Key) -> Decision | None:
        with self._lock:
            decision = self._decisions.pop(key, None)
            if decision is not None:
                self._decisions[key] = decision
            return decision

    def put(self, decision: Decision) -> None:
        with self._lock:
            self._decisions[key_of(decision)] = decision
            while len(self._decisions) > KEPT:
                del self._decisions[next(iter(self._decisions))]


_kept: WeakKeyDictionary[Engine, _Kept] = WeakKeyDictionary()


def key_of(decision: Decision) -> Key:
    return decision.id, decision.chunk, decision.revision, decision.at


def newest(connection: Connection, runs: Iterable[int]) -> dict[str, Decision]:
    """Chunk to its newest decision, of these runs."""
    keys = [(*row,) for row in connection.execute(_NEWEST, {"runs": list(runs)})]
    return {decision.chunk: decision for decision in _of(connection, keys)}


def history(connection: Connection, chunk: str) -> list[Decision]:
    """All revisions of one chunk, oldest first."""
    return _of(connection, [(*row,) for row in connection.execute(_HISTORY, {"chunk": chunk})])


def _of(connection: Connection, keys: Sequence[Key]) -> list[Decision]:
    """In the order of the keys."""
    kept = _kept.setdefault(connection.engine, _Kept())
    known = {key: decision for key in keys if (decision := kept.take(key)) is not None}
    if wanted := [key[0] for key in keys if key not in known]:
        for decision in map(as_decision, connection.execute(_THESE, {"ids": wanted})):
            known[key_of(decision)] = decision
            kept.put(decision)
    return [known[key] for key in keys]
