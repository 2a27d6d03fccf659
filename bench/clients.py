"""What a crowd costs: `python -m bench.clients [rounds] [cycles]`: 25 HTTP and 25 websocket clients and one browser.

The agent's cycle of 50 open runs with the crowd against without it, by turns in one run, on one SQLite store; the web
application, the crowd and its browser are processes of their own, as at a site. On two cores the crowd itself takes
its share of what is measured.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from statistics import median
from subprocess import PIPE, Popen
from tempfile import TemporaryDirectory
from typing import Any

from bench.crowd import SEEN
from bench.cycle import Cycle
from bench.serving import PREPARED

ROUNDS, CYCLES, OPEN = 3, 10, 50
P95_S, RATIO = 0.200, 1.1


def cycles(agent: Cycle, number: int) -> list[float]:
    """Milliseconds of each."""
    return [sum(agent.once().values()) for _ in range(number)]


def with_crowd(agent: Cycle, url: str, number: int) -> tuple[list[float], dict[str, Any]]:
    command = [sys.executable, "-m", "bench.crowd", url]
    with Popen(command, stdin=PIPE, stdout=PIPE, text=True) as crowd:
        assert crowd.stdout is not None
        assert crowd.stdout.readline().strip() == SEEN
        took = cycles(agent, number)
        told, _ = crowd.communicate()
    return took, json.loads(told)


def measure(rounds: int = ROUNDS, number: int = CYCLES) -> int:
    alone: list[float] = []
    crowded: list[float] = []
    told: list[dict[str, Any]] = []
    with TemporaryDirectory(prefix="bench-") as folder:
        store = f"sqlite:///{Path(folder, 'bench.db')}"
        agent = Cycle(OPEN, store, Path(folder))
        with Popen([sys.executable, "-m", "bench.serving", store, "pages"], stdout=PIPE, text=True) as web:
            try:
                assert web.stdout is not None
                url = web.stdout.readline().strip().removeprefix(PREPARED)
                agent.once()
                for _ in range(rounds):
                    alone += cycles(agent, number)
                    took, seen = with_crowd(agent, url, number)
                    crowded += took
                    told.append(seen)
            finally:
                web.terminate()
        agent.steps.close()
    return _said(alone, crowded, told)


def _said(alone: list[float], crowded: list[float], told: list[dict[str, Any]]) -> int:
    took = sorted(one for seen in told for one in seen["took_s"])
    if not took:
        print("the crowd asked nothing: more cycles are needed")
        return 1
    p95, ratio = took[min(len(took) - 1, int(0.95 * len(took)))], median(crowded) / median(alone)
    wrong, sockets, refused = (sum(seen[name] for seen in told) for name in ("wrong", "sockets", "refused"))
    browsers = sum(seen["browsers"] for seen in told)
    print(f"{len(took)} answers, p50 {median(took) * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms, {wrong} wrong")
    print(f"{sockets} websockets held, {refused} refused; the page seen in {browsers} of {len(told)} browsers")
    print(f"cycle alone {median(alone):.0f} ms, with the crowd {median(crowded):.0f} ms: ratio {ratio:.2f}")
    return int(p95 > P95_S or ratio > RATIO or wrong > 0)


if __name__ == "__main__":
    sys.exit(measure(*map(int, sys.argv[1:])))
