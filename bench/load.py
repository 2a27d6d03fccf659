"""What the agent asks of others: requests per open run and hour, and per closed run: `python -m bench.load`.

Two periods are compared: the one of `bench.period`, and the same with a thousand closed runs before it. What closed
runs cost is the difference.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.period import text
from probes.simulation.step import run_steps

HISTORY = 1000


def _played(scenario: str) -> dict[str, Any]:
    with TemporaryDirectory(prefix="bench-") as folder:
        path = Path(folder, "period.toml")
        path.write_text(scenario, "utf-8")
        return run_steps(path)


def measure() -> int:
    report = _played(text())
    with_history = _played(f"history_runs = {HISTORY}\n{text()}")
    hours = report["open_run_hours"]
    print(f"{hours:.0f} open run hours")
    for service, requests in sorted(report["requests"].items()):
        closed = (with_history["requests"][service] - requests) / HISTORY
        each = f"{requests / hours:8.2f} per open run hour {closed:6.3f} per closed run"
        print(f"{service:12} {requests:6d} requests {each}")
    return int(sum(with_history["requests"].values()) > sum(report["requests"].values()))


if __name__ == "__main__":
    sys.exit(measure())
