"""Which targets change when, and what of it arrived. Pure."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from spy.channels.signature import Secret, verify

Change = tuple[int, bool]
"""Number of the target, and whether it turned good."""
Message = tuple[float, dict[str, str], str]
"""Monotonic seconds of its arrival, headers, body."""


FIRST_RUN = 398_600
"""Target 1 is the run after it."""


def changes(count: int, seconds: int, seed: int) -> dict[Change, float]:
    """A fifth of the targets turns good at a time of its own and bad again 6 s later (in short runs sooner).

    Seconds after the window's begin; the last change leaves time to be reported within the window.
    """
    draw = random.Random(seed)
    good_for = min(6.0, seconds / 4)
    found: dict[Change, float] = {}
    for number in sorted(draw.sample(range(1, count + 1), max(1, count // 5))):
        begin = draw.uniform(0.5, seconds - good_for - 3.0)
        found[number, True], found[number, False] = begin, begin + good_for
    return found


def schedule(planned: dict[Change, float], begin: float) -> dict[str, list[tuple[float, float]]]:
    """For the server of the targets."""
    return {
        str(number): [(begin + at, begin + planned[number, False])] for (number, good), at in planned.items() if good
    }


def of_ours(log: Iterable[Message], secret: Secret) -> list[tuple[float, Change]]:
    """The agent's messages; one whose signature does not hold is a BadSignature."""
    told = []
    for at, headers, body in log:
        verify([secret], headers, body.encode(), datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC))
        data = json.loads(body)["data"]
        told.append((at, (int(data["run"]) - FIRST_RUN, data["kind"] == "release")))
    return told


def of_theirs(log: Iterable[Message]) -> list[tuple[float, Change]]:
    """Alertmanager's messages; each may carry several alerts."""
    alerts = [(at, alert) for at, _, body in log for alert in json.loads(body)["alerts"]]
    return [(at, (int(a["labels"]["instance"].rpartition("/")[2]), a["status"] == "firing")) for at, a in alerts]


@dataclass(frozen=True)
class Arrivals:
    late_s: list[float]
    """From each change to its first message."""
    missing: list[Change]
    needless: int
    """Messages beyond the one that each change is worth."""


def arrivals(planned: dict[Change, float], begin: float, told: Sequence[tuple[float, Change]]) -> Arrivals:
    first: dict[Change, float] = {}
    for at, change in sorted(told):
        if change in planned and at >= begin + planned[change]:
            first.setdefault(change, at)
    late = [first[change] - begin - at for change, at in planned.items() if change in first]
    return Arrivals(late, sorted(set(planned) - set(first)), len(told) - len(first))


def skipped_ticks(looks: Sequence[float], begin: float, end: float) -> int:
    """How many looks are not there, of one each second between two times; `looks` begin in order.

    The grid's phase is not known, and a look may begin some ms late: the ends count from 1.1 s without a look.
    """
    if not looks:
        return round(end - begin)
    between = round(looks[-1] - looks[0]) + 1 - len(looks)
    return max(0, between) + max(0, round(looks[0] - begin - 0.6)) + max(0, round(end - looks[-1] - 0.6))


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of all does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * round(share * 1000) // 1000) - 1)]
