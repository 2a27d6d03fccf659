"""What is remembered of earlier runs, closed ones too: enough to hold a run's numbers and payloads against theirs.

The newest value of each fact, whatever order the runs came in: so it can be put together again from the ledger.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping

from spy.domain.evidence import Value
from spy.domain.number import RUNS, Past
from spy.domain.subject import Subject, part_of, run_of

FACTS = ("number", "run_class", "since_run", "payload_hash", "payload_bytes")
"""Names that are remembered."""
SPAN = 500
"""How many run numbers back anything is looked for: about two weeks."""

KEPT = 2 * SPAN
"""How far below the lowest open run anything is kept: a run that is told late may be lower."""

Part = tuple[str, str]


class Earlier:
    def __init__(self) -> None:
        self._runs: dict[int, dict[tuple[Part, str], Value]] = {}
        self._numbers: list[int] = []
        """Of these runs, sorted."""

    def learn(self, subject: Subject, name: str, value: Value | None) -> None:
        """One row of the ledger, a later one over an earlier one. What became unknown counts no more."""
        run = run_of(subject)
        if run is None or name not in FACTS:
            return
        if run not in self._runs:
            self._runs[run] = {}
            insort(self._numbers, run)
        facts, key = self._runs[run], (part_of(subject), name)
        if value is None:
            facts.pop(key, None)
        else:
            facts[key] = value

    def forget(self, before: int) -> None:
        """What no open run looks at any more; `before`: the lowest of them."""
        gone = bisect_left(self._numbers, before - KEPT)
        for run in self._numbers[:gone]:
            del self._runs[run]
        del self._numbers[:gone]

    def count(self, run: int) -> int:
        """Facts that a run is held against: fewer found later, and some were cut away."""
        return sum(len(self._runs[number]) for number in self._below(run))

    def values(self, run: int, part: Part, name: str, run_class: Value | None) -> list[Past]:
        """Of earlier runs of the class, newest first, at most as many as make a band."""
        found: list[Past] = []
        for number in self._below(run):
            facts = self._runs[number]
            value = facts.get((part, name))
            if isinstance(value, int | float) and facts.get(_CLASS) == run_class:
                found.append(Past(number, float(value)))
                if len(found) == RUNS:
                    break
        return found

    def run_with_payload(self, run: int, tag: str, payload_hash: str) -> int | None:
        """The newest earlier run for which this very payload was made, in the same tag."""
        hash_key, since_key = (("tag", tag), "payload_hash"), (("tag", tag), "since_run")
        told = ((number, self._runs[number]) for number in self._below(run))
        return next(
            (n for n, facts in told if facts.get(since_key) == n and facts.get(hash_key) == payload_hash),
            None,
        )

    def facts(self, run: int) -> Mapping[tuple[Part, str], Value]:
        return self._runs.get(run, {})

    def _below(self, run: int) -> Iterator[int]:
        """Newest first."""
        first, last = bisect_left(self._numbers, run - SPAN), bisect_left(self._numbers, run)
        yield from reversed(self._numbers[first:last])


_CLASS = (("run", ""), "run_class")
