"""Names of a rule resolved to values: the evidence itself, or what `derive` makes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from datetime import datetime, timedelta

from spy.domain.earlier import Earlier
from spy.domain.product import Product, Required
from spy.domain.subject import Subject
from spy.domain.verdict import Seen
from spy.rules.situation import Situation


class View:
    """What one run looks like now. Remembers what was looked at, to know when it goes stale."""

    def __init__(self, situation: Situation, products: Mapping[str, Product], classes: Mapping[str, Required]) -> None:
        self.situation = situation
        self.products = products
        self.classes = classes
        self.wakes_at: datetime | None = None
        """When time alone may change what is seen here, staleness apart; None: never."""
        self.stale_at: datetime | None = None
        """When the first value that was looked at goes stale, if nobody looks; None: never."""
        self.is_held = False
        """Whether earlier runs were asked for."""
        self._services = {name: subject for subject, name in situation.evidence if subject.startswith("service:")}
        self.gating: dict[str, tuple[str, ...]] = {}
        """Product name to the tags that feed prompt reconstruction, as far as they were asked for and are known."""
        self._facts: dict[tuple[Subject, str], Seen] = {}
        self._derived: dict[tuple[str, str], Seen] = {}
        self._soonest = situation.now + timedelta(minutes=1)

    def fact(self, subject: Subject, name: str) -> Seen:
        """One fact of a source; a good value that goes stale shortens the life of the verdict."""
        key = subject, name
        seen = self._facts.get(key)
        if seen is None:
            seen, stale_at = self.situation.see(subject, name)
            self._facts[key] = seen
            if stale_at is not None and (self.stale_at is None or stale_at < self.stale_at):
                self.stale_at = stale_at
        return seen

    def wake(self, at: datetime | None) -> None:
        """Look again at this time; a past one is the next minute."""
        if at is not None and (self.wakes_at is None or at < self.wakes_at):
            self.wakes_at = at

    @property
    def earlier(self) -> Earlier:
        """Numbers and payloads of the runs before, which this one is held against."""
        self.is_held = True
        return self.situation.earlier

    @property
    def due_at(self) -> datetime | None:
        """When time alone may change what is seen here; not before the next minute: who waits is asked each minute."""
        times = [at for at in (self.wakes_at, self.stale_at) if at is not None]
        return max(min(times), self._soonest) if times else None

    @property
    def read(self) -> Set[tuple[Subject, str]]:
        """Every fact of a source that was looked at, there or not."""
        return self._facts.keys()

    def of_run(self, name: str) -> Seen:
        return self.fact(self._services.get(name, self.situation.run), name)

    def once(self, name: str, make: Callable[[View], Seen]) -> Seen:
        """A derived value of the run, made once per view."""
        found = self._derived.get((name, ""))
        if found is None:
            found = self._derived[name, ""] = make(self)
        return found

    def once_of(self, product: Product, name: str, make: Callable[[View, Product], Seen]) -> Seen:
        """A derived value of one product, made once per view."""
        found = self._derived.get((name, product.name))
        if found is None:
            found = self._derived[name, product.name] = make(self, product)
        return found
