"""How fast stored decisions are made again, and judged under other rules: `python -m bench.replay [per second]`."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from time import perf_counter, process_time
from typing import TypeVar

from bench.period import RUNS, text
from probes.simulation.scenario import Scenario
from probes.simulation.step import Steps
from spy.replay.again import replay
from spy.replay.compare import compare
from spy.replay.difference import Turn
from spy.store.engine import reading

TARGET = 1000.0
YEAR_RUNS, YEAR_MIN = 10_000, 10.0
Made = TypeVar("Made")


def timed(what: Callable[[], Made]) -> tuple[Made, float, float]:
    """What came out, and the seconds that it took: of the CPU, and by the clock."""
    cpu, wall = process_time(), perf_counter()
    made = what()
    return made, process_time() - cpu, perf_counter() - wall


def tell(what: str, count: int, cpu_s: float, wall_s: float) -> None:
    year_min = cpu_s / RUNS * YEAR_RUNS / 60
    print(
        f"{what}: {count} in {cpu_s:.2f} s of CPU ({wall_s:.2f} s), {count / cpu_s:.0f} per second of CPU; "
        f"{YEAR_RUNS:,} such runs {year_min:.1f} min"
    )


def measure(target: float = TARGET) -> int:
    """Play the 60-hour period of 20 runs, make every decision of it again, then judge it anew at every moment."""
    with tempfile.TemporaryDirectory(prefix="spy-replay-") as folder:
        steps = Steps(Scenario.parse(text(), "period.toml"), Path(folder))
        try:
            steps.begin()
            steps.go_to(steps.scenario.until)
            begin, end = steps.scenario.start, steps.at + timedelta(days=1)
            book, settings = steps.agent.book, steps.agent.settings
            with reading(steps.store) as connection:
                made, cpu_s, wall_s = timed(lambda: list(replay(connection, book, settings, begin, end)))
                anew, anew_cpu_s, anew_wall_s = timed(lambda: compare(connection, book, settings, begin, end))
        finally:
            steps.close()
    wrong = sum(bool(one.differs or one.missing) for one in made)
    moved = sum(one.turn is not Turn.SAME for one in anew.runs)
    tell("decisions made again", len(made), cpu_s, wall_s)
    tell("verdicts of other rules", anew.decided, anew_cpu_s, anew_wall_s)
    print(
        f"{wrong} decisions not the same, {moved} of {len(anew.runs)} runs ready at another moment under the same rules"
    )
    too_slow = len(made) / cpu_s < target or max(cpu_s, anew_cpu_s) / RUNS * YEAR_RUNS / 60 > YEAR_MIN
    return int(wrong > 0 or moved > 0 or too_slow)


def main(words: Sequence[str]) -> int:
    return measure(*map(float, words))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
