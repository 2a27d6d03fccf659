"""What a store of an earlier moment must not do: lead twice, send twice, send on what people have changed since."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from spy.clock import iso
from spy.domain.act import Do
from spy.domain.release import Stage
from spy.store import notes
from spy.store.tables import ActRow, LeaderRow, MoveRow, OutboxRow, ReleaseRow, table_of

_act = table_of(ActRow)
_leader = table_of(LeaderRow)
_move = table_of(MoveRow)
_outbox = table_of(OutboxRow)
_release = table_of(ReleaseRow)

SURPLUS = timedelta(hours=1)
"""Added to the age of the backup, in case of clocks that disagree."""


def settle(connection: Connection, made_at: datetime, now: datetime) -> None:
    """Bring a store that stopped at `made_at` into a state from which an agent may go on."""
    why = f"this store was restored at {iso(now)} from a backup of {iso(made_at)}"
    _end_the_lead(connection, now - made_at, now)
    _ask_before_sending(connection, why, now)
    _halt(connection, why, now)


def _end_the_lead(connection: Connection, age: timedelta, now: datetime) -> None:
    """Nobody leads, and the next token is above all that were given since: a lead never changes twice in a second.

    An agent that still runs on the old database is refused by the receiver from our first message on.
    """
    passed_s = int((max(age, timedelta(0)) + SURPLUS).total_seconds())
    connection.execute(update(_leader).values(holder="", token=_leader.c.token + passed_s, expires_at=now))


def _ask_before_sending(connection: Connection, why: str, now: datetime) -> None:
    """What was on its way to Tier0 may have arrived since: the receiver is asked first. Mail cannot be asked.

    A mail keeps its Message-ID, by which a mailbox that has it already recognises it.
    """
    on_its_way = (_outbox.c.kind != "mail") & _outbox.c.status.in_(("pending", "sending"))
    ids = list(connection.execute(select(_outbox.c.id).where(on_its_way)).scalars())
    connection.execute(
        update(_outbox).where(on_its_way).values(status="ambiguous", lease_until=None, due_at=now, last_error=why)
    )
    queued = select(_release.c.chunk, _release.c.message_id).where(_release.c.stage == Stage.QUEUED)
    for chunk, message_id in connection.execute(queued).all():
        if message_id in ids:
            connection.execute(
                update(_release)
                .where(_release.c.chunk == chunk)
                .values(stage=Stage.AMBIGUOUS, since=now, detail=f"perhaps sent: {why}")
            )
            step = {"chunk": chunk, "at": now, "before": Stage.QUEUED, "after": Stage.AMBIGUOUS, "why": why}
            connection.execute(insert(_move).values(**step))


def _halt(connection: Connection, why: str, now: datetime) -> None:
    """No release until a person has looked: keep-backs, holds and stops made since the backup are not in it."""
    # A resume that no agent has seen yet would lift this halt, and was not meant for it.
    connection.execute(update(_act).where(_act.c.do == Do.RESUME).values(handled=True))
    before = notes.get(connection, notes.HALT)
    text = f"{why}; what people did since is not in it: repeat their keep-backs, holds and stops, then `spy resume`"
    notes.put(connection, notes.HALT, f"{text} (before that: {before})" if before else text, now)
