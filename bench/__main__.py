"""All measurements one after the other; ends with 1 if one of them misses its target."""

from __future__ import annotations

import sys

from bench import (
    conditions_statement,
    cycle,
    load,
    pure_decisions,
    random_scenarios,
    redecide,
    step_speed,
    store_size,
)

if __name__ == "__main__":
    results = [
        step_speed.measure(),
        load.measure(),
        pure_decisions.measure(),
        random_scenarios.measure(1000),
        conditions_statement.measure(),
        redecide.measure(),
        cycle.measure(),
        store_size.measure(),
    ]
    sys.exit(max(results))
