"""Who does what until when, what happens by itself, and whom to call."""

from __future__ import annotations

from collections.abc import Sequence

from spy.clock import age_text
from spy.domain.act import Do
from spy.domain.release import Stage
from spy.domain.verdict import State
from spy.rules import explain
from spy.store.views import about
from spy.store.views.about import STUCK, clock, joined, keeping, lock_of, silent, when
from spy.store.views.now import Now
from spy.store.views.runs import RunLine
from spy.store.views.service_line import ServiceLine

CREW = "The shift crew"
TIER0 = "tier0"
"""The service that has the switch, the lock and the receiver."""


def next_step(seen: Now) -> str:
    """About the same run as the sentence: first what a person must do, then what comes without anybody."""
    if seen.is_old:
        return (
            f"{CREW} must see at once whether the agent runs, and start it. "
            "Nothing is released while it is silent; Tier0's own clock runs on."
        )
    line = about.concern(seen)
    if seen.halt:
        # Then the time of every predicted lock is in doubt: none is told.
        return (
            f"{CREW} must ask {_tier0(seen)} what happened, and whether its delay was changed; an expert has that put "
            "right here, and only then resumes sending. Nothing is sent until then, and Tier0 may lock any run at any "
            "moment by its own clock."
        )
    if seen.stop:
        until = f" by itself at {clock(seen.stop.until)}, or" if seen.stop.until else ""
        told = f"Sending goes on{until} when an expert resumes it. {seen.stop.who} knows why it is stopped."
        return told + _lock(seen, line)
    if line is None:
        return _idle(seen)
    told = _noticed(seen, line) + _step(seen, line)
    return told if seen.sends or line.would_at else f"{told} In shadow mode nothing is sent."


def _idle(seen: Now) -> str:
    if seen.failing:
        return f"{CREW} must ask {_those_of(seen, seen.failing)} when it is back. Nothing is lost meanwhile."
    after = "the next run is followed as soon as OMS shows it"
    if lost := about.unnoticed(seen):
        return f"{CREW} must tell the coordinators, who decide whether run {lost.run} is done again; {after}."
    return f"Nobody needs to do anything: {after}."


def _noticed(seen: Now, line: RunLine) -> str:
    """What comes before the step: who is on it already, or what needs a person though the run does not."""
    on_it = next((act for act in line.acts if act.do is Do.ACKNOWLEDGE), None)
    if on_it:
        return f"{on_it.who} takes care of it since {clock(on_it.at)}: {on_it.why}. "
    if about.worst(seen) is not None:
        return ""
    if found := silent(seen):
        return f"{CREW} must ask {_those_of(seen, found)} when it is back. "
    lost = about.unnoticed(seen)
    return f"{CREW} must tell the coordinators, who decide whether run {lost.run} is done again. " if lost else ""


def _step(seen: Now, line: RunLine) -> str:
    if line.run in seen.unreached:
        told = f"{CREW} must ask {_tier0(seen)} whether its receiver runs. The agent tries again by itself,"
        return f"{told} with the same message.{_lock(seen, line)}"
    if line.stage is Stage.AMBIGUOUS:
        return (
            f"Nobody needs to do anything yet: the agent asks Tier0 by itself whether it has the release of "
            f"run {line.run}.{_lock(seen, line)}"
        )
    if line.stage in STUCK:
        asked = f"ask {_tier0(seen)} why it does not take it" if line.stage is Stage.REFUSED else "find out why"
        told = f"{CREW} must {asked}, and have an expert send it again (“Send again”) once that is settled"
        return f"{told}{_by(seen, line)}. Until then nothing is sent for it.{_otherwise(seen, line)}"
    if line.verdict is State.BLOCKED:
        return _repair(seen, line)
    if about.is_unknown(line):
        return _learn(seen, line)
    if keeping(line):
        return _kept(seen, line)
    if about.is_late(seen, line):
        call = _call(seen, line)
        names = joined(product.name for product in about.bad_products(seen, line)) or "the rest"
        told = f"{_people(seen, line)} must say whether {names} still comes{_by(seen, line)}{call}"
        return f"{told}. If so, the run {_goes(seen)} by itself.{_otherwise(seen, line)}"
    if about.is_overdue(seen, line):
        told = f"{CREW} must {_remedy(line)}. As soon as these have come the run {_goes(seen)} by itself."
        return told + _lock(seen, line)
    return _by_itself(seen, line)


