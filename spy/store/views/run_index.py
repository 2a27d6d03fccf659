"""By what runs are sought: era, class, fill, verdict, the state of each product. Kept in memory, exact, and small.

No index of the database answers "runs of this era that are not ready": era, class and fill are evidence, and the newest
verdict is found run by run. What is closed for an hour never changes, so it is read once per process (about 25 µs a
run); a later question reads the open runs alone.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, Text, bindparam, func, or_, select, type_coerce

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


class Kind(NamedTuple):
    """What is sought of a run. Of 50,000 runs there are some thousand kinds: a fill is one era, class and verdict."""

    era: str
    run_class: str
    fill: int | None
    verdict: State
    products: str | None
    """As stored; runs whose products stand alike have the same text."""


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
        self._kind_of: dict[int, Kind] = {}
        self._closed: dict[Kind, list[int]] = {}
        self._until: datetime | None = None
        self._read: dict[str, Any] = {}

    def matching(self, connection: Connection, wanted: WantedRuns, now: datetime, products: Products) -> list[int]:
        """Run numbers, the newest first."""
        mine = {name for name, product in products.items() if product.detector == wanted.detector}
        with self._lock:
            still_open = self._renew(connection, now)
            found: list[int] = []
            for runs in (self._closed, still_open):
                found += chain.from_iterable(runs[kind] for kind in runs if self._is(kind, wanted, mine))
        found.sort(reverse=True)
        return found if wanted.person is None else _of_person(connection, wanted.person, found)

    def choices(self, connection: Connection, now: datetime) -> Choices:
        newest: dict[str, int] = {}
        classes: set[str] = set()
        with self._lock:
            still_open = self._renew(connection, now)
            for runs in (self._closed, still_open):
                for kind, numbers in runs.items():
                    newest[kind.era] = max(newest.get(kind.era, 0), *numbers)
                    classes.add(kind.run_class)
        who = connection.execute(select(_act.c.who).where(_about_runs()).distinct().order_by(_act.c.who)).scalars()
        eras = sorted((era for era in newest if era), key=lambda era: -newest[era])
        return Choices(tuple(eras), tuple(sorted(classes - {""})), tuple(who))

    def _renew(self, connection: Connection, now: datetime) -> dict[Kind, list[int]]:
        """Takes in what was closed since the last question; what is open, read just now."""
        still_open: dict[Kind, list[int]] = {}
        query = _ALL if self._until is None else _OPEN_OR_AFTER
        for is_open, number, verdict, products, *facts in connection.execute(query, {"after": self._until}):
            kind = self._kind(verdict, products, *facts)
            if is_open:
                still_open.setdefault(kind, []).append(number)
            else:
                self._keep(number, kind)
        self._until = max(now - SETTLED, self._until or now - SETTLED)
        return still_open

    def _keep(self, number: int, kind: Kind) -> None:
        before = self._kind_of.get(number)
        if before == kind:
            return
        if before is not None:
            self._closed[before].remove(number)
            if not self._closed[before]:
                del self._closed[before]
        self._kind_of[number] = kind
        self._closed.setdefault(kind, []).append(number)

    def _kind(self, verdict: str | None, products: str | None, *facts: str | None) -> Kind:
        era, run_class, fill = (self._told(text) for text in facts)
        return Kind(
            era=era if isinstance(era, str) else "",
            run_class=run_class if isinstance(run_class, str) else "",
            fill=fill if isinstance(fill, int) else None,
            verdict=State(verdict) if verdict else State.UNKNOWN,
            products=products,
        )

    def _told(self, text: str | None) -> Any:
        """Texts as they are stored: thousands of runs have the same few, and each is read once."""
        if text is None:
            return None
        if text not in self._read:
            self._read[text] = json.loads(text)
        return self._read[text]

    def _is(self, one: Kind, wanted: WantedRuns, mine: Collection[str]) -> bool:
        if wanted.era is not None and one.era != wanted.era:
            return False
        if wanted.run_class is not None and one.run_class != wanted.run_class:
            return False
        if wanted.fill is not None and one.fill != wanted.fill:
            return False
        if wanted.detector is None:
            return not wanted.states or one.verdict in wanted.states
        stand = self._told(one.products) or {}
        return any(name in mine and (not wanted.states or state in wanted.states) for name, state in stand.items())


def _statement() -> Select[Any]:
    others = _decision.alias()
    newest = select(func.max(others.c.id)).where(others.c.run == _run.c.number).correlate(_run).scalar_subquery()
    return select(
        _run.c.closed_at.is_(None),
        _run.c.number,
        _decision.c.verdict,
        type_coerce(_decision.c.products, Text),
        *(type_coerce(newest_value(name), Text) for name in SOUGHT),
    ).select_from(_run.outerjoin(_decision, _decision.c.id == newest))


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


def _of_person(connection: Connection, who: str, numbers: Sequence[int]) -> list[int]:
    """Those of the numbers on which this person acted."""
    rows = connection.execute(select(_act).where(_act.c.who == who, _about_runs()))
    done = [acts.as_act(row) for row in rows]
    single = {act.run for act in done if act.run is not None}
    ranges = [act for act in done if act.run is None]
    return [number for number in numbers if number in single or any(act.concerns(number) for act in ranges)]


_ALL = _statement()
_OPEN_OR_AFTER = _ALL.where(
    or_(_run.c.closed_at.is_(None), _run.c.closed_at > bindparam("after", type_=_run.c.closed_at.type))
)
"""Made once: to make one takes as long as to ask it of 50 open runs."""
