"""The tables of the agent. Rows of `look`, `evidence`, `decision` and `move` are only ever added."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, Table
from sqlmodel import Field, SQLModel

from spy.store.columns import key, text, time
from spy.store.types import Json


class LookRow(SQLModel, table=True):
    """One poll of one probe."""

    __tablename__ = "look"
    __table_args__ = (Index("ix_look_probe_at", "probe", "at"),)
    id: int | None = Field(default=None, sa_column=key())
    probe: str
    at: datetime = Field(sa_column=time())
    took_ms: float = 0.0
    requests: int = 0
    problem: str = Field(default="", sa_column=text())
    """Empty: it was answered."""


class EvidenceRow(SQLModel, table=True):
    """A fact, each time it changed. A later good `look` of its source that adds no row saw the same."""

    __tablename__ = "evidence"
    __table_args__ = (Index("ix_evidence_fact", "run", "subject", "name", "id"),)
    id: int | None = Field(default=None, sa_column=key())
    run: int = Field(default=0)
    """0: about a service."""
    subject: str
    name: str
    value: Any = Field(sa_column=Column(Json, nullable=True))
    source: str
    seen_at: datetime = Field(sa_column=time())
    as_of: datetime | None = Field(default=None, sa_column=time(nullable=True))
    final: bool = False
    problem: str = Field(default="", sa_column=text())


class RunRow(SQLModel, table=True):
    """A run that the agent follows or followed."""

    __tablename__ = "run"
    number: int = Field(primary_key=True)
    opened_at: datetime = Field(sa_column=time())
    closed_at: datetime | None = Field(default=None, sa_column=time(nullable=True, index=True))
    """None: open. Set once Tier0 started it and its time for late surprises is over."""


class DecisionRow(SQLModel, table=True):
    """One revision of one chunk's verdict, with the evidence snapshot that every rule saw."""

    __tablename__ = "decision"
    __table_args__ = (Index("ix_decision_chunk_revision", "chunk", "revision", unique=True),)
    id: int | None = Field(default=None, sa_column=key())
    chunk: str
    run: int = Field(index=True)
    revision: int
    at: datetime = Field(sa_column=time(index=True))
    verdict: str
    cause: str = ""
    reasons: Any = Field(sa_column=Column(Json, nullable=False))
    outcomes: Any = Field(sa_column=Column(Json, nullable=False))
    products: Any = Field(sa_column=Column(Json, nullable=False))
    payload_hashes: Any = Field(sa_column=Column(Json, nullable=False))
    required: Any = Field(sa_column=Column(Json, nullable=False))
    deadline: datetime | None = Field(default=None, sa_column=time(nullable=True))
    rulebook: str
    program: str
    fence: int = 0
    basis: Any = Field(default=None, sa_column=Column(Json, nullable=True))
    """What it stood on, to make it again; None: decided before that was kept."""


class ReleaseRow(SQLModel, table=True):
    """Where one chunk's release stands."""

    __tablename__ = "release"
    chunk: str = Field(primary_key=True)
    run: int = Field(index=True)
    stage: str
    since: datetime = Field(sa_column=time())
    revision: int = 0
    message_id: str = Field(default="", sa_column=text())
    detail: str = Field(default="", sa_column=text())
    locked_at: datetime | None = Field(default=None, sa_column=time(nullable=True))
    would_at: datetime | None = Field(default=None, sa_column=time(nullable=True))
    """Shadow: when it would have been sent."""
    hashes: Any = Field(default_factory=dict, sa_column=Column(Json, nullable=False, default=dict))
    """Payload hashes of the decision that was sent."""
    fence: int = 0


class MoveRow(SQLModel, table=True):
    """Every change of a release's stage."""

    __tablename__ = "move"
    id: int | None = Field(default=None, sa_column=key())
    chunk: str = Field(index=True)
    at: datetime = Field(sa_column=time(index=True))
    before: str
    after: str
    why: str = Field(default="", sa_column=text())


class OutboxRow(SQLModel, table=True):
    """One message to one recipient. Leaves the queue only by acknowledgement or a person's act; never deleted."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_status_due", "status", "due_at"),)
    id: str = Field(primary_key=True)
    """webhook-id, and the basis of a mail's Message-ID."""
    kind: str
    """release | hold | withdraw | mail"""
    chunk: str = Field(index=True)
    recipient: str
    revision: int
    subject: str = Field(default="", sa_column=text())
    body: str = Field(sa_column=text())
    """The exact bytes of a webhook; a mail as JSON."""
    status: str
    """pending | sending | acked | ambiguous | refused | cancelled | shadow"""
    attempts: int = 0
    created_at: datetime = Field(sa_column=time())
    due_at: datetime = Field(sa_column=time())
    lease_until: datetime | None = Field(default=None, sa_column=time(nullable=True))
    acked_at: datetime | None = Field(default=None, sa_column=time(nullable=True))
    not_after: datetime | None = Field(default=None, sa_column=time(nullable=True))
    last_code: int | None = None
    last_error: str = Field(default="", sa_column=text())
    fence: int = 0


