"""What needs a person now: runs that do not get on by themselves, services that do not answer, messages not taken."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, Engine, select

from spy.domain.act import Act, Do
from spy.domain.release import Stage
from spy.domain.verdict import State
from spy.store import acts
from spy.store.engine import reading
from spy.store.tables import OutboxRow, table_of
from spy.store.views.detail import Message, as_message
from spy.store.views.runs import RunLine, open_lines
from spy.store.views.service_line import service_lines

_outbox = table_of(OutboxRow)
STUCK = (Stage.REFUSED, Stage.WITHDRAWN, Stage.AMBIGUOUS)
"""Stages that a person must end, or look at."""
UNDELIVERED = ("ambiguous", "refused", "pending", "sending")


class About(StrEnum):
    RUN = "run"
    SERVICE = "service"
    MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class Alert:
    about: About
    name: str
    """Of the chunk, the probe, or the message's id."""
    run: int | None
    state: State
    cause: str
    text: str
    since: datetime
    acknowledged: Act | None
    """Somebody takes care; None: nobody said so. Never of a service or a message: nothing acknowledges them."""
    silenced: Act | None
    mails: tuple[Message, ...]
    """About the run, oldest first, whatever became of them."""


def alerts(store: Engine, now: datetime, *, is_acknowledged: bool | None = None) -> list[Alert]:
    """Runs first, the lowest first; then services and messages."""
    with reading(store) as connection:
        active = acts.active(connection, now)
        found = [*_runs(connection, now), *_services(connection, now), *_messages(connection, active)]
    return [a for a in found if is_acknowledged is None or (a.acknowledged is not None) is is_acknowledged]


def _runs(connection: Connection, now: datetime) -> Iterable[Alert]:
    lines = [line for line in open_lines(connection, now) if _needs_a_person(line)]
    mails = _mails(connection, [line.chunk for line in lines])
    for line in lines:
        is_stuck = line.stage in STUCK
        yield Alert(
            about=About.RUN,
            name=line.chunk,
            run=line.run,
            state=line.verdict,
            cause=f"release {line.stage}" if is_stuck else line.cause,
            text=line.detail if is_stuck else "; ".join(line.reasons),
            since=line.since if is_stuck or line.decision is None else line.decision.at,
            acknowledged=_last(line.acts, Do.ACKNOWLEDGE),
            silenced=_last(line.acts, Do.SILENCE),
            mails=tuple(mail for mail in mails if mail.chunk == line.chunk),
        )


def _needs_a_person(line: RunLine) -> bool:
    if line.stage.is_closed:
        return False
    return line.stage in STUCK or (line.verdict in (State.BLOCKED, State.UNKNOWN) and not line.is_taken)


def _last(active: Sequence[Act], do: Do) -> Act | None:
    return next((act for act in reversed(active) if act.do is do), None)


def _mails(connection: Connection, chunks: Sequence[str]) -> list[Message]:
    query = select(_outbox).where(_outbox.c.chunk.in_(chunks), _outbox.c.kind == "mail").order_by(_outbox.c.created_at)
    return [as_message(row) for row in connection.execute(query)]


def _services(connection: Connection, now: datetime) -> Iterable[Alert]:
    for line in service_lines(connection, now):
        if line.state == "ok" and line.is_believed:
            continue
        text = line.problem or "its last good look is too old to be believed"
        yield Alert(About.SERVICE, line.probe, None, State.UNKNOWN, line.state, text, line.since, None, None, ())


def _messages(connection: Connection, active: Sequence[Act]) -> Iterable[Alert]:
    """Tried at least once and not taken: by Tier0, or by the mail relay."""
    query = select(_outbox).where(_outbox.c.status.in_(UNDELIVERED), _outbox.c.last_error != "")
    for row in connection.execute(query.order_by(_outbox.c.due_at, _outbox.c.id)):
        run = int(row.chunk.split("/")[0])
        concerned = [act for act in active if act.concerns(run)]
        yield Alert(
            about=About.MESSAGE,
            name=row.id,
            run=run,
            state=State.BLOCKED if row.status == "refused" else State.UNKNOWN,
            cause=f"{row.kind} {row.status}",
            text=f"{row.recipient}: {row.last_error}",
            since=row.created_at,
            acknowledged=_last(concerned, Do.ACKNOWLEDGE),
            silenced=_last(concerned, Do.SILENCE),
            mails=(),
        )
