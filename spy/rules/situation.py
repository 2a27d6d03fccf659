"""Everything a decision may look at, and nothing else: one frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from spy.clock import age_text, iso
from spy.domain.act import Act
from spy.domain.earlier import Earlier
from spy.domain.evidence import Evidence, Value
from spy.domain.run import Chunk
from spy.domain.subject import Subject, of_product, of_run, of_stream, of_tag
from spy.domain.verdict import Seen

CLOCKS_DIFFER = timedelta(minutes=2)
"""What is seen further ahead than this is the mistake of a clock."""
SETTLE_GRACE = timedelta(minutes=10)
"""How far the upload log and what it tells of in the database may be apart: the copy that is read lags behind."""


def is_of_upload(inserted: datetime, uploaded: datetime) -> bool | None:
    """Whether an interval inserted then can be what the upload of which the log tells has made; None: nobody can say.

    The log is written last: what is inserted after its word is another's, but for clocks that differ.
    """
    if uploaded - SETTLE_GRACE <= inserted <= uploaded + CLOCKS_DIFFER:
        return True
    return None if uploaded < inserted <= uploaded + SETTLE_GRACE else False


@dataclass(frozen=True, slots=True)
class LowerRun:
    """What a lower open run means for this one."""

    number: int
    has_ended: bool
    end: datetime | None
    is_settled: bool
    """Every stream that declares a producer is done."""
    is_uploaded: bool = True
    """Tier0 uploads its calibrations. False only for a run that it does not get or does not know."""


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
    earlier: Earlier = field(default_factory=Earlier)
    """What earlier runs were like, closed ones too."""
    waivers: tuple[Act, ...] = ()
    """Active ones that concern this run."""
    lock_after: timedelta = timedelta(hours=47, minutes=30)
    """Tier0's lock, after the run's end: that of the dataset which is locked first."""
    locked_first: str = ""
    """That dataset; empty: any of them."""
    upload_order_timeout: timedelta = timedelta(hours=18)
    held_until: datetime | None = None
    """UTC; end of a hold that Tier0 accepted for this run: it is not locked before."""
    dqm_grace: timedelta = timedelta(hours=1)
    """How long after a stream's end DQM may still be importing the harvest."""

    @cached_property
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

    def see(self, subject: Subject, name: str) -> tuple[Seen, datetime | None]:
        """One fact as it counts now, never seen and stale being unknown; and when a good value stops being believed."""
        evidence = self.evidence.get((subject, name))
        if evidence is None:
            return Seen(name, None, "", subject, None, None, "never seen"), None
        value: Value | None = evidence.value
        note, source, stale_at = evidence.problem, evidence.source, None
        seen_at, limit = evidence.seen_at, None
        if not evidence.final:
            seen_at, limit = self.seen_at(evidence), self.believed_for.get(source)
        if limit is not None and (stale_at := seen_at + limit) < self.now:
            value, note = None, f"stale: last seen {iso(seen_at)}, believed for {age_text(limit)}"
        elif value is not None and seen_at > self.now + CLOCKS_DIFFER:
            value, note = None, "seen in the future: a clock is wrong"
        seen = Seen(name, value, source, subject, seen_at, evidence.since, note)
        return seen, None if value is None else stale_at
