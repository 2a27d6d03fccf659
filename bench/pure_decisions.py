"""The pure decision on random evidence against the oracle: `python -m bench.pure_decisions [count] [first seed]`."""

from __future__ import annotations

import sys
from collections import Counter
from random import Random
from time import perf_counter

from spy.rules.evaluate import evaluate
from tests.oracle.facts import drawn
from tests.oracle.pure import verdicts
from tests.scenario.told_as_evidence import shipped_rulebook, situation


def measure(count: int = 100_000, first: int = 0) -> int:
    book, states = shipped_rulebook(), Counter[str]()
    wrong, deciding_s = 0, 0.0
    for seed in range(first, first + count):
        facts = drawn(Random(seed))
        told, allowed = situation(facts), verdicts(facts)
        begin = perf_counter()
        verdict = evaluate(told, book)
        deciding_s += perf_counter() - begin
        states[verdict.state] += 1
        if verdict.state not in allowed:
            wrong += 1
            print(f"seed {seed}: {verdict.state}, allowed {' or '.join(sorted(allowed))}: {'; '.join(verdict.reasons)}")
    told_states = ", ".join(f"{number} {state}" for state, number in states.most_common())
    print(f"seeds {first} to {first + count - 1}: {wrong} differ from the oracle; {told_states}")
    print(f"{deciding_s / count * 1e6:.0f} µs a decision")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(measure(*map(int, sys.argv[1:])))
