"""How fast stored decisions are made again: `python -m bench.replay [target per second]`."""

from __future__ import annotations

import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from time import perf_counter

from bench.period import text
from probes.simulation.scenario import Scenario
from probes.simulation.step import Steps
from spy.replay.again import replay
from spy.store.engine import reading

TARGET = 1000.0


def measure(target: float = TARGET) -> int:
    """Play the 60-hour period of 20 runs, then make every decision of it again."""
    with tempfile.TemporaryDirectory(prefix="spy-replay-") as folder:
        steps = Steps(Scenario.parse(text(), "period.toml"), Path(folder))
        try:
            steps.begin()
            steps.go_to(steps.scenario.until)
            end = steps.at + timedelta(days=1)
            begin = perf_counter()
            with reading(steps.store) as connection:
                made = list(replay(connection, steps.agent.book, steps.agent.settings, steps.scenario.start, end))
            took_s = perf_counter() - begin
        finally:
            steps.close()
    wrong = sum(bool(one.differs or one.missing) for one in made)
    print(
        f"{len(made)} decisions made again in {took_s:.2f} s, {len(made) / took_s:.0f} per second; {wrong} not the same"
    )
    return int(wrong > 0 or len(made) / took_s < target)


if __name__ == "__main__":
    sys.exit(measure(*map(float, sys.argv[1:])))
