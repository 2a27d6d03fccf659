"""All tables. Rows of `look`, `evidence`, `decision`, `move` and `audit` are only ever added."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text
from sqlmodel import Field, SQLModel

from spy.store.types import Json, UtcDateTime


def _key() -> Column[int]:
    """An ever-growing key; SQLite counts only in INTEGER."""
    return Column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)


def _text() -> Column[str]:
    """A text of any length, empty if nothing is said."""
    return Column(Text, nullable=False, default="")


def _time(*, index: bool = False, nullable: bool = False) -> Column[datetime]:
    return Column(UtcDateTime, nullable=nullable, index=index)


class LookRow(SQLModel, table=True):
    """One poll of one probe."""

    __tablename__ = "look"
    __table_args__ = (Index("ix_look_probe_at", "probe", "at"),)
    id: int | None = Field(default=None, sa_column=_key())
    probe: str
    at: datetime = Field(sa_column=_time())
    took_ms: float = 0.0
    requests: int = 0
    problem: str = Field(default="", sa_column=_text())
    """Empty: it was answered."""


class EvidenceRow(SQLModel, table=True):
    """A fact, each time it changed. A later good `look` of its source that adds no row saw the same."""

    __tablename__ = "evidence"
    __table_args__ = (Index("ix_evidence_fact", "run", "subject", "name", "id"),)
    id: int | None = Field(default=None, sa_column=_key())
    run: int = Field(default=0)
    """0: about a service."""
    subject: str
    name: str
    value: Any = Field(sa_column=Column(Json, nullable=True))
    source: str
    seen_at: datetime = Field(sa_column=_time())
    as_of: datetime | None = Field(default=None, sa_column=_time(nullable=True))
    final: bool = False
    problem: str = Field(default="", sa_column=_text())


class RunRow(SQLModel, table=True):
    """A run that the agent follows or followed."""

    __tablename__ = "run"
    number: int = Field(primary_key=True)
    opened_at: datetime = Field(sa_column=_time())
    closed_at: datetime | None = Field(default=None, sa_column=_time(nullable=True, index=True))
    """None: open. Set once Tier0 started it and its time for late surprises is over."""


class DecisionRow(SQLModel, table=True):
    """One revision of one chunk's verdict, with the evidence snapshot that every rule saw."""

    __tablename__ = "decision"
    __table_args__ = (Index("ix_decision_chunk_revision", "chunk", "revision", unique=True),)
    id: int | None = Field(default=None, sa_column=_key())
    chunk: str
    run: int = Field(index=True)
    revision: int
    at: datetime = Field(sa_column=_time(index=True))
    verdict: str
    cause: str = ""
    reasons: Any = Field(sa_column=Column(Json, nullable=False))
    outcomes: Any = Field(sa_column=Column(Json, nullable=False))
    products: Any = Field(sa_column=Column(Json, nullable=False))
    payload_hashes: Any = Field(sa_column=Column(Json, nullable=False))
    required: Any = Field(sa_column=Column(Json, nullable=False))
    deadline: datetime | None = Field(default=None, sa_column=_time(nullable=True))
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
    since: datetime = Field(sa_column=_time())
    revision: int = 0
    message_id: str = Field(default="", sa_column=_text())
    detail: str = Field(default="", sa_column=_text())
    locked_at: datetime | None = Field(default=None, sa_column=_time(nullable=True))
    would_at: datetime | None = Field(default=None, sa_column=_time(nullable=True))
    """Shadow: when it would have been sent."""
    hashes: Any = Field(default_factory=dict, sa_column=Column(Json, nullable=False, default=dict))
    """Payload hashes of the decision that was sent."""
    fence: int = 0


class MoveRow(SQLModel, table=True):
    """Every change of a release's stage."""

    __tablename__ = "move"
    id: int | None = Field(default=None, sa_column=_key())
    chunk: str = Field(index=True)
    at: datetime = Field(sa_column=_time(index=True))
    before: str
    after: str
    why: str = Field(default="", sa_column=_text())


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
    subject: str = Field(default="", sa_column=_text())
    body: str = Field(sa_column=_text())
    """The exact bytes of a webhook; a mail as JSON."""
    status: str
    """pending | sending | acked | ambiguous | refused | cancelled | shadow"""
    attempts: int = 0
    created_at: datetime = Field(sa_column=_time())
    due_at: datetime = Field(sa_column=_time())
    lease_until: datetime | None = Field(default=None, sa_column=_time(nullable=True))
    acked_at: datetime | None = Field(default=None, sa_column=_time(nullable=True))
    not_after: datetime | None = Field(default=None, sa_column=_time(nullable=True))
    last_code: int | None = None
    last_error: str = Field(default="", sa_column=_text())
    fence: int = 0


class ActRow(SQLModel, table=True):
    """What a person did. A later row ends an earlier one; rows are never removed."""

    __tablename__ = "act"
    id: int | None = Field(default=None, sa_column=_key())
    at: datetime = Field(sa_column=_time(index=True))
    who: str
    do: str
    why: str = Field(sa_column=_text())
    run: int | None = Field(default=None, index=True)
    from_run: int | None = None
    dataset: str = ""
    rule: str = ""
    product: str = ""
    until: datetime | None = Field(default=None, sa_column=_time(nullable=True))
    until_tag: str = ""
    ended_at: datetime | None = Field(default=None, sa_column=_time(nullable=True, index=True))
    ended_by: str = Field(default="", sa_column=_text())
    handled: bool = False
    """The agent has taken notice and queued what follows from it."""


