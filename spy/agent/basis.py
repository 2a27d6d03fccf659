"""What one verdict stood on beside the rulebook: enough to put the same board together again from the store.

Times and numbers only: the evidence itself is in the ledger. The renewals are kept here and not sought among the looks,
so that a decision outlives the retention of looks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from spy.clock import from_iso, iso


@dataclass(frozen=True, slots=True)
class Loaded:
    """When the agent came to lead it read the newest row of each fact; what it knew before is lost to it."""

    evidence: int = 0
    """Newest evidence id then."""
    good: Mapping[str, datetime] = field(default_factory=dict)
    """Probe name to its last good look until then."""


@dataclass(frozen=True, slots=True)
class Basis:
    now: datetime
    """What `judge` was given; older than the decision's own time where a person queued the same verdict again."""
    evidence: int
    """Newest evidence id on the board."""
    loaded: Loaded
    begun: Mapping[int, int]
    """Every run on the board, to the evidence id after which its facts count; 0: all of them."""
    renewed: Mapping[str, datetime]
    """Probe name to its last good look since the agent leads."""
    facts: tuple[int, int, int]
    """How many facts there were about services, the run, and earlier runs: fewer found later, and evidence was cut
    away."""
    waivers: Sequence[int] = ()
    """Ids of the acts that waived a rule for this run."""
    held_until: datetime | None = None


def packed(basis: Basis) -> dict[str, Any]:
    return {
        "now": iso(basis.now),
        "evidence": basis.evidence,
        "loaded": {"evidence": basis.loaded.evidence, "good": _told(basis.loaded.good)},
        "begun": [[run, after] for run, after in sorted(basis.begun.items())],
        "renewed": _told(basis.renewed),
        "facts": list(basis.facts),
        "waivers": list(basis.waivers),
        "held_until": iso(basis.held_until) if basis.held_until else None,
    }


def unpacked(told: Mapping[str, Any]) -> Basis:
    # A version that held no run against earlier ones counted two kinds.
    services, run, earlier = (*told["facts"], 0)[:3]
    return Basis(
        now=from_iso(told["now"]),
        evidence=told["evidence"],
        loaded=Loaded(told["loaded"]["evidence"], _times(told["loaded"]["good"])),
        begun=dict(told["begun"]),
        renewed=_times(told["renewed"]),
        facts=(services, run, earlier),
        waivers=tuple(told["waivers"]),
        held_until=from_iso(told["held_until"]) if told["held_until"] else None,
    )


def _told(times: Mapping[str, datetime]) -> dict[str, str]:
    return {name: iso(at) for name, at in sorted(times.items())}


def _times(told: Mapping[str, str]) -> dict[str, datetime]:
    return {name: from_iso(at) for name, at in told.items()}
