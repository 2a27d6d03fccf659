"""By what runs are sought: era, class, fill, verdict, the state of each product. Kept in memory, exact, and small.

No index of the database answers "runs of this era that are not ready": era, class and fill are evidence, and the newest
verdict is found run by run. What is closed for an hour never changes, so it is read once per process (about 25 µs a
run); a later question reads the open runs alone.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, Text, func, or_, select, type_coerce

from spy.domain.act import Act
from spy.domain.product import Products
from spy.domain.verdict import State
from spy.store import acts
from spy.store.tables import ActRow, DecisionRow, EvidenceRow, RunRow, table_of

_act = table_of(ActRow)
_decision = table_of(DecisionRow)
_evidence = table_of(EvidenceRow)
_run = table_of(RunRow)

SETTLED = timedelta(hours=1)
"""How long a run is closed before nothing about it is read again: a look that was under way has ended by then."""
SOUGHT = ("era", "run_class", "fill")


@dataclass(frozen=True, slots=True)
class WantedRuns:
    """Which runs; what is None or empty does not matter."""

    era: str | None = None
    run_class: str | None = None
    fill: int | None = None
    detector: str | None = None
    """With states: one of its products is in one of them; without: one of its products is expected."""
    states: frozenset[State] = frozenset()
    """Of the run's verdict, or of the detector's products."""
    person: str | None = None
    """Who acted on the run by itself or on a range with it, whether or not the act has ended."""

    @property
    def is_all(self) -> bool:
        return self == WantedRuns()


class Sought(NamedTuple):
    run: int
    era: str
    run_class: str
    fill: int | None
    verdict: State
    products: Mapping[str, str]
    """One object for all runs whose products stand alike."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be sought, as far as runs have it."""

    eras: tuple[str, ...]
    classes: tuple[str, ...]
    persons: tuple[str, ...]


class RunIndex:
    """For one store; any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._closed: dict[int, Sought] = {}
        self._until: datetime | None = None
        self._read: dict[str, Any] = {}

    def matching(self, connection: Connection, wanted: WantedRuns, now: datetime, products: Products) -> list[int]:
        """Run numbers, the newest first."""
        runs = self._all(connection, now)
        if wanted.person is not None:
            theirs = _of_person(connection, wanted.person)
            runs = [one for one in runs if any(act.concerns(one.run) for act in theirs)]
        mine = {name for name, product in products.items() if product.detector == wanted.detector}
        return sorted((one.run for one in runs if _is(one, wanted, mine)), reverse=True)

    def choices(self, connection: Connection, now: datetime) -> Choices:
        runs = self._all(connection, now)
        who = connection.execute(select(_act.c.who).where(_about_runs()).distinct().order_by(_act.c.who)).scalars()
        newest: dict[str, int] = {}
        for one in runs:
            newest[one.era] = max(one.run, newest.get(one.era, 0))
        eras = sorted((era for era in newest if era), key=lambda era: -newest[era])
        return Choices(tuple(eras), tuple(sorted({one.run_class for one in runs} - {""})), tuple(who))

    def _all(self, connection: Connection, now: datetime) -> list[Sought]:
        with self._lock:
            still_open = []
            for is_open, *told in connection.execute(_statement(self._until)):
                one = self._sought(*told)
                if is_open:
                    still_open.append(one)
                else:
                    self._closed[one.run] = one
            self._until = max(now - SETTLED, self._until or now - SETTLED)
            return [*self._closed.values(), *still_open]

    def _sought(self, run: int, verdict: str | None, products: str | None, *facts: str | None) -> Sought:
        """Texts as they are stored: thousands of runs have the same few, and each is read once."""
        era, run_class, fill = (self._told(text) for text in facts)
        return Sought(
            run=run,
            era=era if isinstance(era, str) else "",
            run_class=run_class if isinstance(run_class, str) else "",
            fill=fill if isinstance(fill, int) else None,
            verdict=State(verdict) if verdict else State.UNKNOWN,
            products=self._told(products) or {},
        )

    def _told(self, text: str | None) -> Any:
        if text is None:
            return None
        if text not in self._read:
            self._read[text] = json.loads(text)
        return self._read[text]


def _is(one: Sought, wanted: WantedRuns, mine: Collection[str]) -> bool:
    if wanted.era is not None and one.era != wanted.era:
        return False
    if wanted.run_class is not None and one.run_class != wanted.run_class:
        return False
    if wanted.fill is not None and one.fill != wanted.fill:
        return False
    if wanted.detector is None:
        return not wanted.states or one.verdict in wanted.states
    return any(name in mine and (not wanted.states or state in wanted.states) for name, state in one.products.items())


def _statement(closed_after: datetime | None) -> Select[Any]:
    """Of all runs, or of those that are open or were closed after a time."""
    others = _decision.alias()
    newest = select(func.max(others.c.id)).where(others.c.run == _run.c.number).correlate(_run).scalar_subquery()
    query = select(
        _run.c.closed_at.is_(None),
        _run.c.number,
        _decision.c.verdict,
        type_coerce(_decision.c.products, Text),
        *(type_coerce(newest_value(name), Text) for name in SOUGHT),
    ).select_from(_run.outerjoin(_decision, _decision.c.id == newest))
    if closed_after is None:
        return query
    return query.where(or_(_run.c.closed_at.is_(None), _run.c.closed_at > closed_after))


def newest_value(name: str) -> Any:
    """Of a fact about the run of the row: steps down the index (run, subject, name, id), whatever else is known."""
    facts, subjects = _evidence.alias(), _evidence.alias()
    # The run itself sorts before all its parts: `prod:398600` before `prod:398600/stream:Express`.
    itself = select(func.min(subjects.c.subject)).where(subjects.c.run == _run.c.number).correlate(_run)
    same = (facts.c.run == _run.c.number, facts.c.subject == itself.scalar_subquery(), facts.c.name == name)
    newest = select(facts.c.value).where(*same).order_by(facts.c.id.desc()).limit(1).correlate(_run)
    return newest.scalar_subquery().label(name)


def _about_runs() -> Any:
    return or_(_act.c.run.is_not(None), _act.c.from_run.is_not(None))


def _of_person(connection: Connection, who: str) -> list[Act]:
    rows = connection.execute(select(_act).where(_act.c.who == who, _about_runs()))
    return [acts.as_act(row) for row in rows]
