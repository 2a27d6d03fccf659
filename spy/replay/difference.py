"""What other rules would have changed for one run: when it would have become ready, and whom that concerns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from spy.clock import iso
from spy.domain.product import Product
from spy.domain.verdict import State
from spy.replay.stored import Blames, Step, StoredRun

SAME_WITHIN = timedelta(minutes=1)
"""The agent looks at time itself once a minute, and writes seconds after a look began: less is no difference."""


class Turn(StrEnum):
    """What becomes of a run's readiness under other rules."""

    SAME = "same"
    """Ready at the same moment, or never under either."""
    EARLIER = "earlier"
    LATER = "later"
    NEVER = "never"
    """It was ready; with these rules it is not before its lock."""
    NOT_SEEN = "not seen"
    """It was ready; with these rules it is not while anybody asked about it, which ended before its lock."""
    NEWLY = "newly"
    """It was never ready, and with these rules it is."""
    MISSING = "missing"
    """It cannot be decided again."""


@dataclass(frozen=True, slots=True)
class Difference:
    run: int
    turn: Turn
    stored_ready_at: datetime | None
    ready_at: datetime | None
    hours: float | None
    """How much later; negative: earlier. None: one of the two has no time."""
    reasons: tuple[str, ...] = ()
    """Why: what these rules miss where the stored ones were content, or the other way round; what is missing."""
    rules: tuple[str, ...] = ()
    """The rules behind these reasons."""
    products: tuple[str, ...] = ()
    """The products behind them."""
    detectors: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    released_at: datetime | None = None
    """When its release was queued, or in shadow would have been."""
    before_release: bool = False
    """These rules would have released it before it was released: was that right?"""
    looked_until: datetime | None = None
    """When asking about the run ended."""


@dataclass(frozen=True, slots=True)
class Because:
    """The verdict that explains a difference."""

    reasons: tuple[str, ...] = ()
    blames: Blames = ()


def ready_at(steps: Iterable[Step]) -> datetime | None:
    """When a run became ready for the first time: that is when its release is queued, runs below permitting."""
    return next((step.at for step in steps if step.state == State.READY), None)


def step_at(steps: Sequence[Step], at: datetime) -> Step | None:
    """What held at a moment."""
    return next((step for step in reversed(steps) if step.at <= at), None)


def turn_of(stored: StoredRun, steps: Sequence[Step]) -> Turn:
    """How the run's readiness differs. `steps`: under the other rules."""
    if stored.missing:
        return Turn.MISSING
    was, now = ready_at(stored.steps), ready_at(steps)
    if now is None:
        if was is None:
            return Turn.SAME
        ended = stored.until is not None and stored.deadline is not None and stored.until < stored.deadline
        return Turn.NOT_SEEN if ended else Turn.NEVER
    if was is None:
        return Turn.NEWLY
    if abs(now - was) <= SAME_WITHIN:
        return Turn.SAME
    return Turn.EARLIER if now < was else Turn.LATER


def difference(
    stored: StoredRun, steps: Sequence[Step], turn: Turn, because: Because, products: Mapping[str, Product]
) -> Difference:
    was, now = ready_at(stored.steps), None if stored.missing else ready_at(steps)
    named = tuple(dict.fromkeys(product for _, product in because.blames if product))
    known = [products[name] for name in named if name in products]
    released = stored.released_at
    return Difference(
        run=stored.run,
        turn=turn,
        stored_ready_at=was,
        ready_at=now,
        hours=(now - was).total_seconds() / 3600 if was and now else None,
        reasons=(stored.missing,) if stored.missing else because.reasons,
        rules=tuple(dict.fromkeys(rule for rule, _ in because.blames)),
        products=named,
        detectors=tuple(dict.fromkeys(product.detector for product in known)),
        owners=tuple(dict.fromkeys(owner for product in known for owner in product.owners)),
        released_at=released,
        before_release=now is not None and turn in (Turn.EARLIER, Turn.NEWLY) and (released is None or now < released),
        looked_until=stored.until,
    )


def sentence(found: Sequence[Difference]) -> str:
    """All of it in one sentence."""
    counts = {turn: sum(one.turn is turn for one in found) for turn in Turn}
    hours = {turn: abs(sum(one.hours or 0.0 for one in found if one.turn is turn)) for turn in Turn}
    they = "it was" if len(found) == 1 else "they were"
    texts = {
        Turn.EARLIER: f"ready earlier ({hours[Turn.EARLIER]:.1f} h together)",
        Turn.LATER: f"ready later ({hours[Turn.LATER]:.1f} h together)",
        Turn.NEVER: "never ready",
        Turn.NOT_SEEN: f"not ready while {they} asked about",
        Turn.NEWLY: "ready that never were",
        Turn.MISSING: "cannot be decided again",
        Turn.SAME: f"as {they}",
    }
    told = ", ".join(f"{counts[turn]} {text}" for turn, text in texts.items() if counts[turn])
    return f"With other rules, of {len(found)} run{'s' * (len(found) != 1)}: {told or 'none was decided then'}."


def in_words(one: Difference) -> str:
    """What becomes of one run, in a sentence."""
    if one.turn is Turn.MISSING:
        return "cannot be decided again"
    if one.turn is Turn.NOT_SEEN and one.looked_until:
        return f"not ready while it was asked about, which ended at {iso(one.looked_until)}; later is not known"
    if one.hours is not None and one.turn is not Turn.SAME:
        return f"ready {abs(one.hours):.1f} h {one.turn}"
    return {Turn.NEVER: "not ready before its lock", Turn.NEWLY: "ready, though it never was"}.get(one.turn, "the same")
