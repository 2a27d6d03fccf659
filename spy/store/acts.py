"""Human acts: the only thing that the page and the command line may write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, and_, bindparam, insert, or_, select, update

from spy.domain.act import ENDS, Act, Do
from spy.domain.errors import ActError
from spy.store import notes
from spy.store.engine import reading, writing
from spy.store.tables import ActRow, table_of

_act = table_of(ActRow)
_NOW = bindparam("b_now", type_=_act.c.at.type)
_NOT_ENDED = and_(_act.c.ended_at.is_(None), or_(_act.c.until.is_(None), _act.c.until > _NOW))
_IN_FORCE = select(_act).where(_NOT_ENDED).order_by(_act.c.id)
_STANDING = (
    select(_act.c.id, _act.c.handled)
    .where(_act.c.at <= _NOW, or_(_NOT_ENDED, _act.c.handled.is_(False)))
    .order_by(_act.c.id)
)
_UNHANDLED = select(_act).where(_act.c.handled.is_(False), _act.c.at <= _NOW).order_by(_act.c.id)

_NEEDS_RUN = {
    Do.KEEP_BACK,
    Do.RELEASE_BACK,
    Do.HOLD_TIER0,
    Do.UNHOLD_TIER0,
    Do.WAIVE,
    Do.WITHDRAW,
    Do.REQUEUE,
    Do.ACKNOWLEDGE,
}


def perform(engine: Engine, act: Act) -> Act:
    """Write one act, or say why it is not possible."""
    with writing(engine) as connection:
        return write(connection, act)


def write(connection: Connection, act: Act) -> Act:
    """As `perform`. Acts that end others end them in the same transaction."""
    _check(act)
    if act.do in ENDS:
        _end(connection, act)
    done = connection.execute(insert(_act).values(**_values(act)))
    return replace(act, id=int(done.inserted_primary_key[0]) if done.inserted_primary_key else 0)


def _check(act: Act) -> None:
    for name, text in (("who", act.who), ("why", act.why)):
        if not text.strip():
            raise ActError(f"{act.do}: {name} is empty; every act has who, why and until when")
    if act.do in _NEEDS_RUN and act.run is None and act.from_run is None:
        raise ActError(f"{act.do}: names no run; give a chunk or --from-run")
    if act.do is Do.WAIVE and not act.rule:
        raise ActError("waive: names no rule; say which rule's failure is accepted")
    if act.do is Do.HOLD_TIER0 and act.until is None:
        raise ActError("hold_tier0: has no end; Tier0 stops every later run behind it, so say until when")
    if act.until is not None and act.until <= act.at:
        raise ActError(f"{act.do}: its end {act.until} does not lie after its beginning {act.at}")
    if act.to_run is not None and (act.from_run is None or act.to_run < act.from_run):
        raise ActError(f"{act.do}: a range ends at or after the run it begins with; give --from-run up to --to-run")
    if act.until_tag and act.to_run is not None and act.do is not Do.KEEP_BACK:
        raise ActError(f"{act.do}: an end by tag for a range of runs is for keep_back alone; give --until")
    if act.until_tag and act.from_run is None:
        raise ActError(f"{act.do}: an end by tag needs --from-run, whose interval is waited for")


def _end(connection: Connection, act: Act) -> None:
    """End the matching active acts; none there is an error, since somebody believes something that is not so.

    A resume also lifts a halt of the agent's own, which is no act.
    """
    ended = connection.execute(
        update(_act)
        .where(_act.c.do == ENDS[act.do], _act.c.run == _run(act), _act.c.from_run == act.from_run)
        .where(_NOT_ENDED)
        .values(ended_at=act.at, ended_by=act.who),
        {"b_now": act.at},
    )
    halted = act.do is Do.RESUME and notes.get(connection, notes.HALT)
    if ended.rowcount == 0 and not halted:
        raise ActError(f"{act.do}: {_about(act)} no {ENDS[act.do]} in force")


def _about(act: Act) -> str:
    if act.to_run:
        return f"for runs {act.from_run} to {act.to_run} there is"
    return f"run {act.run} has" if act.run else f"from run {act.from_run} on there is" if act.from_run else "there is"


def _run(act: Act) -> int | None:
    """What column `run` holds: of a range its last run, since an act is about one run or about a range."""
    return act.to_run if act.from_run is not None else act.run


def _values(act: Act) -> dict[str, Any]:
    names = ("at", "who", "why", "from_run", "dataset", "rule", "product", "until", "until_tag")
    return {
        "do": act.do,
        "run": _run(act),
        **{name: getattr(act, name) for name in names},
        "ended_by": "",
        "handled": False,
    }


def active(connection: Connection, now: datetime) -> list[Act]:
    """Acts in force at a time, oldest first."""
    return [act for act in in_force(connection, now) if act.at <= now]


def in_force(connection: Connection, now: datetime) -> list[Act]:
    """All acts that have not ended, oldest first, also those written after `now`, or by a clock ahead of ours."""
    return [as_act(row) for row in connection.execute(_IN_FORCE, {"b_now": now})]


def over(connection: Connection, now: datetime, at_most: int) -> list[Act]:
    """Ended, the newest first."""
    query = select(_act).where(~_NOT_ENDED).order_by(_act.c.id.desc()).limit(at_most)
    return [as_act(row) for row in connection.execute(query, {"b_now": now})]


def standing(connection: Connection, now: datetime) -> list[tuple[int, bool]]:
    """Which acts are in force or not yet handled: changes exactly when some act begins, ends or was not yet seen."""
    return [(row.id, row.handled) for row in connection.execute(_STANDING, {"b_now": now})]


def unhandled(connection: Connection, now: datetime) -> list[Act]:
    """Acts that the agent has not yet taken notice of, oldest first."""
    return [as_act(row) for row in connection.execute(_UNHANDLED, {"b_now": now})]


def mark_handled(connection: Connection, act_id: int) -> None:
    connection.execute(update(_act).where(_act.c.id == act_id).values(handled=True))


def end(connection: Connection, act_id: int, at: datetime, who: str) -> bool:
    """End one act before its time; False if it has ended already."""
    mine = update(_act).where(_act.c.id == act_id, _NOT_ENDED).values(ended_at=at, ended_by=who)
    ended = connection.execute(mine, {"b_now": at})
    return ended.rowcount == 1


def end_by_tag(connection: Connection, act_id: int, at: datetime, why: str) -> None:
    connection.execute(update(_act).where(_act.c.id == act_id).values(ended_at=at, ended_by=why))


def by_id(connection: Connection, ids: Sequence[int]) -> list[Act]:
    """These acts as they are told now, oldest first."""
    return [as_act(row) for row in connection.execute(select(_act).where(_act.c.id.in_(ids)).order_by(_act.c.id))]


def all_acts(engine: Engine, limit: int = 200) -> list[Act]:
    """Newest first."""
    with reading(engine) as connection:
        return [as_act(row) for row in connection.execute(select(_act).order_by(_act.c.id.desc()).limit(limit))]


def as_act(row: Any) -> Act:
    return Act(
        do=Do(row.do),
        who=row.who,
        why=row.why,
        at=row.at,
        run=row.run if row.from_run is None else None,
        from_run=row.from_run,
        to_run=row.run if row.from_run is not None else None,
        dataset=row.dataset,
        rule=row.rule,
        product=row.product,
        until=row.until,
        until_tag=row.until_tag,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
        id=row.id,
    )