def _repair(seen: Now, line: RunLine) -> str:
    outcome = line.decision.deciding if line.decision else None
    waive = f", or have the rule “{outcome.rule}” waived" if outcome else ""
    told = f"{_people(seen, line)} must {_remedy(line)}{waive}{_by(seen, line)}{_call(seen, line)}"
    return f"{told}. As soon as that is done the run {_goes(seen)} by itself.{_otherwise(seen, line)}"


def _learn(seen: Now, line: RunLine) -> str:
    if found := silent(seen):
        told = f"{CREW} must ask {_those_of(seen, found)} when it is back"
        return f"{told}. The run is judged again as soon as it answers, and not released before.{_lock(seen, line)}"
    told = f"{CREW} must {_remedy(line, 'find out why this is not known')}{_by(seen, line)}"
    return f"{told}. The run is not released before.{_otherwise(seen, line)}"


def _remedy(line: RunLine, otherwise: str = "find out why and repair it") -> str:
    outcome = line.decision.deciding if line.decision else None
    return explain.remedy(outcome, otherwise) if outcome else otherwise


def _call(seen: Now, line: RunLine) -> str:
    """Owners have mail; whether they have read it only an acknowledgement tells."""
    if any(act.do is Do.ACKNOWLEDGE for act in line.acts):
        return ""
    has_owners = any(product.owners for product in about.bad_products(seen, line))
    return "; call them, since nobody takes care of it yet" if has_owners else "; nobody takes care of it yet"


def _kept(seen: Now, line: RunLine) -> str:
    act = keeping(line)
    assert act is not None
    if act.do is Do.HOLD_TIER0:
        has_agreed = line.run in seen.held_until
        holds = "Tier0 holds it and all runs behind it" if has_agreed else "Tier0 is asked to hold it (no answer yet)"
        until = f" until {clock(act.until)}" if act.until else ""
        return f"Nobody else needs to do anything: {holds}{until}, or until {act.who} ends the hold.{_lock(seen, line)}"
    end = f"at {clock(act.until)}, or before if {act.who} lets it go" if act.until else f"when {act.who} lets it go"
    ready = "" if line.verdict is State.READY else ", if it is ready then"
    return f"Run {line.run} {_goes(seen)} {end}{ready}.{_lock(seen, line, ' All the same')}"


def _by_itself(seen: Now, line: RunLine) -> str:
    run = f"run {line.run}"
    nobody = "Nobody needs to do anything else" if _noticed(seen, line) else "Nobody needs to do anything"
    if line.end is None:
        return f"{nobody}: {run} is still being taken."
    if seen.prompt_enabled is False:
        has = "Tier0 has its release" if line.stage is Stage.ACCEPTED else f"it {_goes(seen)} all the same"
        told = f"{CREW} must ask {_tier0(seen)} why, if nobody announced it. For {run} nobody needs to do anything"
        return f"{told}: {has}, and it is used when the switch is on again.{_lock(seen, line)}"
    if line.stage is Stage.ACCEPTED:
        return f"{nobody}: Tier0 locks {run} with its next cycle."
    if line.would_at:
        told = f"{nobody}: in shadow mode nothing is sent, and {run} waits for Tier0's own clock"
    elif line.stage is Stage.QUEUED:
        told = f"{nobody}: the release of {run} is being sent"
    elif line.stage is Stage.SENT:
        told = f"{nobody}: Tier0's answer about {run} is awaited"
    else:
        soon = "in a moment" if line.verdict is State.READY else "by itself as soon as the last of this has come"
        told = f"{nobody}: {run} {_goes(seen)} {soon}"
    return f"{told}.{_lock(seen, line)}"


