"""The contract that a probe meets: what it declares, what it is given, what it yields."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal, Self

from spy.domain.evidence import Evidence, Fact, Value
from spy.domain.product import OnlineTag, Product, Products
from spy.domain.run import Run
from spy.domain.subject import Subject, of_run
from spy.endpoint import EndpointSection

Wants = Literal["http", "database"]
"""Kinds of connection: spy.http.Http, sqlalchemy.Engine."""


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run that Tier0 has not started yet, with what the ledger already holds about it."""

    run: Run
    prompt_global_tag: str = ""
    """Of the run's era; empty while the era is unknown."""
    other_global_tags: tuple[str, ...] | None = ()
    """With which Tier0 last started a run of this era, where it is another one; None: unknown."""
    known: Mapping[tuple[Subject, str], Evidence] = field(default_factory=dict)
    """Latest evidence about this run, of all sources."""

    @property
    def number(self) -> int:
        return self.run.number

    @property
    def subject(self) -> Subject:
        return of_run(self.run.instance, self.run.number)

    def value(self, name: str, subject: Subject | None = None) -> Value | None:
        """The latest value, None if unknown or never seen."""
        evidence = self.known.get((subject or self.subject, name))
        return evidence.value if evidence else None

    def is_final(self, name: str, subject: Subject | None = None) -> bool:
        """Never ask again for what cannot change."""
        evidence = self.known.get((subject or self.subject, name))
        return evidence is not None and evidence.final


@dataclass(frozen=True, slots=True)
class Open:
    """The open subjects of one look: what a probe asks about, in bulk."""

    now: datetime
    runs: Sequence[OpenRun]
    products: Products
    instance: str = "prod"
    first_safe_run: int | None = None
    """Tier0's lowest run that is not locked; None while unknown. Runs below it are history."""
    gating: frozenset[str] = frozenset()
    """Names of products that some class requires."""
    online_tags: tuple[OnlineTag, ...] = ()
    """Online tags that some class requires."""
    helper_datasets: frozenset[str] = frozenset()
    """Primary datasets of further Tier0 agents: what these start is not the start that we asked for."""
    services: Mapping[tuple[Subject, str], Evidence] = field(default_factory=dict)
    """Latest evidence about the services, of all sources."""
    seen_locked: int | None = None
    """The highest open run that Tier0 was seen to have locked; None: none of them."""

    def products_of(self, run: OpenRun) -> list[Product]:
        """Products that some declared stream of the run carries; all gating ones until the streams are known."""
        declared = run.value("producers")
        if not isinstance(declared, str):
            return [p for p in self.products.values() if p.name in self.gating]
        names = set(declared.split(","))
        return [p for p in self.products.values() if p.producer in names]


class Probe(ABC):
    """One question to one outside service. Stateless: everything it knows comes in, everything it learned comes out.

    A look must yield *everything* it is responsible for about every open run, except what is final: what a look no
    longer mentions becomes unknown. Yield `unknown(...)` where one part could not be learned; raise a SourceError
    when the whole look failed. Never catch anything broader.
    """

    name: str
    service: str
    """Key of `[service.<name>]` in the configuration; the connection is opened from it."""
    facts: tuple[Fact, ...]
    every: timedelta
    """Default period; `[probe.<name>]` of the configuration says what holds."""
    stale_after: timedelta
    """Default of how long its evidence is believed without a new look."""
    started_every: ClassVar[timedelta | None] = None
    """How often runs that Tier0 has started are still asked about, until their 48 h are over (vanished payloads).

    None: not at all. Nothing waits for them any more, so that each look need not ask about them.
    """
    wants: ClassVar[Wants] = "http"

    @abstractmethod
    def observe(self, ask: Any, open_: Open) -> Iterator[Evidence]:
        """Ask the service about the open runs. `ask` is the connection; `open_.now` is the time of the look."""


class Configured(Probe):
    """A probe of which each `[[endpoint]]` block makes one; name, service, facts and periods are the block's."""

    @classmethod
    @abstractmethod
    def from_config(cls, block: EndpointSection) -> Self:
        """Compile the block, or a ConfigError with every mistake as `key: what`; the caller names the block."""
