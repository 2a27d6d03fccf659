"""What happened in the last hours, one line each: for the electronic logbook and whoever comes next."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, func, select

from spy.domain.act import ENDS
from spy.domain.verdict import State
from spy.store import notes
from spy.store.engine import reading
from spy.store.tables import ActRow, DecisionRow, LookRow, MoveRow, NoteRow, OutboxRow, table_of

_act, _decision, _look = table_of(ActRow), table_of(DecisionRow), table_of(LookRow)
_move, _note, _outbox = table_of(MoveRow), table_of(NoteRow), table_of(OutboxRow)


@dataclass(frozen=True, slots=True)
class Entry:
    at: datetime
    kind: str
    """verdict, release, act, mail or service."""
    about: str
    """A run or a service; empty: all."""
    text: str


@dataclass(frozen=True, slots=True)
class Handover:
    """What one crew leaves for the next."""

    at: datetime
    who: str
    text: str


def shift_log(store: Engine, begin: datetime, end: datetime) -> list[Entry]:
    """Everything that people should know of `[begin, end)`, oldest first."""
    with reading(store) as connection:
        parts = (_verdicts, _releases, _acts, _mails, _services)
        found = [entry for part in parts for entry in part(connection, begin, end)]
    return sorted(found, key=lambda entry: (entry.at, entry.about))


def _verdicts(connection: Connection, begin: datetime, end: datetime) -> Iterator[Entry]:
    """Verdicts that became another than they were; what only waits longer is no news."""
    columns = _decision.c.run, _decision.c.at, _decision.c.verdict, _decision.c.cause
    rows = connection.execute(
        select(*columns).where(_decision.c.at >= begin, _decision.c.at < end).order_by(_decision.c.id)
    ).all()
    last = _before(connection, {row.run for row in rows}, begin)
    for row in rows:
        before, last[row.run] = last.get(row.run, ""), row.verdict
        if row.verdict == before or (not before and row.verdict == State.WAITING):
            continue
        why = f": {row.cause}" if row.cause and row.verdict != State.READY else ""
        yield Entry(row.at, "verdict", str(row.run), f"{row.verdict}{why}")


def _before(connection: Connection, runs: set[int], begin: datetime) -> dict[int, str]:
    """Verdict of each run as it stood at the beginning."""
    ids = select(func.max(_decision.c.id)).where(_decision.c.run.in_(runs), _decision.c.at < begin)
    rows = connection.execute(
        select(_decision.c.run, _decision.c.verdict).where(_decision.c.id.in_(ids.group_by(_decision.c.run)))
    )
    return {row.run: row.verdict for row in rows}


def _releases(connection: Connection, begin: datetime, end: datetime) -> Iterator[Entry]:
    rows = connection.execute(select(_move).where(_move.c.at >= begin, _move.c.at < end).order_by(_move.c.id))
    for row in rows:
        yield Entry(row.at, "release", row.chunk, f"{row.after}{f' ({row.why})' if row.why else ''}")


def _acts(connection: Connection, begin: datetime, end: datetime) -> Iterator[Entry]:
    rows = connection.execute(select(_act).where(_act.c.at >= begin, _act.c.at < end).order_by(_act.c.id))
    for row in rows:
        about = str(row.run) if row.run else f"{row.from_run} and later" if row.from_run else ""
        until = f", until {row.until:%d %b %H:%M} UTC" if row.until else ""
        ends = " (ends one)" if row.do in ENDS else ""
        yield Entry(row.at, "act", about, f"{row.do}{ends} by {row.who}{until}: {row.why}")


def _mails(connection: Connection, begin: datetime, end: datetime) -> Iterator[Entry]:
    query = select(_outbox.c.created_at, _outbox.c.chunk, _outbox.c.subject, _outbox.c.recipient, _outbox.c.status)
    mails = query.where(_outbox.c.kind == "mail", _outbox.c.created_at >= begin, _outbox.c.created_at < end)
    for row in connection.execute(mails.order_by(_outbox.c.created_at)):
        yield Entry(row.created_at, "mail", row.chunk, f"to {row.recipient}, {row.status}: {row.subject}")


def _services(connection: Connection, begin: datetime, end: datetime) -> Iterator[Entry]:
    """When each fell silent and when it answered again; not every look."""
    query = select(_look.c.probe, _look.c.at, _look.c.problem).where(_look.c.at >= begin, _look.c.at < end)
    silent: dict[str, bool] = {}
    for row in connection.execute(query.order_by(_look.c.id)):
        is_silent, was = bool(row.problem), silent.get(row.probe)
        silent[row.probe] = is_silent
        if is_silent and not was:
            yield Entry(row.at, "service", row.probe, f"does not answer: {row.problem}")
        elif was and not is_silent:
            yield Entry(row.at, "service", row.probe, "answers again")


def handover(store: Engine) -> Handover | None:
    with reading(store) as connection:
        row = connection.execute(select(_note).where(_note.c.name == notes.HANDOVER)).first()
    told = json.loads(row.value) if row else {}
    return Handover(row.at, told["who"], told["text"]) if row and told.get("text") else None
