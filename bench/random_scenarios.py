"""Random scenarios in virtual time, judged by the oracle: `python -m bench.random_scenarios [count] [first seed]`.

Prints every seed with what the oracle says about it, the counts, and ends with 1 if there is anything to say.
"""

from __future__ import annotations

import sys
import tomllib
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from probes.simulation.step import run_steps
from tests.oracle.draw import draw
from tests.oracle.judge import judge

KINDS = ("wrong", "doubled", "missing", "late")
PROCESSES = 2


def judged(seed: int) -> tuple[list[str], int]:
    """What the oracle says about one seed, and how many releases were accepted."""
    text = draw(seed)
    with TemporaryDirectory(prefix="bench-") as folder:
        path = Path(folder, f"random_{seed}.toml")
        path.write_text(text, "utf-8")
        try:
            report = run_steps(path)
        except Exception as error:
            return [f"crashed: {error!r}"], 0
    accepted = sum(m["kind"] == "release" and m["accepted_at"] is not None for m in report["messages"])
    return judge(tomllib.loads(text), report), accepted


def measure(count: int, first: int = 0) -> int:
    seeds = range(first, first + count)
    begin = perf_counter()
    counts: Counter[str] = Counter()
    releases = 0
    with ProcessPoolExecutor(PROCESSES) as pool:
        for seed, (sentences, accepted) in zip(seeds, pool.map(judged, seeds), strict=True):
            releases += accepted
            counts.update(sentence.split(":")[0] for sentence in sentences)
            for sentence in sentences:
                print(f"seed {seed}: {sentence}", flush=True)
    told = ", ".join(f"{counts[kind]} {kind}" for kind in (*KINDS, *sorted(set(counts) - set(KINDS))))
    print(f"seeds {first} to {first + count - 1}: {releases} releases, {told}; {perf_counter() - begin:.0f} s")
    return int(bool(counts))


if __name__ == "__main__":
    sys.exit(measure(*map(int, sys.argv[1:])) if sys.argv[1:] else measure(1000))
