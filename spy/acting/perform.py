"""One act from its wish to its row: the right to it, what it will do, and a second person where that is configured.

Page, API and command line all come through here: the right is checked in one place, and every act and every refusal
leaves an audit row.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, Engine

from spy.acting.intent import Intent, planned
from spy.config import Config
from spy.domain.act import Act, Do
from spy.domain.caller import Caller, Means, Role
from spy.domain.errors import ActError, Denied
from spy.store import acts, audit, proposals
from spy.store.engine import reading, writing


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, when, and of which store."""

    store: Engine
    config: Config
    caller: Caller
    now: datetime


@dataclass(frozen=True, slots=True)
class Done:
    act: Act
    """Without id: it was not done."""
    effect: tuple[str, ...]
    """What it does, in sentences."""
    proposal: int = 0
    """It waits under this number for a second person."""


def at_a_shell(who: str) -> Caller:
    """Whoever has a shell where the store lies may do what the store lets do; the name is what they say."""
    return Caller(who.strip(), Role.ADMIN, Means.LOCAL, who.strip())


def preview_of(asked: Asked, intent: Intent) -> Done:
    """What `perform` would do now. Denied and ActError as there; nothing is written but a refusal."""
    _check_right(asked, intent)
    return Done(*_planned(asked, intent))


def perform(asked: Asked, intent: Intent) -> Done:
    """Write the act, or propose it to a second person. Denied without the right, ActError where it is not possible."""
    _check_right(asked, intent)
    act, effect = _planned(asked, intent)
    with writing(asked.store) as connection:
        if intent.do in asked.config.acts.two_persons:
            number = proposals.add(connection, asked.caller.key, asdict(intent) | {"who": act.who}, asked.now)
            _note(connection, asked, act, f"proposed as {number}")
            return Done(act, effect, number)
        act = _written(connection, act, intent)
        _note(connection, asked, act, f"act {act.id}")
    return Done(act, effect)


def confirm(asked: Asked, number: int) -> Done:
    """The second person agrees. It is checked anew against what is now; who proposed it signs, both are named."""
    with reading(asked.store) as connection:
        row = proposals.get(connection, number, asked.now)
    intent = Intent(**row.intent | {"do": Do(row.intent["do"])})
    _check_right(asked, intent)
    if row.key == asked.caller.key:
        raise ActError(f"proposal {number} is of {intent.who}: another person must agree")
    act, effect = planned(intent, asked.config, asked.store, asked.now)
    act = replace(act, why=f"{act.why} (agreed to by {asked.caller.who})")
    with writing(asked.store) as connection:
        act = _written(connection, act, intent)
        if not proposals.settle(connection, number, act.id):
            raise ActError(f"proposal {number} was agreed to by somebody else just now")
        _note(connection, asked, act, f"agreed to proposal {number}: act {act.id}")
    return Done(act, tuple(effect))


def _written(connection: Connection, act: Act, intent: Intent) -> Act:
    """The act, and the end of the one whose place it takes, in one transaction: nothing is let go in between."""
    if intent.instead_of and not acts.end(connection, intent.instead_of, act.at, act.who):
        raise ActError(f"act {intent.instead_of}: it has ended meanwhile")
    return acts.write(connection, act)


def _planned(asked: Asked, intent: Intent) -> tuple[Act, tuple[str, ...]]:
    act, effect = planned(replace(intent, who=asked.caller.who), asked.config, asked.store, asked.now)
    return act, tuple(effect)


def _check_right(asked: Asked, intent: Intent) -> None:
    try:
        asked.caller.must_be_allowed(intent.do)
    except Denied as refused:
        with writing(asked.store) as connection:
            about = intent.chunk or str(intent.from_run or "")
            caller = asked.caller
            audit.add(
                connection, asked.now, caller.who, caller.means, intent.do, audit.REFUSED, about, detail=str(refused)
            )
        raise


def _note(connection: Connection, asked: Asked, act: Act, detail: str) -> None:
    about = str(act.run or act.from_run or "")
    audit.add(connection, asked.now, asked.caller.who, asked.caller.means, act.do, audit.DONE, about, detail)
