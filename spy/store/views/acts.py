"""What people did: in force, waiting for a second person, over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from spy.domain.act import Act, Do
from spy.store import acts, proposals
from spy.store.engine import reading


@dataclass(frozen=True, slots=True)
class Proposal:
    number: int
    do: Do
    chunk: str
    who: str
    why: str
    at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class ActsNow:
    in_force: tuple[Act, ...]
    waiting: tuple[Proposal, ...]
    over: tuple[Act, ...]
    """The newest first."""


def acts_now(store: Engine, now: datetime, over_at_most: int = 50) -> ActsNow:
    with reading(store) as connection:
        waiting = [
            Proposal(
                number=row.id,
                do=Do(row.intent["do"]),
                chunk=row.intent["chunk"] or (f"from {row.intent['from_run']}" if row.intent["from_run"] else ""),
                who=row.intent["who"],
                why=row.intent["why"],
                at=row.at,
                ends_at=row.ends_at,
            )
            for row in proposals.waiting(connection, now)
        ]
        active = acts.active(connection, now)
        return ActsNow(tuple(active), tuple(waiting), tuple(acts.over(connection, now, over_at_most)))
