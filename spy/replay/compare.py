"""A period under other rules, run by run: the stored decisions beside what these rules would have said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from spy.agent.settings import Settings
from spy.replay.anew import Anew
from spy.replay.difference import Because, Difference, Turn, difference, ready_at, step_at, turn_of
from spy.replay.stored import Step, StoredRun, blames_of, stored
from spy.rules.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Comparison:
    rulebook: str
    """Hash of the other rules."""
    begin: datetime
    end: datetime
    decided: int
    """How many verdicts were made."""
    runs: Sequence[Difference]


def compare(
    connection: Connection, book: Rulebook, settings: Settings, begin: datetime, end: datetime, run: int | None = None
) -> Comparison:
    """Every run of which something was decided from `begin` on and before `end`, each with the whole of its life."""
    found = stored(connection, begin, end, run)
    anew = Anew(connection, found, book, settings)
    watches = anew.walk() if found.runs else {}
    differences = []
    for one in found.runs.values():
        steps = watches[one.run].steps if one.run in watches else []
        turn = turn_of(one, steps)
        differences.append(difference(one, steps, turn, _because(connection, one, steps, turn), book.products))
    return Comparison(book.hash, begin, end, anew.judged, differences)


def _because(connection: Connection, stored: StoredRun, steps: Sequence[Step], turn: Turn) -> Because:
    """Later: what the other rules missed when the stored ones were content. Earlier: the other way round."""
    if turn in (Turn.SAME, Turn.MISSING):
        return Because()
    sooner = turn in (Turn.EARLIER, Turn.NEWLY)
    moment = ready_at(steps if sooner else stored.steps)
    step = step_at(stored.steps if sooner else steps, moment) if moment else None
    if step is None:
        return Because(("nothing was decided yet",))
    blames = blames_of(connection, step.decision) if step.decision else step.blames
    return Because(step.reasons, blames)
