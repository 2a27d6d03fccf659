"""What a stored decision says held its run, in one word and the things it names.

A decision keeps every rule's outcome, which is 14 to 22 KiB; its cause and reasons are enough here. The words sought
are those of `spy/rules`: one sentence per outcome, begun by the calibration or the rule that it is about. A sentence
that is not known falls to `another rule waits`. Stories in tests/contract/test_saved.py fail when the words drift.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import lru_cache

from spy.domain.verdict import State
from spy.store.views.saved.span import Cause

Told = tuple[Cause, tuple[str, ...]]

_BEHIND = re.compile(r"Tier0 uploads in run order and (run \d+) is not finished|^earlier (run \d+)$")
_NOT_DONE = re.compile(r"\bnot done: ([^;]+)")
_STALE = "stale: last seen"
# The log tells of an upload that DQM has not heard of yet: so what comes later in the chain is looked for first.
_STEPS = (
    (Cause.END_NOT_SEEN, re.compile(r"run_ended \(False\)|the run is still being taken")),
    (Cause.INTERVAL, re.compile(r"looking for it in the database|partial harvest, the rest is expected")),
    (Cause.UPLOAD_ORDER, _BEHIND),
    (Cause.HARVEST, re.compile(r"not harvested yet")),
    (Cause.UPLOAD, re.compile(r"harvested, not uploaded yet")),
    (Cause.STREAMS, _NOT_DONE),
)
_FIRST = (
    Cause.END_NOT_SEEN,
    Cause.HARVEST,
    Cause.UPLOAD,
    Cause.UPLOAD_ORDER,
    Cause.INTERVAL,
    Cause.STREAMS,
    Cause.RULE,
)
"""Where several things are missing at once, the earliest in the chain is the cause: the others follow from it."""


@lru_cache(maxsize=65536)
def cause_of(verdict: str, cause: str, reasons: str) -> Told | None:
    """Why the run was not ready; None: it was. `reasons` is JSON, as stored."""
    if verdict == State.READY:
        return None
    told: Sequence[str] = json.loads(reasons)
    if verdict == State.BLOCKED:
        return Cause.BLOCKED, (cause,)
    if verdict == State.UNKNOWN:
        is_stale = any(_STALE in reason for reason in told)
        return (Cause.OUTAGE, ()) if is_stale else (Cause.UNKNOWN, (cause,))
    return _waiting(cause, told)


def _waiting(cause: str, reasons: Sequence[str]) -> Told:
    steps: dict[Cause, list[str]] = {}
    for reason in reasons:
        about, _, text = reason.partition(": ")
        step = next((step for step, words in _STEPS if words.search(text)), Cause.RULE)
        steps.setdefault(step, []).extend(_named(step, about, text))
    if behind := _BEHIND.search(cause):
        steps.setdefault(Cause.UPLOAD_ORDER, []).append(behind[2])
    first = next((step for step in _FIRST if step in steps), Cause.RULE)
    return first, tuple(dict.fromkeys(steps.get(first, [cause])))


def _named(step: Cause, about: str, text: str) -> list[str]:
    if step is Cause.STREAMS and (streams := _NOT_DONE.search(text)):
        return streams[1].split(", ")
    if step is Cause.UPLOAD_ORDER and (run := _BEHIND.search(text)):
        return [run[1]]
    return [about]
