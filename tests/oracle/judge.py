"""Compares what the agent did with what was right: a list of sentences, empty when nothing is to be said.

Each begins with its kind: `wrong`, `doubled`, `missing` or `late`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from math import inf
from typing import Any

from tests.oracle.flags import flags
from tests.oracle.order import in_upload_order
from tests.oracle.payloads import replaced
from tests.oracle.report import Message, accepted_times, effects, in_force, messages
from tests.oracle.scenario_file import read
from tests.oracle.spans import NEVER, Spans, since, spans, until
from tests.oracle.surprise import first_surprise
from tests.oracle.tier0 import closing_times
from tests.oracle.told import Run, Told
from tests.oracle.truth import Truth, lasts, ready, required, truths, withdrawn_at

PUBLICATION_LAG = 330.0
MARGIN = 60.0
PASS = 60.0
"""Two passes of Tier0: how exactly the oracle knows the moment of a lock."""

_NOT_GATING = {"smtp", "o2o", "runregistry"}


@dataclass(frozen=True)
class Case:
    """One scenario and what the agent made of it."""

    told: Told
    sent: list[Message] = field(default_factory=list)

    @cached_property
    def closed(self) -> dict[int, float]:
        return closing_times(self.told, effects(self.sent, self.told))

    @cached_property
    def truths(self) -> dict[int, Truth]:
        return truths(self.told, effects(self.sent, self.told))

    @cached_property
    def reachable(self) -> Spans:
        """No service that the agent needs shows a fault."""
        faults = [fault.active for fault in self.told.faults if fault.service not in _NOT_GATING]
        return reduce(Spans.__sub__, faults, spans([(0, self.told.until)])) - self.told.contradicting

    @cached_property
    def undisturbed(self) -> Spans:
        """Reachable, the switch on, and the lock where the agent's configuration expects it."""
        surprise = first_surprise(self.told, self.closed, effects(self.sent, self.told))
        return (self.reachable & until(surprise)) - self.told.switched_off

    @property
    def allowance(self) -> float:
        return self.told.period + PUBLICATION_LAG + MARGIN

    def lower(self, run: Run) -> list[Run]:
        return [r for r in self.told.runs if r.number < run.number and r.transferred]


def judge(scenario: Mapping[str, Any], report: Mapping[str, Any]) -> list[str]:
    """`scenario`: the parsed file; `report`: what the step mode wrote."""
    told = read(scenario)
    if scenario.get("upload_order"):
        told = replace(told, runs=tuple(in_upload_order(told.runs)))
    case = Case(told, messages(report, told))
    said = (_wrong, _stale, _doubled, _missing_or_late, _not_withdrawn, _not_held)
    return [sentence for say in said for sentence in say(case)] + list(flags(scenario, report))


def _wrong(case: Case) -> Iterator[str]:
    by_number = {run.number: run for run in case.told.runs}
    for message in case.sent:
        if message.kind != "release" or message.accepted is None or message.run not in case.truths:
            continue
        when = f"{message.chunk} was released at {clock(message.accepted)}"
        if message.accepted not in case.truths[message.run].right:
            yield f"wrong: {when}, right is {told_spans(case.truths[message.run].right)}"
        if message.accepted > case.closed[message.run] + PASS:
            yield f"wrong: {when}, after the lock at {clock(case.closed[message.run])}"
        withdrawn = withdrawn_at(message.run, case.told.acts)
        before = min(accepted_times(case.sent, message.run, "release"))
        if withdrawn is not None and before <= withdrawn < message.accepted:
            yield f"wrong: {when}, though a person withdrew it"
        for lower in case.lower(by_number[message.run]):
            if lower.start <= message.accepted and message.accepted not in _free(case, lower):
                yield f"wrong: {when}, before the lower run {lower.number}"


def _stale(case: Case) -> Iterator[str]:
    """A message that was written before a payload was replaced speaks of another one than would be read."""
    blind = (f.active for f in case.told.faults if f.service == "conditions")
    seeing = reduce(Spans.__sub__, blind, spans([(0, case.told.until)]))
    for message in case.sent:
        if message.kind != "release" or message.accepted is None or message.accepted not in seeing:
            continue
        old = [at for at in _replaced(case, message.run) if message.written < at < message.accepted]
        if old:
            when = f"{message.chunk} was released at {clock(message.accepted)}"
            yield f"wrong: {when} on a payload that was replaced at {clock(old[0])}"


