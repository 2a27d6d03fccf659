"""What the agent needs of the configuration, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from spy.agent.delays import Delays


@dataclass(frozen=True, slots=True)
class Settings:
    instance: str
    source: str
    """URI of this agent, the `source` of its events."""
    is_live: bool
    """False: shadow, everything is recorded and no release is sent."""
    page_url: str
    crew: tuple[str, ...]
    reco_delay: timedelta
    """Tier0's own release after a run's end."""
    lock_after: timedelta
    """Tier0's lock after a run's end."""
    upload_order_timeout: timedelta
    publication_lag: timedelta
    lock_alarm: timedelta
    """Predicted and observed lock may differ by so much."""
    delays: Delays | None = None
    """Of single datasets; None: all are alike."""
    prompt_global_tags: Mapping[str, str] = field(default_factory=dict)
    believed_for: Mapping[str, timedelta] = field(default_factory=dict)
    """Probe name to how long its evidence is believed."""

    @property
    def clock(self) -> Delays:
        """Tier0's own clock, as it is configured here."""
        return self.delays or Delays(self.reco_delay, self.reco_delay - self.lock_after)