def _goes(seen: Now) -> str:
    return "is released" if seen.sends else "would be released"


def _by(seen: Now, line: RunLine) -> str:
    at = about.last_moment(seen, line)
    if at is None:
        return ""
    return f", by {clock(at)} (in {age_text(at - seen.now)})" if at > seen.now else " at once"


def _otherwise(seen: Now, line: RunLine) -> str:
    """After `by`: what Tier0 does at that very time."""
    at = about.last_moment(seen, line)
    if at is None or at <= seen.now:
        return _lock(seen, line)
    return f" Otherwise Tier0 locks it at that time by its own clock{_without(line)}."


def _lock(seen: Now, line: RunLine | None, however: str = "") -> str:
    """What Tier0 does on its own, and when."""
    if line is None or line.deadline is None:
        return ""
    at = lock_of(seen, line)
    if at <= seen.now:
        return f" Tier0's own lock was predicted for {when(at, seen.now)}, and is not seen yet."
    return f"{however} Tier0 locks it by its own clock at {when(at, seen.now)}{_without(line)}."


def _without(line: RunLine) -> str:
    return "" if line.verdict is State.READY else ", with what is there then"


def _people(seen: Now, line: RunLine) -> str:
    found = [product for product in about.bad_products(seen, line) if product.owners]
    if not found:
        return CREW
    detectors = joined(dict.fromkeys(product.detector for product in found))
    owners = dict.fromkeys(owner for product in found for owner in product.owners)
    return f"The {detectors} experts ({', '.join(owners)})"


def whom(seen: Now) -> tuple[str, ...]:
    """Owners of what is blocked in the run that needs a person most, or those who run the service that the next step
    asks; the crew where it is nobody's calibration and no address is known.
    """
    if seen.is_old:
        return seen.crew
    if seen.halt:
        return _operators(seen, [TIER0])
    line = about.worst(seen)
    if line is None:
        return _of_no_run(seen)
    if line.run in seen.unreached or line.stage is Stage.REFUSED:
        return _operators(seen, [TIER0])
    if kept := keeping(line):
        return (kept.who,)
    if about.is_unknown(line) and (found := silent(seen)):
        return _operators(seen, [service.service for service in found])
    owners = [owner for product in about.bad_products(seen, line) for owner in product.owners]
    return tuple(dict.fromkeys(owners)) or seen.crew


def _of_no_run(seen: Now) -> tuple[str, ...]:
    # A look that failed a moment ago is no reason to wake anybody while what it said before still counts.
    if found := silent(seen) if seen.queue else seen.failing:
        return _operators(seen, [service.service for service in found])
    if seen.stop is None and seen.prompt_enabled is False:
        return _operators(seen, [TIER0])
    return seen.crew if seen.stop or about.unnoticed(seen) else ()


def _those_of(seen: Now, services: Sequence[ServiceLine]) -> str:
    return f"those who run {about.named(services)}{_in_brackets(seen, [line.service for line in services])}"


def _tier0(seen: Now) -> str:
    return f"Tier0{_in_brackets(seen, [TIER0])}"


def _in_brackets(seen: Now, services: Sequence[str]) -> str:
    known = _addresses(seen, services)
    return f" ({', '.join(known)})" if known else ""


def _operators(seen: Now, services: Sequence[str]) -> tuple[str, ...]:
    return _addresses(seen, services) or seen.crew


def _addresses(seen: Now, services: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(seen.operators[name] for name in services if seen.operators.get(name)))


def head(seen: Now, state: State) -> str:
    """Whether a person is needed, in three words."""
    if state is State.WAITING and (called := whom(seen)):
        line = about.worst(seen)
        return "A person holds it" if line and keeping(line) and called else "Somebody should look"
    return _HEADS[state]


_HEADS = {
    State.READY: "All is well",
    State.WAITING: "Nothing to do",
    State.UNKNOWN: "Something is not known",
    State.BLOCKED: "Somebody is needed",
}
