"""The overview in sentences: what is wrong, and what else is not as it should be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from spy.clock import age_text
from spy.domain.act import Do
from spy.domain.release import Stage
from spy.domain.verdict import State
from spy.store.views.about import STUCK, clock, is_late, is_unknown, keeping, lock_of, named, silent, told_lost, worst
from spy.store.views.now import Now
from spy.store.views.runs import RunLine
from spy.store.views.service_line import ServiceLine


def sentence(seen: Now) -> tuple[State, str]:
    """Whether anything is wrong. The first of these that is so; the order is the order of what matters."""
    if seen.age is None:
        return State.UNKNOWN, "The agent has never looked: nothing is known."
    if seen.is_old:
        return State.UNKNOWN, f"No data for {age_text(seen.age)}: nothing shown here can be trusted."
    if seen.halt:
        return State.BLOCKED, f"Live sending is stopped: {seen.halt}."
    if seen.stop:
        return State.BLOCKED, f"All releases are stopped by {seen.stop.who}: {seen.stop.why}."
    if lost := told_lost(seen):
        head = f"Tier0 locked run {lost.run} by its own clock at about {clock(lost.at)}, and {lost.why}."
        return State.WAITING, f"{head} {_of_queue(seen)[1]}"
    return _of_queue(seen)


def _of_queue(seen: Now) -> tuple[State, str]:
    if not seen.queue:
        return _idle(seen)
    line = worst(seen)
    if line is not None:
        return _trouble(seen, line)
    if found := silent(seen):
        return State.UNKNOWN, f"{_dead(found)}: what is known about {_count(len(seen.queue))} is getting old."
    if seen.prompt_enabled is False:
        return State.WAITING, f"Tier0's prompt reconstruction is switched off: {_count(len(seen.queue))} cannot go on."
    return _normal(seen)


def _idle(seen: Now) -> tuple[State, str]:
    if seen.failing:
        return State.UNKNOWN, f"No run is in the queue, and {_dead(seen.failing)}: whether there is one is unknown."
    return State.READY, "No run waits for prompt reconstruction."


def _trouble(seen: Now, line: RunLine) -> tuple[State, str]:
    held = seen.held if line is seen.frontier else 0
    head = f"Run {line.run} holds {held} ready run{'s' * (held != 1)}: " if held else f"Run {line.run}: "
    if line.run in seen.unreached:
        lost = seen.unreached[line.run]
        since = f"for {age_text(seen.now - lost.since)} ({lost.attempts} attempts)"
        return State.BLOCKED, f"{head}it is ready, but Tier0 has not taken its release {since}: {lost.error}."
    if line.stage in STUCK:
        return State.BLOCKED, f"{head}its release is {line.stage}: {line.detail}."
    if line.verdict is State.UNKNOWN and (found := silent(seen)):
        return line.verdict, f"{head}it cannot be judged, since {_dead(found)}."
    if line.verdict in (State.BLOCKED, State.UNKNOWN):
        return line.verdict, f"{head}{reason(seen, line)}."
    if act := keeping(line):
        how = "held at Tier0" if act.do is Do.HOLD_TIER0 else "kept back"
        return State.WAITING, f"{head}{how} by {act.who}: {act.why}."
    if not is_late(seen, line):
        return State.WAITING, f"{head}{reason(seen, line)}."
    left = age_text(lock_of(seen, line) - seen.now)
    return State.WAITING, f"{head}only {left} are left before Tier0 locks it, and {line.missing}."


def reason(seen: Now, line: RunLine) -> str:
    """The first reason in words, and how many more there are."""
    if line.is_taken:
        return "data are still being taken"
    more = len(line.reasons) - 1
    told = (line.headline or str(line.verdict)) + _own_words(seen, line)
    return told + (f" (and {more} more reason{'s' * (more > 1)})" if more > 0 else "")


def _own_words(seen: Now, line: RunLine) -> str:
    """The rule's own sentence, where it is a rule of the site's own that no word is known for."""
    outcome = line.decision.deciding if line.decision else None
    wanted = seen.rules.get(outcome.rule, "") if outcome else ""
    is_raw = outcome is not None and f"{outcome.rule} {outcome.state}" in line.headline
    return f", and the rule is: {wanted}" if wanted and is_raw else ""


def _normal(seen: Now) -> tuple[State, str]:
    """Nobody needs to do anything."""
    frontier = seen.queue[0]
    ready = seen.counts[State.READY]
    if frontier.verdict is State.READY:
        return State.READY, f"All is well: run {frontier.run} is ready, {_release_text(frontier)}."
    if seen.held:
        head = f"Run {frontier.run} waits normally, and {_count(ready)} behind it"
        return State.WAITING, f"{head}: {reason(seen, frontier)}."
    all_of_them = "The one open run waits" if len(seen.queue) == 1 else f"All {len(seen.queue)} open runs wait"
    return State.WAITING, f"{all_of_them} normally; next is run {frontier.run}: {reason(seen, frontier)}."


def _release_text(line: RunLine) -> str:
    if line.stage is Stage.NONE and line.would_at is not None:
        return f"shadow would have released it at {clock(line.would_at)}"
    return {
        Stage.NONE: "its release is not queued yet",
        Stage.QUEUED: "its release is on its way to Tier0",
        Stage.SENT: "its release was sent to Tier0",
        Stage.ACCEPTED: "Tier0 has accepted its release",
    }.get(line.stage, f"its release is {line.stage}")


def _count(number: int) -> str:
    return "1 run" if number == 1 else f"{number} runs"


def _dead(lines: Sequence[ServiceLine]) -> str:
    names = named(lines)
    return f"{names} {'do' if ' and ' in names else 'does'} not answer"


# --- what else -------------------------------------------------------------------------------------------------------


def also(seen: Now) -> Iterable[str]:
    """What the sentence does not say already."""
    _, said = sentence(seen)
    if seen.is_old:
        return
    for line in {line.service: line for line in reversed(seen.failing)}.values():
        since = clock(line.last_good or line.since)
        yield f"{named([line])} has given no good answer since {since}: {_problem(line)}"
    if seen.prompt_enabled is False and "switched off" not in said:
        yield "Tier0's prompt reconstruction is switched off"
    if seen.halt and "Live sending" not in said:
        yield f"live sending is stopped: {seen.halt}"
    for past in [past for past in seen.overtaken if f"run {past.run} by its own clock at about" not in said]:
        yield f"Tier0 locked run {past.run} by its own clock at about {clock(past.at)}, and {past.why}"
    others = [line for line in seen.queue if f"Run {line.run}" not in said]
    blocked = [line.run for line in others if line.verdict is State.BLOCKED]
    for state, runs in ((State.BLOCKED, blocked), (State.UNKNOWN, [o.run for o in others if is_unknown(o)])):
        if runs:
            yield f"{_count(len(runs))} {'is' if len(runs) == 1 else 'are'} {state}: {_listed(runs)}"


def _problem(line: ServiceLine) -> str:
    """Without the request that it was about, which only experts can read: the page of services has it whole."""
    request, colon, what = line.problem.partition(": ")
    is_request = bool(colon) and " " not in request and not request.startswith(("DPY-", "ORA-"))
    return (what if is_request else line.problem) or "the last good look is too old to be believed"


def _listed(runs: list[int]) -> str:
    return ", ".join(map(str, runs[:5])) + (" …" if len(runs) > 5 else "")
