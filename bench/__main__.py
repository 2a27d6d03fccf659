"""All measurements one after the other; ends with 1 if one of them misses its target."""

from __future__ import annotations

import sys

from bench import load, pure_decisions, random_scenarios, step_speed
from bench.rival import comparison

if __name__ == "__main__":
    results = [step_speed.measure(), load.measure(), pure_decisions.measure(), random_scenarios.measure(1000)]
    results.append(comparison.measure())
    sys.exit(max(results))
