"""When Tier0's own clock locks a run, whose primary datasets may each have a delay of their own.

The first dataset that is locked closes the conditions of the whole run, whether anybody reconstructs it or not: that is
the last moment of use. Later runs wait in the run order of their agent until the last dataset is locked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Lock:
    after: timedelta
    """From the run's end."""
    dataset: str
    """Empty: any of which nothing special is configured."""


@dataclass(frozen=True, slots=True)
class Delays:
    reco_delay: timedelta
    lock_offset: timedelta
    of_dataset: Mapping[str, timedelta] = field(default_factory=dict)
    """Primary datasets with a delay of their own."""
    helpers: frozenset[str] = frozenset()
    """Datasets of further Tier0 agents, each with a run order of its own."""

    def first(self, datasets: object) -> Lock:
        """The lock that closes the run. `datasets`: comma-joined as OMS tells; unknown counts as all there are."""
        return min(self._locks(datasets), key=lambda lock: (lock.after, lock.dataset))

    def last(self, datasets: object) -> Lock:
        """The lock that lets later runs go on, in the main agent's order."""
        locks = self._locks(datasets)
        own = [lock for lock in locks if lock.dataset not in self.helpers] or locks
        return max(own, key=lambda lock: (lock.after, lock.dataset))

    def first_of_helpers(self, datasets: object) -> Lock | None:
        """The first lock by a further agent: it closes all lower runs too. None: no such dataset, or none known."""
        if not isinstance(datasets, str):
            return None
        locks = [self._lock(name) for name in datasets.split(",") if name in self.helpers]
        return min(locks, key=lambda lock: (lock.after, lock.dataset), default=None)

    def _locks(self, datasets: object) -> list[Lock]:
        if isinstance(datasets, str) and datasets:
            return [self._lock(name) for name in datasets.split(",")]
        return [Lock(self.reco_delay - self.lock_offset, ""), *map(self._lock, self.of_dataset)]

    def _lock(self, name: str) -> Lock:
        own = self.of_dataset.get(name)
        special = own is not None or name in self.helpers
        return Lock((self.reco_delay if own is None else own) - self.lock_offset, name if special else "")
