"""Deciding one chunk anew, and the agent's memory: `python -m bench.redecide [decisions] [runs] [open at a time]`.

The decision is one of a run with every product of the shipped configuration, from the evidence on the board to the
committed transaction. The memory is that of a process of its own, `bench.agent_memory`.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from bench.cycle import FIRST, Cycle
from bench.databases import database, kinds
from probes.simulation.scenario import Scenario
from probes.simulation.step import Steps
from spy.domain.verdict import State
from spy.store import ledger
from spy.store.engine import reading
from spy.store.ledger import Look
from tests.support.tree import ROOT

TARGET_MS = 10.0
TARGET_MIB = 150


def decided(kind: str, decisions: int) -> float:
    """Median milliseconds."""
    with TemporaryDirectory(prefix="bench-") as folder, database(kind) as url:
        cycle = Cycle(1, url, Path(folder))
        agent, took = cycle.steps.agent, []
        for _ in range(decisions):
            begin = perf_counter()
            agent._decide({FIRST}, cycle.steps.at)
            took.append((perf_counter() - begin) * 1000)
        verdict = agent.judged[FIRST].verdict
        cycle.steps.close()
    products = len({outcome.subject for outcome in verdict.outcomes}) - 1
    told = f"{median(took):.1f} ms, median of {decisions}, least {min(took):.1f} (target {TARGET_MS:.0f} ms)"
    print(f"{kind}: {products} products decided in {told}")
    return median(took)


def looks_of_a_ready_run(path: Path) -> None:
    """All that every probe says about one run when it is ready, final or not, for the agent in the other process."""
    scenario = Scenario.load(ROOT / "tests" / "scenarios" / "plain_release.toml")
    with TemporaryDirectory(prefix="bench-") as folder:
        steps = Steps(scenario, Path(folder))
        steps.begin()
        steps.go_to(scenario.start + (scenario.until - scenario.start) * 0.65)
        # Twice: the jobs are complete when they are counted after the last stream was seen to be done.
        for part in (0.67, 0.69):
            steps.at = scenario.start + (scenario.until - scenario.start) * part
            steps.stage.advance()
            looks = [steps.agent.look(name, steps.at) for name in steps.probes]
            steps.agent.take(looks, steps.at)
        looks = _whole(steps, looks)
        assert steps.agent.judged[FIRST].verdict.state is State.READY, steps.agent.judged[FIRST].verdict.reasons
        steps.close()
    path.write_bytes(pickle.dumps((scenario.start, steps.at, looks)))


def _whole(steps: Steps, looks: Sequence[Look]) -> list[Look]:
    """With all that each probe ever said and that still holds: what is final it has not said again."""
    with reading(steps.store) as connection:
        said = [e for run in (0, FIRST) for e in ledger.evidence_of_run(connection, run)]
    return [replace(look, evidence=tuple(e for e in said if e.source == look.probe)) for look in looks]


def memory(runs: int, at_a_time: int) -> float:
    """MiB of the agent's process at its end."""
    with TemporaryDirectory(prefix="bench-") as folder:
        path = Path(folder, "looks.pickle")
        looks_of_a_ready_run(path)
        line = [sys.executable, "-m", "bench.agent_memory", str(path), str(runs), str(at_a_time)]
        told = subprocess.run(line, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    print(told, end="")
    mib = float(told.split()[-1])
    print(f"the agent after {runs:,} runs: {mib:.0f} MiB resident (target {TARGET_MIB} MiB)")
    return mib


def measure(decisions: int = 300, runs: int = 10_000, at_a_time: int = 20) -> int:
    slowest = max(decided(kind, decisions) for kind in kinds())
    return int(slowest > TARGET_MS) | int(memory(runs, at_a_time) > TARGET_MIB)


if __name__ == "__main__":
    sys.exit(measure(*map(int, sys.argv[1:])))
