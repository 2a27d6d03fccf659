"""Decisions of all runs, newest first, page by page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, Select, literal_column, or_, select

from spy.domain.verdict import State
from spy.store.engine import reading
from spy.store.tables import DecisionRow, table_of
from spy.store.types import Json
from spy.store.views.decided import Decision, as_decision
from spy.store.views.paging import EXAMINED, Page, Position, page

_decision = table_of(DecisionRow)
_NEWEST_FIRST = (_decision.c.at.desc(), _decision.c.id.desc())
_HEAVY = ("outcomes", "basis")
_LIGHT = (*(c for c in _decision.c if c.name not in _HEAVY), literal_column("'[]'", Json()).label("outcomes"))
"""What lists show: each decision keeps 14 to 22 KiB of what its rules saw, and they show none of it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which decisions; what is None does not matter."""

    run: int | None = None
    verdict: State | None = None
    rule: str | None = None
    """Only decisions in which this rule was not content, or was waived; shadow rules too."""
    since: datetime | None = None
    until: datetime | None = None
    """Not itself."""


def decision_page(store: Engine, wanted: Wanted, limit: int, after: Position | None = None) -> Page[Decision]:
    """`after`: (time, id) of the last one that was looked at. Outcomes are empty, unless `rule` had them read."""
    with reading(store) as connection:
        examined = [(row.at, row.id) for row in connection.execute(examined_keys(wanted, after))]
        rows: Iterable[Any] = connection.execute(_matching(wanted, [key[1] for key in examined])) if examined else ()
        return page(examined, _by_rule(rows, wanted.rule), limit)


def examined_keys(wanted: Wanted, after: Position | None) -> Select[Any]:
    """Of the next rows by time, or of one run."""
    query = select(_decision.c.at, _decision.c.id).where(*_range(wanted)).order_by(*_NEWEST_FIRST).limit(EXAMINED)
    if after is None:
        return query
    at, key = after
    return query.where(_decision.c.at <= at, or_(_decision.c.at < at, _decision.c.id < key))


def _range(wanted: Wanted) -> Iterable[ColumnElement[bool]]:
    if wanted.run is not None:
        yield _decision.c.run == wanted.run
    if wanted.since is not None:
        yield _decision.c.at >= wanted.since
    if wanted.until is not None:
        yield _decision.c.at < wanted.until


def _matching(wanted: Wanted, ids: Sequence[Any]) -> Select[Any]:
    query = select(*_LIGHT if wanted.rule is None else _decision.c)
    query = query.where(_decision.c.id.in_(ids)).order_by(*_NEWEST_FIRST)
    return query if wanted.verdict is None else query.where(_decision.c.verdict == wanted.verdict)


def _by_rule(rows: Iterable[Any], rule: str | None) -> Iterable[tuple[Position, Decision]]:
    for row in rows:
        decision = as_decision(row)
        if rule is None or any(
            o.rule == rule and (o.state is not State.READY or o.waived_by) for o in decision.outcomes
        ):
            yield (row.at, row.id), decision
