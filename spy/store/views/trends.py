"""What coordinators ask about a period: hours saved and lost, what held, in which states, which rules, what regret."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, select

from spy.domain.product import Product
from spy.store.engine import reading
from spy.store.tables import RegretRow, table_of
from spy.store.views.saved import Delay, Saved, saved
from spy.store.views.votes import Votes, votes

_regret = table_of(RegretRow)
REGRETS = 20
"""Reports shown, the newest."""


@dataclass(frozen=True, slots=True)
class Regret:
    """One regret report that speaks of a part of the period."""

    number: int
    made_at: datetime
    begin: datetime
    until: datetime
    rulebook: str
    judged: int
    """Releases about which the database could say something."""
    regrets: int
    """Of these, with a late interval that changes what the run reads."""
    unknown: int
    summary: str
    acknowledged_at: datetime | None
    acknowledged_by: str


@dataclass(frozen=True, slots=True)
class Trends:
    saved: Saved
    votes: Votes
    regrets: tuple[Regret, ...]
    """Empty: nobody made a report, and whether there is anything to regret is unknown."""


def trends(
    store: Engine,
    begin: datetime,
    end: datetime,
    now: datetime,
    *,
    instance: str,
    delay: Delay,
    products: Collection[Product],
    context: Collection[str] = (),
) -> Trends:
    """Of the runs that ended in `[begin, end)`. Arguments as of `saved`."""
    told = saved(store, begin, end, now, instance=instance, delay=delay, products=products, context=context)
    between = {run.run: (run.spans[0].begin, run.spans[-1].end) for run in told.runs if run.spans}
    with reading(store) as connection:
        return Trends(told, votes(connection, between), tuple(_regrets(connection, begin, end)))


def _regrets(connection: Connection, begin: datetime, end: datetime) -> list[Regret]:
    columns = [_regret.c.id, *(_regret.c[name] for name in Regret.__slots__[1:])]
    query = select(*columns).where(_regret.c.begin < end, _regret.c.until > begin)
    return [Regret(*row) for row in connection.execute(query.order_by(_regret.c.id.desc()).limit(REGRETS))]