def _replaced(case: Case, number: int) -> list[float]:
    """When the payload of something that the run needs was replaced."""
    run = next(r for r in case.told.runs if r.number == number)
    needed = [c for c in run.calibrations if c.name in required(run)] if not run.is_exempt else []
    return sorted(at for c in needed for at in replaced(c, case.closed[number]))


def _free(case: Case, run: Run) -> Spans:
    """When a run does not hold the runs above it: its release is accepted, or Tier0 has passed it."""
    return in_force(case.sent, run.number) | since(case.closed[run.number])


def _doubled(case: Case) -> Iterator[str]:
    ids = [message.id for message in case.sent]
    for repeated in sorted({i for i in ids if ids.count(i) > 1}):
        yield f"doubled: message {repeated} is in the report {ids.count(repeated)} times"
    last: dict[str, str] = {}
    for message in case.sent:
        if message.accepted is None:
            continue
        if message.kind != "hold" and last.get(message.chunk) == message.kind:
            yield f"doubled: a second {message.kind} of {message.chunk} was accepted at {clock(message.accepted)}"
        last[message.chunk] = message.kind


def _missing_or_late(case: Case) -> Iterator[str]:
    for run in case.told.runs:
        window = _first_chance(case, run)
        if run.number not in case.truths or window is None:
            continue
        released = min(accepted_times(case.sent, run.number, "release"), default=None)
        if released is None:
            yield f"missing: no release of {run.number}, though it was due from {clock(window)} on"
        elif released > window + case.allowance:
            yield f"late: {run.number} was released at {clock(released)}, due from {clock(window)} on"


def _first_chance(case: Case, run: Run) -> float | None:
    """Begin of the first undisturbed time that is long enough for the release of a run and of all below it."""
    if run.number not in case.truths:
        return None
    window = case.truths[run.number].due & case.undisturbed
    for lower in case.lower(run):
        own = case.truths[lower.number].due if lower.number in case.truths else NEVER
        window &= own | _free(case, lower)
    return next((begin for begin, end in window if end - begin >= case.allowance), None)


def _not_withdrawn(case: Case) -> Iterator[str]:
    """A release that stops being right before the lock is taken back; so is one that a person withdraws."""
    for number, truth in case.truths.items():
        released = min(accepted_times(case.sent, number, "release"), default=inf)
        ends = [end for begin, end in _content(case, number) if begin <= released < end < inf]
        by_person = withdrawn_at(number, case.told.acts)
        changed = [at for at in _replaced(case, number) if at > released]
        reasons = [*ends, *changed, *([by_person] if by_person is not None and by_person > released else [])]
        moment = min(reasons, default=inf)
        begin = (since(moment) & case.reachable).first()
        if begin is None or not (case.reachable & until(truth.closed - PASS)).covers(begin, begin + case.allowance):
            continue
        if not any(w <= begin + case.allowance for w in accepted_times(case.sent, number, "withdraw") if w >= released):
            yield f"missing: no withdrawal of {number}, which stopped being right at {clock(moment)}"


def _content(case: Case, number: int) -> Spans:
    """When the release is right as far as evidence goes: what people do to it does not take it back."""
    run = next(r for r in case.told.runs if r.number == number)
    return ready(run, case.told, case.closed)


def _not_held(case: Case) -> Iterator[str]:
    for act in case.told.acts:
        if act.do != "hold_tier0" or act.run is None or act.run not in case.closed:
            continue
        run = next(r for r in case.told.runs if r.number == act.run)
        window = lasts(act, case.told.acts) & since(run.end) & until(case.closed[act.run] - PASS) & case.reachable
        begin = next((begin for begin, end in window if end - begin >= case.allowance), None)
        held = accepted_times(case.sent, act.run, "hold")
        if begin is not None and not any(moment <= begin + case.allowance for moment in held):
            yield f"missing: no hold of {act.run}, which a person asked for at {clock(act.at)}"


def told_spans(times: Spans) -> str:
    return " and ".join(f"from {clock(begin)} to {clock(end)}" for begin, end in times) or "never"


def clock(moment: float) -> str:
    """`31h07m05s`, as scenario files write offsets."""
    if abs(moment) == inf:
        return "the end" if moment > 0 else "the begin"
    minutes, second = divmod(round(moment), 60)
    return f"{minutes // 60}h{minutes % 60:02d}m" + (f"{second:02d}s" if second else "")
