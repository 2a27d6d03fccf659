"""The overview in sentences: what is wrong, what happens next and when, whom to call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from spy.clock import age_text
from spy.domain.act import Do
from spy.domain.release import Stage
from spy.domain.verdict import State
from spy.store.views.now import Now
from spy.store.views.ready import KEEPING
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
    if not seen.queue:
        return _idle(seen)
    worst = _worst(seen)
    if worst is not None:
        return _trouble(seen, worst)
    if silent := _silent(seen):
        return State.UNKNOWN, f"{_services(silent)}: what is known about {_count(len(seen.queue))} is getting old."
    if seen.prompt_enabled is False:
        return State.WAITING, f"Tier0's prompt reconstruction is switched off: {_count(len(seen.queue))} cannot go on."
    return _normal(seen)


def _idle(seen: Now) -> tuple[State, str]:
    if seen.failing:
        return State.UNKNOWN, f"No run is in the queue, and {_services(seen.failing)}: whether there is one is unknown."
    return State.READY, "No run waits for prompt reconstruction."


def _worst(seen: Now) -> RunLine | None:
    """The run that needs a person most: the frontier if it is not well, since all wait for it; else the worst one."""
    troubled = [line for line in seen.queue if _is_troubled(line)]
    if troubled and troubled[0] is seen.frontier:
        return troubled[0]
    return max(troubled, key=lambda line: (line.verdict.rank, -line.run), default=None)


def _is_troubled(line: RunLine) -> bool:
    if line.verdict is State.BLOCKED or _is_unknown(line) or _kept(line):
        return True
    return line.stage in (Stage.REFUSED, Stage.AMBIGUOUS, Stage.WITHDRAWN)


def _is_unknown(line: RunLine) -> bool:
    """While data are taken a run's class is not known, so neither is its verdict: that is nobody's trouble."""
    return line.verdict is State.UNKNOWN and not line.is_taken


def _kept(line: RunLine) -> str:
    return next((f"{act.who}: {act.why}" for act in line.acts if act.do in KEEPING), "")


def _trouble(seen: Now, line: RunLine) -> tuple[State, str]:
    held = seen.held if line is seen.frontier else 0
    head = f"Run {line.run} holds {held} ready run{'s' * (held != 1)}: " if held else f"Run {line.run}: "
    if line.stage in (Stage.REFUSED, Stage.AMBIGUOUS, Stage.WITHDRAWN):
        return State.BLOCKED, f"{head}its release is {line.stage}: {line.detail}."
    if line.verdict is State.UNKNOWN and _silent(seen):
        return line.verdict, f"{head}it cannot be judged, since {_services(_silent(seen))}."
    if line.verdict in (State.BLOCKED, State.UNKNOWN):
        return line.verdict, f"{head}{_reason(line)}."
    return State.WAITING, f"{head}kept back by {_kept(line)}."


def _reason(line: RunLine) -> str:
    more = len(line.reasons) - 1
    return (line.headline or str(line.verdict)) + (f" (and {more} more)" if more > 0 else "")


def _normal(seen: Now) -> tuple[State, str]:
    """Nobody needs to do anything."""
    frontier = seen.queue[0]
    ready = seen.counts[State.READY]
    if frontier.verdict is State.READY:
        return State.READY, f"All is well: run {frontier.run} is ready, {_release_text(frontier)}."
    if seen.held:
        return State.WAITING, f"Run {frontier.run} waits normally, and {_count(ready)} behind it: {_reason(frontier)}."
    all_of_them = "The one open run waits" if len(seen.queue) == 1 else f"All {len(seen.queue)} open runs wait"
    return State.WAITING, f"{all_of_them} normally; next is run {frontier.run}: {_reason(frontier)}."


def _release_text(line: RunLine) -> str:
    if line.stage is Stage.NONE and line.would_at is not None:
        return f"shadow would have released it at {_clock(line.would_at)}"
    return {
        Stage.NONE: "its release is not queued yet",
        Stage.QUEUED: "its release is on its way to Tier0",
        Stage.SENT: "its release was sent to Tier0",
        Stage.ACCEPTED: "Tier0 has accepted its release",
    }.get(line.stage, f"its release is {line.stage}")


def _count(number: int) -> str:
    return "1 run" if number == 1 else f"{number} runs"


def _silent(seen: Now) -> Sequence[ServiceLine]:
    """Services whose word does not count any more."""
    return [line for line in seen.failing if not line.is_believed]


def _services(lines: Sequence[ServiceLine]) -> str:
    names = ", ".join(line.service for line in lines)
    return f"{names} {'does' if len(lines) == 1 else 'do'} not answer"


def _clock(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


# --- what else -------------------------------------------------------------------------------------------------------


def also(seen: Now) -> Iterable[str]:
    """What the sentence does not say already."""
    _, said = sentence(seen)
    if seen.is_old:
        return
    for line in seen.failing:
        problem = line.problem or "the last good look is too old to be believed"
        yield f"{line.service} does not answer since {_clock(line.last_good or line.since)}: {problem}"
    if seen.prompt_enabled is False and "switched off" not in said:
        yield "Tier0's prompt reconstruction is switched off"
    if seen.halt and "Live sending" not in said:
        yield f"live sending is stopped: {seen.halt}"
    others = [line for line in seen.queue if f"Run {line.run}" not in said]
    blocked = [line.run for line in others if line.verdict is State.BLOCKED]
    for state, runs in ((State.BLOCKED, blocked), (State.UNKNOWN, [o.run for o in others if _is_unknown(o)])):
        if runs:
            yield f"{_count(len(runs))} {'is' if len(runs) == 1 else 'are'} {state}: {_listed(runs)}"


def _listed(runs: list[int]) -> str:
    return ", ".join(map(str, runs[:5])) + (" …" if len(runs) > 5 else "")


# --- what next, and who ----------------------------------------------------------------------------------------------


def next_step(seen: Now) -> str:
    """What happens without anybody doing anything, and when."""
    if seen.is_old:
        return "Nothing is released while the agent is silent; Tier0's own clock runs on. Start the agent."
    line = seen.frontier
    if line is None:
        return "The next run is followed as soon as OMS shows it."
    lock = f"Tier0 locks run {line.run} by its own clock at {_in(line.deadline, seen.now)}" if line.deadline else ""
    step = _STEPS.get(line.stage, _undecided)(line)
    return ". ".join(part for part in (step, lock) if part) + "."


def _in(at: datetime | None, now: datetime) -> str:
    if at is None:
        return "an unknown time"
    return f"{_clock(at)}, in {age_text(at - now)}" if at > now else f"{_clock(at)}, {age_text(now - at)} ago"


def _undecided(line: RunLine) -> str:
    if line.end is None:
        return f"Run {line.run} is still being taken"
    if line.verdict is State.READY:
        return "In shadow mode nothing is sent" if line.would_at else f"Run {line.run} is released in a moment"
    if line.verdict is State.WAITING:
        return f"Run {line.run} is released as soon as the last of its calibrations is in place"
    if line.verdict is State.UNKNOWN:
        return f"Run {line.run} is not released while this is unknown"
    return f"Run {line.run} is not released before this is repaired or waived"


def _kept_back(line: RunLine) -> str:
    ends = [act.until for act in line.acts if act.do in KEEPING and act.until]
    until = f"until {_clock(max(ends))}" if ends else "until a person lets it go"
    return f"Run {line.run} is kept back {until}"


_STEPS: Mapping[Stage, Callable[[RunLine], str]] = {
    Stage.QUEUED: lambda line: f"The release of run {line.run} is being sent",
    Stage.SENT: lambda line: f"Tier0's answer about run {line.run} is awaited",
    Stage.AMBIGUOUS: lambda line: f"Tier0 is asked whether it has the release of run {line.run}",
    Stage.ACCEPTED: lambda line: f"Tier0 locks run {line.run} with its next cycle",
    Stage.REFUSED: lambda line: f"Run {line.run} is sent again only when a person asks for it",
    Stage.WITHDRAWN: lambda line: f"Run {line.run} is sent again only when a person asks for it",
    Stage.KEPT_BACK: _kept_back,
}


def whom(seen: Now) -> tuple[str, ...]:
    """Owners of what is blocked in the run that needs a person most; the crew where it is nobody's calibration."""
    if seen.is_old or seen.halt:
        return seen.crew
    line = _worst(seen)
    if line is None:
        return seen.crew if seen.failing else ()
    if kept := [act.who for act in line.acts if act.do in (*KEEPING, Do.ACKNOWLEDGE)]:
        return tuple(dict.fromkeys(kept))
    bad = [name for name in line.required if line.products.get(name) is State.BLOCKED and name in seen.products]
    owners = [owner for name in bad for owner in seen.products[name].owners]
    return tuple(dict.fromkeys(owners)) or seen.crew
