"""Lists of runs: what was decided about each, where its release stands, who acted on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, Engine, select

from spy.domain.act import Act
from spy.domain.product import Products
from spy.domain.release import Stage
from spy.domain.verdict import State
from spy.store import acts, decisions
from spy.store.engine import reading
from spy.store.tables import ReleaseRow, RunRow, table_of
from spy.store.views import newest_decided
from spy.store.views.decided import Decision
from spy.store.views.facts import Facts, holds_followers, of_runs

_release = table_of(ReleaseRow)
_run = table_of(RunRow)


@dataclass(frozen=True, slots=True)
class RunLine:
    """One run on one line."""

    run: int
    run_class: str
    """Empty while unknown."""
    start: datetime | None
    end: datetime | None
    """UTC; None while data are being taken."""
    is_taken: bool
    """Data are being taken: its class is not known yet, and nothing is expected of it."""
    is_open: bool
    """False: history, the agent follows it no more."""
    holds_followers: bool
    decision: Decision | None
    """The newest; None until the first one."""
    stage: Stage
    since: datetime
    """Of the stage."""
    detail: str
    message_id: str
    would_at: datetime | None
    """Shadow: when it would have been released."""
    locked_at: datetime | None
    untracked: tuple[str, ...]
    """Producers that Tier0 declares and the configuration does not know; unknown, whatever they do."""
    acts: tuple[Act, ...]
    """In force now and about this run or all runs."""

    @property
    def chunk(self) -> str:
        return str(self.run)

    @property
    def verdict(self) -> State:
        """Nothing decided is unknown."""
        return self.decision.verdict if self.decision else State.UNKNOWN

    @property
    def cause(self) -> str:
        return self.decision.cause if self.decision else "no decision yet"

    @property
    def reasons(self) -> tuple[str, ...]:
        return self.decision.reasons if self.decision else ("nothing was decided yet",)

    @property
    def headline(self) -> str:
        """The first reason, short."""
        return self.decision.headline if self.decision else "nothing was decided yet"

    @property
    def missing(self) -> str:
        """The first required calibration that is not there, in words."""
        return self.decision.missing if self.decision else self.headline

    @property
    def revision(self) -> int:
        return self.decision.revision if self.decision else 0

    @property
    def deadline(self) -> datetime | None:
        return self.decision.deadline if self.decision else None

    @property
    def products(self) -> Mapping[str, State]:
        return self.decision.products if self.decision else {}

    @property
    def required(self) -> tuple[str, ...]:
        return self.decision.required if self.decision else ()


def run_lines(
    store: Engine, now: datetime, limit: int = 50, before: int | None = None, products: Products | None = None
) -> list[RunLine]:
    """Runs that the agent follows or followed, the newest first; `before` is the run number to go on from."""
    query = select(_run).order_by(_run.c.number.desc()).limit(limit)
    with reading(store) as connection:
        rows = connection.execute(query if before is None else query.where(_run.c.number < before)).all()
        return lines_of(connection, rows, now, products)


def line_of(connection: Connection, run: int, now: datetime, products: Products | None = None) -> RunLine | None:
    """One run, closed or open; None for a run that the agent never followed."""
    rows = connection.execute(select(_run).where(_run.c.number == run)).all()
    return next(iter(lines_of(connection, rows, now, products)), None)


def open_lines(connection: Connection, now: datetime, products: Products | None = None) -> list[RunLine]:
    """All open runs, the lowest first: the queue before Tier0."""
    rows = connection.execute(select(_run).where(_run.c.closed_at.is_(None)).order_by(_run.c.number)).all()
    return lines_of(connection, rows, now, products)


def lines_of(
    connection: Connection, rows: Sequence[Any], now: datetime, products: Products | None = None
) -> list[RunLine]:
    """Lines of `run` rows in their order, with a handful of queries for all of them."""
    numbers = [row.number for row in rows]
    facts = of_runs(connection, numbers)
    newest = {decision.run: decision for decision in newest_decided.newest(connection, numbers).values()}
    releases = {row.run: row for row in decisions.releases(connection, numbers).values()}
    active = acts.active(connection, now)
    return [
        _line(row, facts.get(row.number, {}), newest.get(row.number), releases.get(row.number), active, products)
        for row in rows
    ]


def _line(
    row: Any, facts: Facts, decision: Decision | None, release: Any, active: Sequence[Act], products: Products | None
) -> RunLine:
    ended = facts.get("run_ended") is True
    return RunLine(
        run=row.number,
        run_class=str(facts.get("run_class") or ""),
        start=cast("datetime | None", facts.get("run_start")),
        end=cast("datetime | None", facts.get("run_end")) if ended else None,
        is_taken=facts.get("run_ended") is False,
        is_open=row.closed_at is None,
        holds_followers=holds_followers(facts),
        decision=decision,
        stage=Stage(release.stage) if release else Stage.NONE,
        since=release.since if release else row.opened_at,
        detail=release.detail if release else "",
        message_id=release.message_id if release else "",
        would_at=release.would_at if release else None,
        locked_at=release.locked_at if release else None,
        untracked=_untracked(facts, products),
        acts=tuple(act for act in active if act.concerns(row.number)),
    )


def _untracked(facts: Facts, products: Products | None) -> tuple[str, ...]:
    declared = facts.get("producers")
    if products is None or not isinstance(declared, str):
        return ()
    known = {product.producer for product in products.values()}
    return tuple(sorted(name for name in declared.split(",") if name and name not in known))
