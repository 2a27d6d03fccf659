"""Everything a decision may look at, and nothing else: one frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from spy.clock import age_text, iso
from spy.domain.act import Act
from spy.domain.evidence import Evidence, Value
from spy.domain.run import Chunk
from spy.domain.subject import Subject, of_product, of_run, of_stream, of_tag
from spy.domain.verdict import Seen


@dataclass(frozen=True, slots=True)
class LowerRun:
    """What a lower open run means for this one."""

    number: int
    has_ended: bool
    end: datetime | None
    is_settled: bool
    """Every stream that declares a producer is done."""


@dataclass(frozen=True)
class Situation:
    chunk: Chunk
    now: datetime
    evidence: Mapping[tuple[Subject, str], Evidence]
    """Of the run and of the services."""
    instance: str = "prod"
    believed_for: Mapping[str, timedelta] = field(default_factory=dict)
    """Probe name to how long its evidence is believed without a new look."""
    renewed: Mapping[str, datetime] = field(default_factory=dict)
    """Probe name to its last good look, which saw everything that it did not change."""
    lower_runs: tuple[LowerRun, ...] = ()
    newer_runs_exist: bool = False
    waivers: tuple[Act, ...] = ()
    """Active ones that concern this run."""
    lock_after: timedelta = timedelta(hours=47, minutes=30)
    """Tier0's lock, after the run's end: that of the dataset which is locked first."""
    locked_first: str = ""
    """That dataset; empty: any of them."""
    upload_order_timeout: timedelta = timedelta(hours=18)
    held_until: datetime | None = None
    """UTC; end of a hold that Tier0 accepted for this run: it is not locked before."""
    settle_grace: timedelta = timedelta(minutes=10)
    """How long "log says done, database has nothing" may be replication lag."""
    dqm_grace: timedelta = timedelta(hours=1)
    """How long after a stream's end DQM may still be importing the harvest."""

    @property
    def run(self) -> Subject:
        return of_run(self.instance, self.chunk.run)

    def stream(self, name: str) -> Subject:
        return of_stream(self.instance, self.chunk.run, name)

    def product(self, name: str) -> Subject:
        return of_product(self.instance, self.chunk.run, name)

    def tag(self, name: str) -> Subject:
        return of_tag(self.instance, self.chunk.run, name)

    def seen_at(self, evidence: Evidence) -> datetime:
        """When a fact was last seen so; a source's later good look renews what it did not change."""
        renewed = self.renewed.get(evidence.source)
        return evidence.seen_at if evidence.final or renewed is None else max(evidence.seen_at, renewed)

    def see(self, subject: Subject, name: str) -> Seen:
        """One fact as it counts now: never seen and stale are unknown."""
        evidence = self.evidence.get((subject, name))
        if evidence is None:
            return Seen(name, None, "", subject, None, None, "never seen")
        value: Value | None = evidence.value
        note = evidence.problem
        limit, seen_at = self.believed_for.get(evidence.source), self.seen_at(evidence)
        if not evidence.final and limit is not None and self.now - seen_at > limit:
            value, note = None, f"stale: last seen {iso(seen_at)}, believed for {age_text(limit)}"
        elif value is not None and seen_at > self.now + timedelta(minutes=2):
            value, note = None, "seen in the future: a clock is wrong"
        return Seen(name, value, evidence.source, subject, seen_at, evidence.since, note)

    def goes_stale_at(self, seen: Seen) -> datetime | None:
        """When a good value stops being believed; None if never."""
        evidence = self.evidence.get((Subject(seen.subject), seen.name))
        if evidence is None or evidence.final or seen.value is None:
            return None
        limit = self.believed_for.get(evidence.source)
        return self.seen_at(evidence) + limit if limit is not None else None
