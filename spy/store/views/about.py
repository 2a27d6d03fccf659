"""Which run the overview is about, whom it concerns and until when something can be done: all sentences ask it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from spy.clock import age_text
from spy.domain.act import Act, Do
from spy.domain.product import Product
from spy.domain.release import Stage
from spy.domain.verdict import State
from spy.store.views.now import Now, Overtaken
from spy.store.views.ready import KEEPING
from spy.store.views.runs import RunLine
from spy.store.views.service_line import ServiceLine

LAST_HOURS = timedelta(hours=6)
"""Before Tier0's lock: what only waits is then worth a call."""
COPIED_WITHIN = timedelta(hours=3)
"""After the run's end: by then the jobs that copy the online database have mostly been through."""
ONLINE_TAGS = "uncovered_online_tags"
STUCK = (Stage.REFUSED, Stage.AMBIGUOUS, Stage.WITHDRAWN)
NAMES = {
    "tier0": "Tier0",
    "oms": "OMS",
    "conditions": "the conditions database",
    "uploads": "the upload log",
    "dqm": "DQM",
    "jobs": "the job archive",
}
"""Of the services that every site has; another one goes by its name in the configuration."""


def concern(seen: Now) -> RunLine | None:
    """The run that needs a person most: the frontier if it is not well, since all wait for it; else the worst one."""
    return worst(seen) or seen.frontier


def worst(seen: Now) -> RunLine | None:
    troubled = [line for line in seen.queue if is_troubled(seen, line)]
    if troubled and troubled[0] is seen.frontier:
        return troubled[0]
    return max(troubled, key=lambda line: (line.verdict.rank, -line.run), default=None)


def is_troubled(seen: Now, line: RunLine) -> bool:
    if line.verdict is State.BLOCKED or is_unknown(line) or keeping(line) or line.run in seen.unreached:
        return True
    return line.stage in STUCK or is_late(seen, line) or is_overdue(seen, line)


def is_unknown(line: RunLine) -> bool:
    """While data are taken a run's class is not known, so neither is its verdict: that is nobody's trouble."""
    return line.verdict is State.UNKNOWN and not line.is_taken


def is_late(seen: Now, line: RunLine) -> bool:
    """It only waits, and Tier0's clock will soon wait no longer."""
    if line.verdict is not State.WAITING or line.deadline is None:
        return False
    return lock_of(seen, line) - seen.now <= LAST_HOURS


def is_overdue(seen: Now, line: RunLine) -> bool:
    """Only the copies from the online database are missing, long after the run: their jobs stand still."""
    outcome = line.decision.deciding if line.decision and line.verdict is State.WAITING else None
    copies = [one for one in outcome.seen if one.name == ONLINE_TAGS] if outcome else []
    is_copied_late = any("reaches" in one.note for one in copies) and len(line.reasons) == 1
    return is_copied_late and line.end is not None and seen.now - line.end >= COPIED_WITHIN


def unnoticed(seen: Now) -> Overtaken | None:
    """The newest run that Tier0 locked by its own clock and of which nobody said that he has seen it."""
    return next((lost for lost in seen.overtaken if not lost.is_noticed), None)


def told_lost(seen: Now) -> Overtaken | None:
    """The same where nothing else needs a person more."""
    is_all_else_well = not (seen.is_old or seen.halt or seen.stop or seen.failing) and worst(seen) is None
    return unnoticed(seen) if is_all_else_well else None


def keeping(line: RunLine) -> Act | None:
    """The act by which a person keeps it; a hold at Tier0 before a keep-back, which leaves Tier0's clock alone."""
    acts = [act for act in line.acts if act.do in KEEPING]
    return next((act for act in acts if act.do is Do.HOLD_TIER0), acts[0] if acts else None)


def lock_of(seen: Now, line: RunLine) -> datetime:
    """Tier0's own lock, a hold that it accepted included. Only for a run whose lock is predicted."""
    assert line.deadline is not None
    return max(line.deadline, seen.held_until.get(line.run, line.deadline))


def last_moment(seen: Now, line: RunLine | None) -> datetime | None:
    return lock_of(seen, line) if line and line.deadline else None


def silent(seen: Now) -> Sequence[ServiceLine]:
    """Services whose word does not count any more."""
    return [line for line in seen.failing if not line.is_believed]


def named(lines: Sequence[ServiceLine]) -> str:
    """Several probes may ask one service."""
    return joined(dict.fromkeys(NAMES.get(line.service, line.service) for line in lines))


def joined(names: Iterable[str]) -> str:
    listed = list(names)
    return " and ".join([", ".join(listed[:-1]), listed[-1]] if len(listed) > 1 else listed)


def bad_products(seen: Now, line: RunLine) -> list[Product]:
    """What is blocked of a blocked run; what has not come to one that waits; an unknown is no owner's fault."""
    state = line.verdict
    if state not in (State.BLOCKED, State.WAITING):
        return []
    return [seen.products[name] for name in line.required if line.products.get(name) is state and name in seen.products]


def clock(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def when(at: datetime, now: datetime) -> str:
    return f"{clock(at)}, in {age_text(at - now)}" if at > now else f"{clock(at)}, {age_text(now - at)} ago"
