"""The agent alone in a process, following many runs: `python -m bench.agent_memory LOOKS RUNS OPEN`.

It loads what `spy agent` loads and nothing of the simulated world. Each run is seen when it is ready, and then locked
and forgotten after 48 h; so many are begun in 48 h as are asked for. Shadow mode: nothing is sent. The agent leads all
the time; at the end it comes to lead anew, and reads all that it knows once more.
"""

from __future__ import annotations

import pickle
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import spy.cli.main  # noqa: F401  what the process of `spy agent` has loaded
from spy.app import build_agent, open_agent_store, probes_of
from spy.config import load
from spy.domain.evidence import Evidence
from spy.domain.verdict import State
from spy.store.ledger import Look

TEMPLATE = 398600


def resident_mib(name: str = "VmRSS") -> float:
    """Of this process, as the kernel counts it; `VmHWM` is the most it ever was."""
    status = Path("/proc/self/status").read_text("ascii")
    found = re.search(rf"{name}:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) / 1024


def moved(e: Evidence, run: int, by: timedelta, first_safe: int) -> Evidence:
    """The same about another run at another time."""
    value: Any = e.value
    if e.name == "first_safe_run":
        value = first_safe
    elif isinstance(value, datetime):
        value = value + by
    elif isinstance(value, str):
        value = value.replace(str(TEMPLATE), str(run))
    elif type(value) is int and value == TEMPLATE:
        value = run
    subject = type(e.subject)(e.subject.replace(str(TEMPLATE), str(run)))
    return replace(e, subject=subject, value=value, seen_at=e.seen_at + by, as_of=e.as_of and e.as_of + by)


def looks_of(looks: Sequence[Look], run: int, by: timedelta, first_safe: int) -> Iterator[Look]:
    for look in looks:
        evidence = tuple(moved(e, run, by, first_safe) for e in look.evidence)
        yield replace(look, at=look.at + by, evidence=evidence, runs=(run,), fence=0)


def follow(looks: Sequence[Look], at: datetime, runs: int, at_a_time: int) -> None:
    config = load(None)
    every = timedelta(hours=48) / at_a_time
    with TemporaryDirectory(prefix="bench-") as folder:
        store = open_agent_store(f"sqlite:///{Path(folder, 'spy.db')}")
        probes = probes_of(config)
        agent = build_agent(config, store, probes, dict.fromkeys(probes), me="memory")
        print(f"at the start: {resident_mib():.0f} MiB", flush=True)
        agent.lead(at)
        for number in range(runs):
            run, by = TEMPLATE + number, every * number
            agent.lead(at + by, lease_now=at)
            agent.take(list(looks_of(looks, run, by, run - at_a_time // 2)), at + by)
            assert agent.judged[run].verdict.state is State.READY, agent.judged[run].verdict.reasons
            agent.tick(at + by + timedelta(minutes=1))
            if number + 1 == 500 or (number + 1) % max(runs // 20, 1) == 0:
                print(f"after {number + 1:,} runs, {len(agent.board.runs)} open: {resident_mib():.0f} MiB", flush=True)
            assert number < at_a_time or at_a_time // 2 <= len(agent.board.runs) <= 2 * at_a_time, "opened and closed"
        before = resident_mib("VmHWM")
        agent.fence = 0
        agent.lead(at + by + timedelta(minutes=2))
        store.dispose()
    print(f"before the lead was taken anew at most {before:.0f} MiB")
    print(f"at most {resident_mib('VmHWM'):.0f} MiB; at the end {resident_mib():.1f}")


if __name__ == "__main__":
    _, when, told = pickle.loads(Path(sys.argv[1]).read_bytes())
    follow(told, when, int(sys.argv[2]), int(sys.argv[3]))
