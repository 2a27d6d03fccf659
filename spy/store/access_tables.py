"""The tables of who may do what, and who did. Rows of `audit` are only ever added."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column
from sqlmodel import Field, SQLModel

from spy.store.columns import key, text, time
from spy.store.types import Json


class TokenRow(SQLModel, table=True):
    """A machine's way in. The token itself is nowhere, only its hash; rows are never removed."""

    __tablename__ = "token"
    id: int | None = Field(default=None, sa_column=key())
    name: str = Field(index=True)
    hash: str = Field(unique=True)
    """SHA-256 of the token, which has 256 random bits."""
    reaches: Any = Field(sa_column=Column(Json, nullable=False))
    role: str
    made_at: datetime = Field(sa_column=time())
    made_by: str
    ends_at: datetime = Field(sa_column=time())
    used_at: datetime | None = Field(default=None, sa_column=time(nullable=True))
    ended_by: str = Field(default="", sa_column=text())


class SessionRow(SQLModel, table=True):
    """A person who logged in. The cookie's value is nowhere, only its hash."""

    __tablename__ = "session"
    hash: str = Field(primary_key=True)
    sub: str = Field(index=True)
    who: str
    role: str
    """By the provider's groups at login; a row of `role_grant` takes its place at once."""
    began_at: datetime = Field(sa_column=time())
    used_at: datetime = Field(sa_column=time())
    ends_at: datetime = Field(sa_column=time())
    ended_by: str = Field(default="", sa_column=text())


class GrantRow(SQLModel, table=True):
    """The role that an administrator gave to a person, whatever the provider's groups say."""

    __tablename__ = "role_grant"
    sub: str = Field(primary_key=True)
    role: str
    """Empty: may nothing, not even look."""
    at: datetime = Field(sa_column=time())
    by: str
    why: str = Field(sa_column=text())


class ProposalRow(SQLModel, table=True):
    """An act that needs a second person, before that one has agreed."""

    __tablename__ = "proposal"
    id: int | None = Field(default=None, sa_column=key())
    at: datetime = Field(sa_column=time())
    key: str
    """Of the first person; the second one is another."""
    intent: Any = Field(sa_column=Column(Json, nullable=False))
    ends_at: datetime = Field(sa_column=time())
    act: int | None = None
    """What became of it; None: nothing yet."""


class AuditRow(SQLModel, table=True):
    """Who came in, and what was done or refused. Only ever added."""

    __tablename__ = "audit"
    id: int | None = Field(default=None, sa_column=key())
    at: datetime = Field(sa_column=time(index=True))
    who: str
    means: str
    what: str
    about: str = Field(default="", sa_column=text())
    outcome: str
    """done | refused"""
    detail: str = Field(default="", sa_column=text())
