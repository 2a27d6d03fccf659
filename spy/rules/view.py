"""Names of a rule resolved to values: the evidence itself, or what `derive` makes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

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
        self.due_at: datetime | None = None
        """When time alone may change what is seen here; None: never."""
        self._services = {name: subject for subject, name in situation.evidence if subject.startswith("service:")}
        self._derived: dict[tuple[str, str], Seen] = {}

    def fact(self, subject: Subject, name: str) -> Seen:
        """One fact of a source; a good value that goes stale shortens the life of the verdict."""
        seen = self.situation.see(subject, name)
        self.wake(self.situation.goes_stale_at(seen))
        return seen

    def wake(self, at: datetime | None) -> None:
        """Look again at this time, but not before the next minute: who waits for another look is asked each minute."""
        if at is not None:
            at = max(at, self.situation.now + timedelta(minutes=1))
            self.due_at = at if self.due_at is None else min(at, self.due_at)

    def of_run(self, name: str) -> Seen:
        return self.fact(self._services.get(name, self.situation.run), name)

    def once(self, name: str, key: str, make: Callable[[], Seen]) -> Seen:
        """A derived value, made once per view."""
        found = self._derived.get((name, key))
        if found is None:
            found = self._derived[name, key] = make()
        return found
