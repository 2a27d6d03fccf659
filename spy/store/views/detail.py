"""Everything that is recorded about one run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, or_, select

from spy.domain.act import Act
from spy.domain.evidence import Evidence
from spy.domain.product import Products
from spy.domain.release import Stage
from spy.store import acts, decisions, ledger, outbox
from spy.store.engine import reading
from spy.store.tables import ActRow, table_of
from spy.store.views import newest_decided
from spy.store.views.decided import Decision
from spy.store.views.runs import RunLine, line_of

_act = table_of(ActRow)


@dataclass(frozen=True, slots=True)
class Move:
    """A change of the release's stage."""

    at: datetime
    before: Stage
    after: Stage
    why: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one recipient, and how far it came. Its body is left out: it may be long."""

    id: str
    kind: str
    chunk: str
    recipient: str
    revision: int
    subject: str
    status: str
    attempts: int
    created_at: datetime
    due_at: datetime
    acked_at: datetime | None
    last_code: int | None
    last_error: str


@dataclass(frozen=True, slots=True)
class RunDetail:
    line: RunLine
    revisions: tuple[Decision, ...]
    """Oldest first; the last one holds now."""
    moves: tuple[Move, ...]
    messages: tuple[Message, ...]
    acts: tuple[Act, ...]
    """All that concern the run, ended ones too, oldest first; `line.acts` are those in force."""
    evidence: tuple[Evidence, ...]
    """Newest of each fact, by subject and name."""

    @property
    def decision(self) -> Decision | None:
        return self.revisions[-1] if self.revisions else None


def run_detail(store: Engine, run: int, now: datetime, products: Products | None = None) -> RunDetail | None:
    """None for a run that the agent never followed."""
    chunk = str(run)
    with reading(store) as connection:
        line = line_of(connection, run, now, products)
        if line is None:
            return None
        return RunDetail(
            line=line,
            revisions=tuple(newest_decided.history(connection, chunk)),
            moves=tuple(as_move(r) for r in decisions.moves(connection, chunk)),
            messages=tuple(as_message(r) for r in outbox.of_chunk(connection, chunk)),
            acts=tuple(_acts_on(connection, run)),
            evidence=_facts(connection, run),
        )


def facts_of_run(store: Engine, run: int) -> tuple[Evidence, ...]:
    """`RunDetail.evidence` alone; empty for a run that the agent never followed."""
    with reading(store) as connection:
        return _facts(connection, run)


def _facts(connection: Connection, run: int) -> tuple[Evidence, ...]:
    return tuple(sorted(ledger.evidence_of_run(connection, run), key=lambda e: e.key))


def _acts_on(connection: Any, run: int) -> list[Act]:
    query = select(_act).where(or_(_act.c.run == run, _act.c.run.is_(None), _act.c.from_run <= run)).order_by(_act.c.id)
    return [act for act in map(acts.as_act, connection.execute(query)) if act.concerns(run)]


def as_move(row: Any) -> Move:
    return Move(row.at, Stage(row.before), Stage(row.after), row.why)


def as_message(row: Any) -> Message:
    return Message(
        id=row.id,
        kind=row.kind,
        chunk=row.chunk,
        recipient=row.recipient,
        revision=row.revision,
        subject=row.subject,
        status=row.status,
        attempts=row.attempts,
        created_at=row.created_at,
        due_at=row.due_at,
        acked_at=row.acked_at,
        last_code=row.last_code,
        last_error=row.last_error,
    )
