"""Names of a rule resolved to values: the evidence itself, or what `derive` makes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

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
        self.stale_at: datetime | None = None
        self._services = {name: subject for subject, name in situation.evidence if subject.startswith("service:")}
        self._derived: dict[tuple[str, str], Seen] = {}

    def fact(self, subject: Subject, name: str) -> Seen:
        """One fact of a source; a good value that goes stale shortens the life of the verdict."""
        seen = self.situation.see(subject, name)
        stale_at = self.situation.goes_stale_at(seen)
        if stale_at is not None and (self.stale_at is None or stale_at < self.stale_at):
            self.stale_at = stale_at
        return seen

    def of_run(self, name: str) -> Seen:
        return self.fact(self._services.get(name, self.situation.run), name)

    def once(self, name: str, key: str, make: Callable[[], Seen]) -> Seen:
        """A derived value, made once per view."""
        found = self._derived.get((name, key))
        if found is None:
            found = self._derived[name, key] = make()
        return found
