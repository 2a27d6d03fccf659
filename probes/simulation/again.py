"""What comes to a product's tags after its first payload: a second harvest, the same payload once more, a hand's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from probes.simulation.reading import Table

BY = ("tier0", "person")
PAYLOADS = ("new", "same")


@dataclass(frozen=True, slots=True)
class Again:
    """One more payload of one product of one run."""

    at: datetime
    by: str
    """tier0: one more file of this run in the upload log. person: intervals at the run itself, under no file of it."""
    payload: str
    """new | same"""
    lumis: int | None
    """Lumi tags: the last lumi section that it reaches; None: the whole run."""


def read_again(table: Table) -> Again:
    table.need("at")
    again = Again(
        at=table.time("at", datetime.max.replace(tzinfo=UTC)),
        by=table.choice("by", BY, "tier0"),
        payload=table.choice("payload", PAYLOADS, "new"),
        lumis=table.number("lumis", 0, lowest=1) or None,
    )
    table.finish()
    return again
