"""The facts behind the top of the page: mode, heartbeat, Tier0's switch, the queue, the services."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from spy.domain.act import Act
from spy.domain.product import Products
from spy.domain.verdict import State
from spy.store.views.runs import RunLine
from spy.store.views.service_line import ServiceLine


@dataclass(frozen=True, slots=True)
class Undelivered:
    since: datetime
    error: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Overtaken:
    run: int
    at: datetime
    """When we saw it."""
    why: str
    """What was missing when it was last judged, in words."""
    is_noticed: bool
    """Somebody acknowledged it."""


@dataclass(frozen=True, slots=True)
class Now:
    """The state of the whole, as of `now`."""

    now: datetime
    mode: str
    """shadow | live; empty while no agent ever ran on this store."""
    halt: str
    """Why live sending is stopped; empty: it is not."""
    stop: Act | None
    """A person's global stop in force."""
    heartbeat: datetime | None
    """When the agent last took a look in."""
    stale_after: timedelta
    prompt_enabled: bool | None
    """Tier0's switch of prompt reconstruction; None: unknown."""
    first_safe_run: int | None
    """Tier0's first condition-safe run; None: unknown."""
    newest_run: int | None
    """Of OMS; None: unknown."""
    queue: tuple[RunLine, ...]
    """Open runs that Tier0 has not locked and that hold their followers, the lowest first; its head is the frontier."""
    aside: tuple[RunLine, ...]
    """Open runs that hold nobody: Tier0 never got them."""
    services: tuple[ServiceLine, ...]
    products: Products
    crew: tuple[str, ...]
    operators: Mapping[str, str]
    """Service to the address of those who run it, where the configuration has one."""
    context: frozenset[str]
    """Probes on which nothing depends."""
    rules: Mapping[str, str]
    """Rule name to its own sentence in the configuration."""
    held_until: Mapping[int, datetime]
    """Run to the end (UTC) of a hold that Tier0 accepted."""
    unreached: Mapping[int, Undelivered]
    """Runs whose release Tier0's receiver has not taken, though it was tried for a while."""
    overtaken: tuple[Overtaken, ...]
    """Runs that Tier0 locked by its own clock in the last hours, the newest first."""

    @property
    def age(self) -> timedelta | None:
        return self.now - self.heartbeat if self.heartbeat else None

    @property
    def is_old(self) -> bool:
        """Nothing shown can be trusted."""
        return self.age is None or self.age > self.stale_after

    @property
    def sends(self) -> bool:
        """False: a shadow agent, which sends nothing whatever it decides."""
        return self.mode != "shadow"

    @property
    def frontier(self) -> RunLine | None:
        """The lowest open run that is not locked: Tier0 can lock nothing behind it."""
        return self.queue[0] if self.queue else None

    @property
    def counts(self) -> Mapping[State, int]:
        """Runs in the queue by verdict."""
        return {state: sum(line.verdict is state for line in self.queue) for state in State}

    @property
    def failing(self) -> tuple[ServiceLine, ...]:
        """Services whose silence somebody should know about: those that are context only are left out."""
        return tuple(
            line
            for line in self.services
            if line.probe not in self.context and (line.state != "ok" or not line.is_believed)
        )

    @property
    def held(self) -> int:
        """Ready runs that wait only for the frontier run."""
        return sum(line.verdict is State.READY for line in self.queue[1:])
