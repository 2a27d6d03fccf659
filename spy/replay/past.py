"""The board as it stood when a decision was made, put together from the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from spy.agent.basis import Basis, Loaded
from spy.agent.board import Board
from spy.domain.earlier import Earlier
from spy.store import ledger
from spy.store.ledger import Look
from spy.store.types import unpacked


@dataclass(slots=True)
class _Stream:
    """The rows about one run, and how far they are on the board."""

    rows: list[Any]
    loaded: Loaded
    after: int
    place: int = 0

    @property
    def newest(self) -> int:
        return self.rows[self.place - 1].id if self.place else 0


class Past:
    """Goes forward from decision to decision: each row is read once, and only what is new is taken over."""

    def __init__(self, connection: Connection, instance: str) -> None:
        self._connection = connection
        self._board = Board(instance)
        self._streams: dict[int, _Stream] = {}
        self._earlier: list[Any] = []
        self._known = Earlier()
        self._reach: int | None = None
        """The lowest run whose earlier ones were read."""
        self._place = 0

    def board(self, basis: Basis) -> Board:
        """The board of then; valid until the next call."""
        for run in set(self._streams) - {0, *basis.begun}:
            del self._streams[run]
            self._board.drop(run)
        new = [e for run in (0, *basis.begun) for e in self._forward(run, basis)]
        # Rows of different runs share no fact, so that only the order within a run matters.
        self._board.earlier = Earlier()
        self._board.apply(Look("", "", basis.now), new)
        self._board.renewed = dict(basis.renewed)
        self._board.earlier = self._remembered(basis)
        return self._board

    def _remembered(self, basis: Basis) -> Earlier:
        """What was known of earlier runs then. The agent forgets what is too far back to be looked at; so nothing here
        depends on when it did.
        """
        lowest = min(basis.begun, default=0)
        if self._reach is None or lowest < self._reach:
            told = ledger.of_earlier_runs(self._connection, lowest)
            self._earlier, self._reach = sorted(told, key=lambda row: row.id), lowest
            self._known, self._place = Earlier(), 0
        if self._place and self._earlier[self._place - 1].id > basis.evidence:
            self._known, self._place = Earlier(), 0
        while self._place < len(self._earlier) and self._earlier[self._place].id <= basis.evidence:
            row = self._earlier[self._place]
            self._known.learn(row.subject, row.name, unpacked(row.value))
            self._place += 1
        return self._known

    def _forward(self, run: int, basis: Basis) -> list[Any]:
        stream = self._streams.get(run)
        after = basis.begun.get(run, 0)
        if stream is None or (stream.loaded, stream.after) != (basis.loaded, after) or stream.newest > basis.evidence:
            stream = self._begin(run, basis, after)
        first = stream.place
        while stream.place < len(stream.rows) and stream.rows[stream.place].id <= basis.evidence:
            stream.place += 1
        return [ledger.as_evidence(row, {}) for row in stream.rows[first : stream.place]]

    def _begin(self, run: int, basis: Basis, after: int) -> _Stream:
        """What the agent read when it came to lead: the newest row of each fact, as its source had renewed it."""
        rows = [row for row in ledger.history_of_run(self._connection, run) if row.id > after]
        stream = self._streams[run] = _Stream(rows, basis.loaded, after)
        newest: dict[tuple[str, str], Any] = {}
        for row in rows:
            if row.id > basis.loaded.evidence:
                break
            newest[row.subject, row.name] = row
            stream.place += 1
        self._board.load(run, [ledger.as_evidence(row, basis.loaded.good) for row in newest.values()])
        return stream
