"""A window of the list of runs: how the run and each of its products stand, and why. It costs what it shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, func, or_, select

from spy.domain.act import Act
from spy.domain.product import Products
from spy.domain.release import Stage
from spy.domain.subject import Subject, part_of
from spy.domain.verdict import State
from spy.store import acts, decisions
from spy.store.engine import reading
from spy.store.tables import ActRow, DecisionRow, MoveRow, RunRow, table_of
from spy.store.types import unpacked
from spy.store.views.run_index import Choices, RunIndex, WantedRuns, newest_value

_act = table_of(ActRow)
_decision = table_of(DecisionRow)
_move = table_of(MoveRow)
_run = table_of(RunRow)
WIDEST = 200
"""Rows in one window at the most."""
FACTS = ("run_start", "run_end", "run_ended", "run_class", "era", "fill")
_THESE: Any = bindparam("numbers", expanding=True)
_FACTS_OF = select(_run, *map(newest_value, FACTS)).where(_run.c.number.in_(_THESE)).order_by(_run.c.number.desc())
"""Made once: to make it takes as long as to ask it."""
_DECIDED = ("run", "revision", "at", "verdict", "cause", "reasons", "outcomes", "products", "required", "deadline")
_DECISIONS_OF = select(*(_decision.c[name] for name in _DECIDED)).where(
    _decision.c.id.in_(select(func.max(_decision.c.id)).where(_decision.c.run.in_(_THESE)).group_by(_decision.c.run))
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One product in one run."""

    state: State
    required: bool
    """False: advisory, it holds nothing back."""
    why: tuple[str, ...]
    """Sentences, with their values, of the rules that made it so; of a ready one the first."""


@dataclass(frozen=True, slots=True)
class GridRun:
    run: int
    run_class: str
    """Empty while unknown, as `era`."""
    era: str
    fill: int | None
    start: datetime | None
    end: datetime | None
    is_taken: bool
    """Data are being taken."""
    is_open: bool
    verdict: State
    """Nothing decided is unknown."""
    reasons: tuple[str, ...]
    stage: Stage
    since: datetime
    """Of the stage."""
    deadline: datetime | None
    is_decided: bool
    cells: Mapping[str, Cell]
    """By product; one that nothing is expected of is missing."""
    acts: tuple[Act, ...]
    """On this run by itself or on a range with it, oldest first, ended ones too."""


@dataclass(frozen=True, slots=True)
class RunWindow:
    runs: tuple[GridRun, ...]
    total: int
    """Runs that match, in this window or not."""


def run_window(
    store: Engine, index: RunIndex, wanted: WantedRuns, begin: int, end: int, now: datetime, products: Products
) -> RunWindow:
    """Matching runs number `begin` to `end` (not itself), counted from 0 at the newest."""
    begin = max(begin, 0)
    end = min(end, begin + WIDEST)
    with reading(store) as connection:
        if wanted.is_all:
            total = connection.execute(select(func.count()).select_from(_run)).scalar() or 0
            newest_first = select(_run.c.number).order_by(_run.c.number.desc())
            numbers = list(connection.execute(newest_first.limit(max(end - begin, 0)).offset(begin)).scalars())
        else:
            found = index.matching(connection, wanted, now, products)
            total, numbers = len(found), found[begin:end]
        return RunWindow(tuple(_runs(connection, numbers)), total)


def run_choices(store: Engine, index: RunIndex, now: datetime) -> Choices:
    with reading(store) as connection:
        return index.choices(connection, now)


def newest_change(store: Engine) -> str:
    """Another word each time a run came, was decided anew or moved on, or a person acted or ended an act."""
    counted = [select(func.max(table.c.id)).scalar_subquery() for table in (_decision, _move, _act)]
    ended = select(func.max(_act.c.ended_at)).scalar_subquery()
    with reading(store) as connection:
        row = connection.execute(select(select(func.max(_run.c.number)).scalar_subquery(), *counted, ended)).one()
    return ".".join(map(str, row))


def _runs(connection: Connection, numbers: Sequence[int]) -> Iterable[GridRun]:
    newest = {row.run: row for row in connection.execute(_DECISIONS_OF, {"numbers": numbers})}
    releases = {row.run: row for row in decisions.releases(connection, numbers).values()}
    done = _acts(connection, numbers)
    for row in connection.execute(_FACTS_OF, {"numbers": numbers}).all():
        mine = tuple(act for act in done if act.concerns(row.number))
        yield _run_of(row, newest.get(row.number), releases.get(row.number), mine)


def _acts(connection: Connection, numbers: Sequence[int]) -> list[Act]:
    which = or_(_act.c.run.in_(numbers), _act.c.from_run.is_not(None))
    return [acts.as_act(row) for row in connection.execute(select(_act).where(which).order_by(_act.c.id))]


def _run_of(row: Any, decided: Any, release: Any, done: tuple[Act, ...]) -> GridRun:
    told = {name: unpacked(getattr(row, name)) for name in FACTS}
    start, end, fill = told["run_start"], told["run_end"], told["fill"]
    return GridRun(
        run=row.number,
        run_class=str(told["run_class"] or ""),
        era=str(told["era"] or ""),
        fill=fill if isinstance(fill, int) else None,
        start=start if isinstance(start, datetime) else None,
        end=end if isinstance(end, datetime) and told["run_ended"] is True else None,
        is_taken=told["run_ended"] is False,
        is_open=row.closed_at is None,
        verdict=State(decided.verdict) if decided else State.UNKNOWN,
        reasons=tuple(decided.reasons) if decided else ("nothing was decided yet",),
        stage=Stage(release.stage) if release else Stage.NONE,
        since=release.since if release else row.opened_at,
        deadline=decided.deadline if decided else None,
        is_decided=decided is not None,
        cells=_cells(decided) if decided else {},
        acts=done,
    )


def _cells(decided: Any) -> dict[str, Cell]:
    """Without the values one by one, which are most of a decision: each rule's sentence has them."""
    texts: dict[str, list[str]] = {}
    for told in decided.outcomes:
        kind, name = part_of(Subject(told["subject"]))
        if kind == "product" and not told["shadow"] and told["state"] == decided.products.get(name):
            texts.setdefault(name, []).append(told["text"])
    required = set(decided.required)
    cells = {}
    for name, word in decided.products.items():
        state, why = State(word), texts.get(name, [])
        cells[name] = Cell(state, name in required, tuple(why[:1] if state is State.READY else why))
    return cells
