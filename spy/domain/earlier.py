"""What is remembered of earlier runs, closed ones too: enough to hold a run's numbers and payloads against theirs.

The newest value of each fact, whatever order the runs came in: so it can be put together again from the ledger.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Mapping, Sequence

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
        self._told: dict[tuple[Part, str], dict[int, Value]] = {}
        """By fact and then by run, since one fact of many runs is asked for, and so its name is kept once."""
        self._counts: dict[int, int] = {}
        """Run to how many facts are told of it."""
        self._numbers: list[int] = []
        """Of these runs, sorted."""

    def learn(self, subject: Subject, name: str, value: Value | None) -> None:
        """One row of the ledger, a later one over an earlier one. What became unknown counts no more."""
        run = run_of(subject)
        if run is None or name not in FACTS:
            return
        if run not in self._counts:
            self._counts[run] = 0
            insort(self._numbers, run)
        told = self._told.setdefault((part_of(subject), name), {})
        before = len(told)
        if value is None:
            told.pop(run, None)
        else:
            told[run] = value
        self._counts[run] += len(told) - before

    def forget(self, before: int) -> None:
        """What no open run looks at any more; `before`: the lowest of them."""
        gone = bisect_left(self._numbers, before - KEPT)
        for run in self._numbers[:gone]:
            del self._counts[run]
            for told in self._told.values():
                told.pop(run, None)
        del self._numbers[:gone]

    def count(self, run: int) -> int:
        """Facts that a run is held against: fewer found later, and some were cut away."""
        return sum([self._counts[number] for number in self._below(run)])

    def values(self, run: int, part: Part, name: str, run_class: Value | None) -> list[Past]:
        """Of earlier runs of the class, newest first, at most as many as make a band."""
        told, classes = self._of((part, name)), self._of(_CLASS)
        found: list[Past] = []
        for number in self._below(run):
            value = told.get(number)
            if isinstance(value, int | float) and classes.get(number) == run_class:
                found.append(Past(number, float(value)))
                if len(found) == RUNS:
                    break
        return found

    def run_with_payload(self, run: int, tag: str, payload_hash: str) -> int | None:
        """The newest earlier run for which this very payload was made, in the same tag."""
        hashes, sinces = self._of((("tag", tag), "payload_hash")), self._of((("tag", tag), "since_run"))
        return next((n for n in self._below(run) if hashes.get(n) == payload_hash and sinces.get(n) == n), None)

    def value(self, run: int, part: Part, name: str) -> Value | None:
        """One fact of one run; None: not told."""
        return self._of((part, name)).get(run)

    def _of(self, fact: tuple[Part, str]) -> Mapping[int, Value]:
        return self._told.get(fact, {})

    def _below(self, run: int) -> Sequence[int]:
        """Newest first."""
        first, last = bisect_left(self._numbers, run - SPAN), bisect_left(self._numbers, run)
        return self._numbers[first:last][::-1]


_CLASS = (("run", ""), "run_class")
