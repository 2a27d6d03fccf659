"""Whether anything is wrong, in one look: what the top of the page and `spy status` say."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine

from spy.domain.act import Act, Do
from spy.domain.product import Products
from spy.domain.verdict import State
from spy.store import acts, notes
from spy.store.engine import reading
from spy.store.views import about, mishaps, next_step, wording
from spy.store.views.facts import heartbeat, of_services
from spy.store.views.now import Now, Overtaken
from spy.store.views.runs import RunLine, open_lines
from spy.store.views.service_line import service_lines


@dataclass(frozen=True, slots=True)
class Overview(Now):
    """The same in sentences."""

    @property
    def sentence(self) -> str:
        """What is wrong, or that nothing is."""
        return wording.sentence(self)[1]

    @property
    def state(self) -> State:
        """As bad as the sentence is: blocked asks for a person, waiting is normal."""
        return wording.sentence(self)[0]

    @property
    def also(self) -> tuple[str, ...]:
        """What else is not as it should be, shorter."""
        return tuple(wording.also(self))

    @property
    def head(self) -> str:
        """Three words: whether a person is needed."""
        return next_step.head(self, self.state)

    @property
    def concern(self) -> RunLine | None:
        """The run that the sentence is about: the one that needs a person most, else the frontier."""
        return about.concern(self)

    @property
    def lost(self) -> Overtaken | None:
        """The run that the sentence begins with, where it is one that Tier0 locked by its own clock."""
        return about.told_lost(self)

    @property
    def next_step(self) -> str:
        """Who does what until when, and what happens by itself."""
        return next_step.next_step(self)

    @property
    def last_moment(self) -> datetime | None:
        """UTC; from then on nothing that is done helps this run: Tier0 has locked it. None: not known, or no run."""
        return about.last_moment(self, self.concern)

    @property
    def whom(self) -> tuple[str, ...]:
        """Mail addresses; empty: nobody needs to be called."""
        return next_step.whom(self)

    @property
    def kept_by(self) -> Act | None:
        """The act by which a person keeps that run."""
        line = self.concern
        return about.keeping(line) if line else None

    @property
    def on_it(self) -> tuple[Act, ...]:
        """Who said that they take care of it."""
        line = self.concern
        return tuple(act for act in line.acts if act.do is Do.ACKNOWLEDGE) if line else ()


def overview(
    store: Engine,
    now: datetime,
    stale_after: timedelta,
    products: Products | None = None,
    crew: Sequence[str] = (),
    context: Collection[str] = (),
    rules: Mapping[str, str] | None = None,
    operators: Mapping[str, str] | None = None,
) -> Overview:
    """`products`, `crew` and `operators` (of services) say whom to call; `context` names the probes on which nothing
    depends; `rules` are the rules' own sentences.
    """
    with reading(store) as connection:
        told = of_services(connection, now)
        lines = [line for line in open_lines(connection, now, products) if not line.stage.is_closed]
        return Overview(
            now=now,
            mode=notes.get(connection, notes.MODE),
            halt=notes.get(connection, notes.HALT),
            stop=next((act for act in acts.active(connection, now) if act.do is Do.STOP), None),
            heartbeat=heartbeat(connection),
            stale_after=stale_after,
            prompt_enabled=_as_bool(told.get("prompt_enabled")),
            first_safe_run=_as_int(told.get("first_safe_run")),
            newest_run=_as_int(told.get("newest_run")),
            queue=tuple(line for line in lines if line.holds_followers),
            aside=tuple(line for line in lines if not line.holds_followers),
            services=tuple(service_lines(connection, now)),
            products=products or {},
            crew=tuple(crew),
            operators=operators or {},
            context=frozenset(context),
            rules=rules or {},
            held_until=mishaps.held_until(connection, lines),
            unreached=mishaps.unreached(connection, lines, now),
            overtaken=mishaps.overtaken(connection, now),
        )


def _as_bool(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _as_int(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
