"""Shapes of the answers. Times are ISO 8601 UTC; what is unknown is null."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from spy.domain.act import Do
from spy.domain.release import Stage
from spy.domain.verdict import State


class Answer(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class ReadinessAnswer(Answer):
    chunk: str
    answered_for: str
    """The run that was judged: a dataset or a lumi range is as ready as its run."""
    ready: bool
    prefix_ready: bool
    """It and every open run below it."""
    verdict: State
    reasons: list[str]
    revision: int
    decided_at: datetime | None
    stage: Stage
    stage_since: datetime
    stage_detail: str
    deadline: datetime | None
    """Predicted lock by Tier0's own clock."""
    note: str


class RunAnswer(Answer):
    run: int
    run_class: str
    start: datetime | None
    end: datetime | None
    is_open: bool
    verdict: State
    cause: str
    reasons: list[str]
    revision: int
    stage: Stage
    since: datetime
    detail: str
    would_at: datetime | None
    locked_at: datetime | None
    deadline: datetime | None
    products: dict[str, State]
    required: list[str]
    untracked: list[str]


class Listed(Answer):
    """One page of a list."""

    next: str | None
    """Give this back as `cursor` for the next page; null: there is none."""


class RunsAnswer(Listed):
    runs: list[RunAnswer]


class SeenAnswer(Answer):
    name: str
    value: bool | int | float | datetime | str | None
    source: str
    subject: str
    seen_at: datetime | None
    since: datetime | None
    note: str


class OutcomeAnswer(Answer):
    rule: str
    subject: str
    state: State
    text: str
    shadow: bool
    waived_by: str
    seen: list[SeenAnswer]


class DecisionAnswer(Answer):
    id: int
    chunk: str
    run: int
    revision: int
    at: datetime
    verdict: State
    cause: str
    reasons: list[str]
    products: dict[str, State]
    required: list[str]
    payload_hashes: dict[str, str]
    deadline: datetime | None
    rulebook: str
    program: str


class JudgedAnswer(DecisionAnswer):
    outcomes: list[OutcomeAnswer]


class MoveAnswer(Answer):
    at: datetime
    before: Stage
    after: Stage
    why: str


class MessageAnswer(Answer):
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
    """When it is tried next, or was tried last."""
    acked_at: datetime | None
    last_code: int | None
    last_error: str


class ActAnswer(Answer):
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


class EvidenceAnswer(Answer):
    subject: str
    name: str
    value: bool | int | float | datetime | str | None
    source: str
    seen_at: datetime
    since: datetime | None
    final: bool
    problem: str


class ChunkAnswer(Answer):
    chunk: str
    run: int
    is_open: bool
    verdict: State
    cause: str
    revision: int
    stage: Stage
    since: datetime
    """Of the stage."""
    detail: str
    message_id: str
    would_at: datetime | None
    """Shadow: when it would have been released."""
    locked_at: datetime | None
    deadline: datetime | None


class ChunksAnswer(Listed):
    chunks: list[ChunkAnswer]


class ChunkDetailAnswer(Answer):
    line: ChunkAnswer
    decision: JudgedAnswer | None
    moves: list[MoveAnswer]
    messages: list[MessageAnswer]


class RunDetailAnswer(Answer):
    line: RunAnswer
    decision: JudgedAnswer | None
    revisions: list[DecisionAnswer]
    moves: list[MoveAnswer]
    messages: list[MessageAnswer]
    acts: list[ActAnswer]
    evidence: list[EvidenceAnswer]


class ServiceAnswer(Answer):
    probe: str
    service: str
    owner: str
    state: str
    """ok, failing, refused, never asked, no longer asked"""
    is_believed: bool
    since: datetime | None
    last_look: datetime | None
    last_good: datetime | None
    last_new: datetime | None
    lag_s: float | None
    """The age of its newest data in seconds, by its own time, when we looked."""
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
    credential: str
    credential_until: datetime | None
    problem: str
    unknown: dict[str, str]
    """By field, why it is not known."""


class ServicesAnswer(Answer):
    services: list[ServiceAnswer]


class ReadinessesAnswer(Listed):
    readiness: list[ReadinessAnswer]


class FirstUnreadyAnswer(Answer):
    """The shape of Tier0's own `firstconditionsaferun`."""

    result: list[int | None]
