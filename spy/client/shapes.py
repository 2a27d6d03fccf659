"""What the API answers, as frozen values. Times are aware and UTC; None is what the API tells as null."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from spy.domain.act import Do
from spy.domain.caller import Means, Role
from spy.domain.release import Stage
from spy.domain.verdict import State

FactValue = bool | int | float | str | None
"""A time is text, ISO 8601: JSON has no other way to tell it."""


@dataclass(frozen=True, slots=True)
class Readiness:
    chunk: str
    answered_for: str
    ready: bool
    prefix_ready: bool
    """It and every open run below it: Tier0 could lock it now."""
    verdict: State
    reasons: tuple[str, ...]
    revision: int
    decided_at: datetime | None
    stage: Stage
    stage_since: datetime
    stage_detail: str
    deadline: datetime | None
    """Predicted lock by Tier0's own clock."""
    note: str


@dataclass(frozen=True, slots=True)
class Run:
    run: int
    run_class: str
    start: datetime | None
    end: datetime | None
    is_open: bool
    verdict: State
    cause: str
    reasons: tuple[str, ...]
    revision: int
    stage: Stage
    since: datetime
    detail: str
    would_at: datetime | None
    locked_at: datetime | None
    deadline: datetime | None
    products: Mapping[str, State]
    required: tuple[str, ...]
    untracked: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chunk:
    chunk: str
    run: int
    is_open: bool
    verdict: State
    cause: str
    revision: int
    stage: Stage
    since: datetime
    detail: str
    message_id: str
    would_at: datetime | None
    locked_at: datetime | None
    deadline: datetime | None


@dataclass(frozen=True, slots=True)
class Decision:
    id: int
    """Grows over all runs: the place in the stream of changes."""
    chunk: str
    run: int
    revision: int
    at: datetime
    verdict: State
    cause: str
    reasons: tuple[str, ...]
    products: Mapping[str, State]
    required: tuple[str, ...]
    payload_hashes: Mapping[str, str]
    deadline: datetime | None
    rulebook: str
    program: str


@dataclass(frozen=True, slots=True)
class Fact:
    subject: str
    name: str
    value: FactValue
    source: str
    seen_at: datetime
    since: datetime | None
    final: bool
    problem: str


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing in the course of a run."""

    lane: str
    """data taking | express | harvest | upload | interval | verdict | human act | message | release | Tier0"""
    begin: datetime
    """The source's own time where it gives one, else when the agent saw it: `is_seen`."""
    end: datetime | None
    """None: a moment, or what goes on still: `goes_on`."""
    what: str
    text: str
    state: State | None
    goes_on: bool
    is_seen: bool


@dataclass(frozen=True, slots=True)
class ProductInRun:
    run: int
    name: str
    state: State
    required: bool
    is_tracked: bool
    payload_hashes: Mapping[str, str]
    texts: tuple[str, ...]
    revision: int
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class Service:
    probe: str
    service: str
    owner: str
    """Whom to call; empty: the site's configuration names nobody."""
    state: str
    """ok | failing | refused | never asked | no longer asked"""
    is_believed: bool
    """Whether its evidence still counts."""
    since: datetime | None
    last_look: datetime | None
    last_good: datetime | None
    last_new: datetime | None
    lag_s: float | None
    """The age of its newest data, by its own time, when it was asked."""
    next_look: datetime | None
    looks: int
    """In the last 24 h."""
    failed: int
    error_rate: float | None
    p95_ms: float | None
    took_ms: float | None
    requests: int
    has_breaker: bool
    breaker_until: datetime | None
    """It is left in peace until then."""
    credential: str
    credential_until: datetime | None
    problem: str
    unknown: Mapping[str, str]
    """By field, why it is not known."""


@dataclass(frozen=True, slots=True)
class Message:
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
class Act:
    id: int
    do: Do
    who: str
    why: str
    at: datetime
    run: int | None
    from_run: int | None
    to_run: int | None
    dataset: str
    rule: str
    product: str
    until: datetime | None
    until_tag: str
    ended_at: datetime | None
    ended_by: str


@dataclass(frozen=True, slots=True)
class Alert:
    about: str
    """run | service | message"""
    name: str
    run: int | None
    state: State
    cause: str
    text: str
    since: datetime
    acknowledged: Act | None
    silenced: Act | None
    mails: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Done:
    done: bool
    """False: a preview, or a second person has to agree."""
    act: Act
    effect: tuple[str, ...]
    proposal: int
    """The number under which it waits for a second person; 0: it does not wait."""


@dataclass(frozen=True, slots=True)
class Audited:
    id: int
    at: datetime
    who: str
    means: str
    what: str
    about: str
    outcome: str
    detail: str


@dataclass(frozen=True, slots=True)
class Me:
    who: str
    role: Role
    means: Means
