"""What happens in a live demo, in plain sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from spy.domain.release import Stage
from spy.domain.verdict import State
from spy.store.engine import reading
from spy.store.tables import DecisionRow, MoveRow, table_of

if TYPE_CHECKING:
    from probes.simulation.live import Live

_decision = table_of(DecisionRow)
_move = table_of(MoveRow)

_TOLD = {
    Stage.QUEUED: "everything that run {run} needs is in place: its release is queued",
    Stage.ACCEPTED: "Tier0 has accepted the release of run {run} ({why})",
    Stage.LOCKED: "Tier0 has locked run {run}: prompt reconstruction starts half an hour later",
    Stage.STARTED: "prompt reconstruction of run {run} has started",
    Stage.KEPT_BACK: "run {run} is kept back ({why})",
    Stage.WITHDRAWN: "the release of run {run} is withdrawn",
    Stage.OVERTAKEN: "run {run}: {why}",
    Stage.REFUSED: "Tier0 refused the release of run {run}: {why}",
    Stage.AMBIGUOUS: "nobody can tell whether Tier0 got the release of run {run}: it will be asked",
}


class Narrator:
    """Tells each change of a verdict and each move of a release once."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._decision = 0
        self._move = 0
        self._verdicts: dict[str, str] = {}

    def news(self) -> list[str]:
        with reading(self._live.store) as connection:
            new_decisions = select(_decision).where(_decision.c.id > self._decision).order_by(_decision.c.id)
            decisions = list(connection.execute(new_decisions))
            moves = list(connection.execute(select(_move).where(_move.c.id > self._move).order_by(_move.c.id)))
        self._decision = max([self._decision, *(row.id for row in decisions)])
        self._move = max([self._move, *(row.id for row in moves)])
        told = [(row.at, text) for row in decisions for text in self._verdict(row)]
        told += [
            (row.at, _TOLD[Stage(row.after)].format(run=row.chunk, why=row.why)) for row in moves if row.after in _TOLD
        ]
        return [f"{at:%a %H:%M}  {text}" for at, text in sorted(told, key=lambda item: item[0])]

    def _verdict(self, row: Any) -> Iterator[str]:
        before = self._verdicts.get(row.chunk)
        self._verdicts[row.chunk] = row.verdict
        if row.verdict == before or row.verdict == State.READY:
            return
        if row.verdict == State.BLOCKED:
            yield f"run {row.chunk} is blocked: {'; '.join(row.reasons)}"
        elif before is None:
            yield f"run {row.chunk} is followed; {row.verdict}"