class ActRow(SQLModel, table=True):
    """What a person did. A later row ends an earlier one; rows are never removed."""

    __tablename__ = "act"
    id: int | None = Field(default=None, sa_column=key())
    at: datetime = Field(sa_column=time(index=True))
    who: str
    do: str
    why: str = Field(sa_column=text())
    run: int | None = Field(default=None, index=True)
    from_run: int | None = None
    dataset: str = ""
    rule: str = ""
    product: str = ""
    until: datetime | None = Field(default=None, sa_column=time(nullable=True))
    until_tag: str = ""
    ended_at: datetime | None = Field(default=None, sa_column=time(nullable=True, index=True))
    ended_by: str = Field(default="", sa_column=text())
    handled: bool = False
    """The agent has taken notice and queued what follows from it."""


class RegretRow(SQLModel, table=True):
    """A regret report: what early releases would have missed. Changed once, when a person acknowledges it."""

    __tablename__ = "regret"
    id: int | None = Field(default=None, sa_column=key())
    made_at: datetime = Field(sa_column=time())
    made_by: str = Field(default="", sa_column=text())
    instance: str
    begin: datetime = Field(sa_column=time())
    until: datetime = Field(sa_column=time())
    rulebook: str
    """Hash of the rules whose releases are counted."""
    program: str
    judged: int = 0
    """Releases under these rules about which the database could say something, with regret or without."""
    regrets: int = 0
    """Those of them with a late interval that changes what the run reads."""
    unknown: int = 0
    """Releases under these rules about which nothing can be said."""
    first_at: datetime | None = Field(default=None, sa_column=time(nullable=True))
    """First and last judged release."""
    last_at: datetime | None = Field(default=None, sa_column=time(nullable=True))
    summary: str = Field(default="", sa_column=text())
    body: Any = Field(sa_column=Column(Json, nullable=False))
    """Every release with its word and its late intervals."""
    acknowledged_at: datetime | None = Field(default=None, sa_column=time(nullable=True))
    acknowledged_by: str = Field(default="", sa_column=text())
    why: str = Field(default="", sa_column=text())
    accepted_rulebook: str = Field(default="", sa_column=text())
    """Hash of the rules for which it was acknowledged; a person may accept it for later ones."""


class ProbeRow(SQLModel, table=True):
    """Health of one probe, as of its last look."""

    __tablename__ = "probe"
    name: str = Field(primary_key=True)
    service: str
    state: str
    """ok | failing | refused"""
    since: datetime = Field(sa_column=time())
    last_look: datetime = Field(sa_column=time())
    last_good: datetime | None = Field(default=None, sa_column=time(nullable=True))
    problem: str = Field(default="", sa_column=text())
    every_s: float = 0.0
    stale_after_s: float = 0.0
    took_ms: float = 0.0
    requests: int = 0
    """Sent in total since the agent knows the probe."""
    last_new: datetime | None = Field(default=None, sa_column=time(nullable=True))
    """When a look last brought a value that it had not brought before."""
    as_of: datetime | None = Field(default=None, sa_column=time(nullable=True))
    """The source's own time of the newest that it told; None: it tells none."""
    credential: str = Field(default="", sa_column=text())
    """Empty: the connection says nothing of itself."""
    credential_until: datetime | None = Field(default=None, sa_column=time(nullable=True))
    credential_problem: str = Field(default="", sa_column=text())
    has_breaker: bool = False
    breaker_until: datetime | None = Field(default=None, sa_column=time(nullable=True))


class NoteRow(SQLModel, table=True):
    """Single values of the agent as a whole: mode, halt reason, heartbeat."""

    __tablename__ = "note"
    name: str = Field(primary_key=True)
    value: str = Field(sa_column=text())
    at: datetime = Field(sa_column=time())


class LeaderRow(SQLModel, table=True):
    """Who acts. One row; the token only grows and travels in every message."""

    __tablename__ = "leader"
    name: str = Field(primary_key=True)
    holder: str
    token: int
    expires_at: datetime = Field(sa_column=time())


def table_of(row: type[SQLModel]) -> Table:
    """The table behind a row class, for statements of SQLAlchemy's core, which cost a fraction of its ORM."""
    table: Table = row.__table__  # type: ignore[attr-defined]
    return table