class RegretRow(SQLModel, table=True):
    """A regret report: what early releases would have missed. Changed once, when a person acknowledges it."""

    __tablename__ = "regret"
    id: int | None = Field(default=None, sa_column=_key())
    made_at: datetime = Field(sa_column=_time())
    made_by: str = Field(default="", sa_column=_text())
    instance: str
    begin: datetime = Field(sa_column=_time())
    until: datetime = Field(sa_column=_time())
    rulebook: str
    """Hash of the rules whose releases are counted."""
    program: str
    judged: int = 0
    """Releases under these rules about which the database could say something, with regret or without."""
    regrets: int = 0
    """Those of them with a late interval that changes what the run reads."""
    unknown: int = 0
    """Releases under these rules about which nothing can be said."""
    first_at: datetime | None = Field(default=None, sa_column=_time(nullable=True))
    """First and last judged release."""
    last_at: datetime | None = Field(default=None, sa_column=_time(nullable=True))
    summary: str = Field(default="", sa_column=_text())
    body: Any = Field(sa_column=Column(Json, nullable=False))
    """Every release with its word and its late intervals."""
    acknowledged_at: datetime | None = Field(default=None, sa_column=_time(nullable=True))
    acknowledged_by: str = Field(default="", sa_column=_text())
    why: str = Field(default="", sa_column=_text())
    accepted_rulebook: str = Field(default="", sa_column=_text())
    """Hash of the rules for which it was acknowledged; a person may accept it for later ones."""


class ProbeRow(SQLModel, table=True):
    """Health of one probe, as of its last look."""

    __tablename__ = "probe"
    name: str = Field(primary_key=True)
    service: str
    state: str
    """ok | failing | refused"""
    since: datetime = Field(sa_column=_time())
    last_look: datetime = Field(sa_column=_time())
    last_good: datetime | None = Field(default=None, sa_column=_time(nullable=True))
    problem: str = Field(default="", sa_column=_text())
    every_s: float = 0.0
    stale_after_s: float = 0.0
    took_ms: float = 0.0
    requests: int = 0
    """Sent in total since the agent knows the probe."""


class NoteRow(SQLModel, table=True):
    """Single values of the agent as a whole: mode, halt reason, heartbeat."""

    __tablename__ = "note"
    name: str = Field(primary_key=True)
    value: str = Field(sa_column=_text())
    at: datetime = Field(sa_column=_time())


class LeaderRow(SQLModel, table=True):
    """Who acts. One row; the token only grows and travels in every message."""

    __tablename__ = "leader"
    name: str = Field(primary_key=True)
    holder: str
    token: int
    expires_at: datetime = Field(sa_column=_time())


class TokenRow(SQLModel, table=True):
    """A machine's way in. The token itself is nowhere, only its hash; rows are never removed."""

    __tablename__ = "token"
    id: int | None = Field(default=None, sa_column=_key())
    name: str = Field(index=True)
    hash: str = Field(unique=True)
    """SHA-256 of the token, which has 256 random bits."""
    reaches: Any = Field(sa_column=Column(Json, nullable=False))
    role: str
    made_at: datetime = Field(sa_column=_time())
    made_by: str
    ends_at: datetime = Field(sa_column=_time())
    used_at: datetime | None = Field(default=None, sa_column=_time(nullable=True))
    ended_by: str = Field(default="", sa_column=_text())


class SessionRow(SQLModel, table=True):
    """A person who logged in. The cookie's value is nowhere, only its hash."""

    __tablename__ = "session"
    hash: str = Field(primary_key=True)
    sub: str = Field(index=True)
    who: str
    role: str
    """By the provider's groups at login; a row of `role_grant` takes its place at once."""
    began_at: datetime = Field(sa_column=_time())
    used_at: datetime = Field(sa_column=_time())
    ends_at: datetime = Field(sa_column=_time())
    ended_by: str = Field(default="", sa_column=_text())


class GrantRow(SQLModel, table=True):
    """The role that an administrator gave to a person, whatever the provider's groups say."""

    __tablename__ = "role_grant"
    sub: str = Field(primary_key=True)
    role: str
    """Empty: may nothing, not even look."""
    at: datetime = Field(sa_column=_time())
    by: str
    why: str = Field(sa_column=_text())


class ProposalRow(SQLModel, table=True):
    """An act that needs a second person, before that one has agreed."""

    __tablename__ = "proposal"
    id: int | None = Field(default=None, sa_column=_key())
    at: datetime = Field(sa_column=_time())
    key: str
    """Of the first person; the second one is another."""
    intent: Any = Field(sa_column=Column(Json, nullable=False))
    ends_at: datetime = Field(sa_column=_time())
    act: int | None = None
    """What became of it; None: nothing yet."""


class AuditRow(SQLModel, table=True):
    """Who came in, and what was done or refused. Only ever added."""

    __tablename__ = "audit"
    id: int | None = Field(default=None, sa_column=_key())
    at: datetime = Field(sa_column=_time(index=True))
    who: str
    means: str
    what: str
    about: str = Field(default="", sa_column=_text())
    outcome: str
    """done | refused"""
    detail: str = Field(default="", sa_column=_text())


def table_of(row: type[SQLModel]) -> Table:
    """The table behind a row class, for statements of SQLAlchemy's core, which cost a fraction of its ORM."""
    table: Table = row.__table__  # type: ignore[attr-defined]
    return table
