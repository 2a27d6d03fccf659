"""What people do: every act has who, why and until when, and is a row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Do(StrEnum):
    KEEP_BACK = "keep_back"
    RELEASE_BACK = "release_back"
    HOLD_TIER0 = "hold_tier0"
    UNHOLD_TIER0 = "unhold_tier0"
    WAIVE = "waive"
    WITHDRAW = "withdraw"
    REQUEUE = "requeue"
    SILENCE = "silence"
    ACKNOWLEDGE = "acknowledge"
    STOP = "stop"
    RESUME = "resume"


ENDS = {Do.RELEASE_BACK: Do.KEEP_BACK, Do.UNHOLD_TIER0: Do.HOLD_TIER0, Do.RESUME: Do.STOP}
"""An act that ends another one; the ended row keeps its history."""


@dataclass(frozen=True, slots=True)
class Act:
    do: Do
    who: str
    why: str
    at: datetime
    run: int | None = None
    """The run it is about; None: all runs (`stop`)."""
    from_run: int | None = None
    """Instead of `run`: this run and every later one, up to `to_run` if that is given."""
    dataset: str = ""
    rule: str = ""
    """For a waiver: which rule's failure is accepted."""
    product: str = ""
    """For a waiver of a product rule: only for this product; empty: for all."""
    until: datetime | None = None
    until_tag: str = ""
    """Ends when this tag holds an interval that begins at `from_run` or later. With `to_run`: for each run by itself,
    while it would be reconstructed with an interval of this tag that a person put there after the act."""
    ended_at: datetime | None = None
    ended_by: str = ""
    id: int = 0
    to_run: int | None = None
    """With `from_run`: the last run it is about."""

    def is_active(self, now: datetime) -> bool:
        return (
            (self.at <= now) and not (self.until and self.until <= now) and not (self.ended_at and self.ended_at <= now)
        )

    def concerns(self, run: int) -> bool:
        if self.from_run is not None:
            return self.from_run <= run and (self.to_run is None or run <= self.to_run)
        return self.run is None or self.run == run
