"""How long the step mode takes for 60 hours of 20 runs at the shipped periods: `python -m bench.step_speed`."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from bench.period import HOURS, RUNS, text
from probes.simulation.step import run_steps

TARGET_S = 30.0


def measure() -> int:
    with TemporaryDirectory(prefix="bench-") as folder:
        path = Path(folder, "period.toml")
        path.write_text(text(), "utf-8")
        begin = perf_counter()
        report = run_steps(path)
        took_s = perf_counter() - begin
    released = sum(m["kind"] == "release" and m["accepted_at"] is not None for m in report["messages"])
    print(f"{HOURS} h of {RUNS} runs: {took_s:.1f} s (target {TARGET_S:.0f} s), {released} runs released")
    return int(took_s > TARGET_S or released != RUNS)


if __name__ == "__main__":
    sys.exit(measure())
