"""Acts of people, ended ones too, and the audit of every act and refusal: newest first, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Select, or_, select

from spy.domain.act import Act, Do
from spy.store import acts, audit
from spy.store.engine import reading
from spy.store.tables import ActRow, table_of
from spy.store.views.paging import EXAMINED, Page, Position, page

_act = table_of(ActRow)


@dataclass(frozen=True, slots=True)
class WantedActs:
    """Which acts; what is None does not matter."""

    do: Do | None = None
    who: str | None = None
    run: int | None = None
    """Acts that concern the run, those about all runs too."""
    in_force: bool | None = None


def act_page(store: Engine, wanted: WantedActs, now: datetime, limit: int, after: Position | None = None) -> Page[Act]:
    """`after`: the id of the last one that was looked at."""
    with reading(store) as connection:
        found = [acts.as_act(row) for row in connection.execute(examined_rows(wanted.run, after))]
    matching = (((act.id,), act) for act in found if _is(act, wanted, now))
    return page([(act.id,) for act in found], matching, limit)


def examined_rows(run: int | None, after: Position | None) -> Select[Any]:
    query = select(_act).order_by(_act.c.id.desc()).limit(EXAMINED)
    if run is not None:
        query = query.where(or_(_act.c.run == run, _act.c.run.is_(None)))
    return query if after is None else query.where(_act.c.id < after[0])


def _is(act: Act, wanted: WantedActs, now: datetime) -> bool:
    return (
        (wanted.do is None or act.do is wanted.do)
        and (wanted.who is None or act.who == wanted.who)
        and (wanted.run is None or act.concerns(wanted.run))
        and (wanted.in_force is None or act.is_active(now) is wanted.in_force)
    )


@dataclass(frozen=True, slots=True)
class Audited:
    """Somebody came in, or something was done or refused."""

    id: int
    at: datetime
    who: str
    means: str
    what: str
    about: str
    outcome: str
    """done | refused"""
    detail: str


def audit_page(store: Engine, limit: int, after: Position | None = None) -> Page[Audited]:
    """`after`: the id of the last one."""
    before = None if after is None else int(str(after[0]))
    with reading(store) as connection:
        rows = audit.newest(connection, limit + 1, before)
    shown = tuple(Audited(*(getattr(row, name) for name in Audited.__slots__)) for row in rows[:limit])
    return Page(shown, (shown[-1].id,) if len(rows) > limit else None)
