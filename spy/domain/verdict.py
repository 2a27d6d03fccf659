"""Four-way verdicts, with every rule's outcome and the values it saw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from spy.domain.evidence import Value
from spy.domain.run import Chunk


class State(StrEnum):
    """From good to bad; a chunk is as bad as the worst of its rules."""

    READY = "ready"
    WAITING = "waiting"
    UNKNOWN = "unknown"
    BLOCKED = "blocked"

    @property
    def rank(self) -> int:
        return _RANK[self]


_RANK = {State.READY: 0, State.WAITING: 1, State.UNKNOWN: 2, State.BLOCKED: 3}


def worst(states: list[State]) -> State:
    """The order is blocked, unknown, waiting, ready. No rule at all is unknown: nobody looked."""
    return max(states, key=lambda s: s.rank, default=State.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Seen:
    """One value that a rule looked at."""

    name: str
    value: Value | None
    """None: unknown, see `note`."""
    source: str
    subject: str
    seen_at: datetime | None
    since: datetime | None
    note: str = ""
    """For an unknown value why; for a derived one the comparison behind it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one rule says about one subject of a chunk."""

    rule: str
    subject: str
    state: State
    text: str
    """One sentence for people, with the values."""
    seen: tuple[Seen, ...] = ()
    shadow: bool = False
    """Shown, decides nothing."""
    waived_by: str = ""
    """Who accepted the failure; the state before the waiver is in the text."""

    @property
    def decides(self) -> bool:
        return not self.shadow


@dataclass(frozen=True, slots=True)
class Verdict:
    """Pure function of (evidence, rules, acts, now)."""

    chunk: Chunk
    state: State
    reasons: tuple[str, ...]
    """Sentences of the outcomes that made it so; for ready the exemption, or empty."""
    outcomes: tuple[Outcome, ...]
    payload_hashes: Mapping[str, str] = field(default_factory=dict)
    """Destination tag to payload hash of what is in place."""
    products: Mapping[str, State] = field(default_factory=dict)
    """Product name to the worst of its rules; advisory products too."""
    required: tuple[str, ...] = ()
    """Names of the products that gate this chunk."""
    cause: str = ""
    """Short cause class for grouping: a product, a service, `earlier run 398599`, an exemption."""
    due_at: datetime | None = None
    """When time alone may change it (a value goes stale, a grace ends): it must be made anew by then."""
    deadline: datetime | None = None
    """UTC; the predicted lock, None while the run has no end."""

    def says_the_same_as(self, other: Verdict) -> bool:
        return (self.state, self.reasons, dict(self.payload_hashes), dict(self.products)) == (
            other.state,
            other.reasons,
            dict(other.payload_hashes),
            dict(other.products),
        )
