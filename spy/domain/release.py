"""How far the release of one chunk has come. The table of legal moves is `MOVES`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Stage(StrEnum):
    NONE = "none"
    QUEUED = "queued"
    KEPT_BACK = "kept back"
    SENT = "sent"
    AMBIGUOUS = "ambiguous"
    REFUSED = "refused"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"
    LOCKED = "locked"
    STARTED = "started"
    OVERTAKEN = "overtaken"

    @property
    def is_closed(self) -> bool:
        """Tier0 has locked the run: nothing that we send changes it any more."""
        return self in (Stage.LOCKED, Stage.STARTED, Stage.OVERTAKEN)

    @property
    def is_on_its_way(self) -> bool:
        """Queued or at Tier0, and not locked yet."""
        return self in (Stage.QUEUED, Stage.SENT, Stage.AMBIGUOUS, Stage.ACCEPTED)

    @property
    def lets_followers_go(self) -> bool:
        return self is Stage.ACCEPTED or self.is_closed


# A sent message is queued again only when it surely did not arrive: refused connection, or unknown there when asked.
MOVES: dict[Stage, frozenset[Stage]] = {
    Stage.NONE: frozenset({Stage.QUEUED, Stage.KEPT_BACK, Stage.OVERTAKEN}),
    Stage.QUEUED: frozenset({Stage.NONE, Stage.SENT, Stage.LOCKED, Stage.KEPT_BACK, Stage.OVERTAKEN}),
    Stage.KEPT_BACK: frozenset({Stage.NONE, Stage.QUEUED, Stage.OVERTAKEN}),
    Stage.SENT: frozenset(
        {Stage.QUEUED, Stage.ACCEPTED, Stage.AMBIGUOUS, Stage.REFUSED, Stage.WITHDRAWN, Stage.LOCKED, Stage.OVERTAKEN}
    ),
    Stage.AMBIGUOUS: frozenset(
        {Stage.QUEUED, Stage.ACCEPTED, Stage.SENT, Stage.REFUSED, Stage.WITHDRAWN, Stage.LOCKED, Stage.OVERTAKEN}
    ),
    Stage.REFUSED: frozenset({Stage.QUEUED, Stage.KEPT_BACK, Stage.WITHDRAWN, Stage.OVERTAKEN}),
    Stage.ACCEPTED: frozenset({Stage.WITHDRAWN, Stage.LOCKED}),
    Stage.WITHDRAWN: frozenset({Stage.QUEUED, Stage.OVERTAKEN}),
    Stage.LOCKED: frozenset({Stage.STARTED}),
    Stage.OVERTAKEN: frozenset({Stage.STARTED}),
    Stage.STARTED: frozenset(),
}


HOLDING = ("transferred", "has_bulk", "run_ended", "known_to_tier0")
"""Facts that tell whether anybody waits for a run, in the order of `holds_followers`."""


def holds_followers(transferred: object, has_bulk: object, has_ended: object, is_known: object) -> bool:
    """Whether Tier0 will ever lock this run: it must have bulk data of it. Only a plain no counts; unknown holds."""
    return transferred is not False and has_bulk is not False and not (has_ended is True and is_known is False)


@dataclass(frozen=True, slots=True)
class Release:
    """Where one chunk stands, as observed."""

    chunk: str
    stage: Stage = Stage.NONE
    since: datetime | None = None
    revision: int = 0
    """Of the decision that was sent; 0 while nothing was."""
    message_id: str = ""
    detail: str = ""
    """What the receiver or the observation said, in a sentence."""
    locked_at: datetime | None = None
    """UTC; when we saw Tier0 pass the run."""
