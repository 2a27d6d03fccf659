"""All measurements one after the other; ends with 1 if one of them misses its target."""

from __future__ import annotations

import sys

from bench import (
    clients,
    conditions_statement,
    cycle,
    load,
    page,
    pure_decisions,
    push,
    random_scenarios,
    readiness,
    redecide,
    replay,
    run_window,
    saved_hours,
    step_speed,
    store_size,
)
from bench.rival import comparison

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
        push.measure(),
        replay.measure(),
        saved_hours.measure(),
        readiness.measure(),
        clients.measure(),
        run_window.measure(),
        page.measure(),
        comparison.measure(),
    ]
    sys.exit(max(results))
