"""One side, one round: start it with targets and a receiver of its own, let it settle, and measure one window."""

from __future__ import annotations

import base64
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

from bench.rival import machine, plan, theirs
from spy.channels.signature import Secret
from spy.store import ledger
from spy.store.engine import open_store, reading

SETTLE_S = 3.0
"""After every target was asked several times: what a start costs is over."""
WRITE_S = 2.0
"""After the window: what was begun in it is in the ledger."""
START_PATIENCE_S = 60.0

_OPENER = build_opener(ProxyHandler({}))


@dataclass(frozen=True)
class Size:
    targets: int
    seconds: int
    seed: int


@dataclass(frozen=True)
class Result:
    cpu_s: tuple[float, ...]
    """Per process tree."""
    probes: int
    """Looked at in the window; a second look at a change is not counted."""
    skipped: int
    """Ticks of the agent, or probes of the rival, that are not there."""
    arrived: plan.Arrivals
    peak_mib: float
    others_cores: float
    """Cores that everything else kept busy: targets, receiver, and work that has nothing to do with this."""


@dataclass(frozen=True)
class Side:
    commands: list[list[str]]
    told: Callable[[list[plan.Message]], list[tuple[float, plan.Change]]]
    kept: Callable[[float, Size], tuple[int, int]]
    """(begin in Unix seconds, size) to (probes, skipped)."""


def ours(folder: Path, size: Size, targets: str, receiver: str) -> Side:
    key = "whsec_" + base64.b64encode(random.Random(size.seed).randbytes(32)).decode()
    (folder / "secret").write_text(key + "\n", "ascii")
    store = f"sqlite:///{folder}/spy.db"
    overrides = {
        "count": size.targets,
        "agent": {"store": store},
        "release": {"url": f"{receiver}v1/decisions", "secret_file": str(folder / "secret")},
        "service": {"targets": {"url": targets}},
    }
    secret = Secret.parse(key)
    command = [sys.executable, "-m", "bench.rival.ours", json.dumps(overrides)]
    return Side([command], lambda log: plan.of_ours(log, secret), lambda begin, of: _looks(store, begin, of))


def _looks(store: str, begin: float, size: Size) -> tuple[int, int]:
    """From the agent's own ledger: a look that failed, was missed or ran into the next one is a skipped tick."""
    start, end = datetime.fromtimestamp(begin, UTC), begin + size.seconds
    engine = open_store(store)
    with reading(engine) as connection:
        times = [row.at.timestamp() for row in ledger.looks_since(connection, start) if not row.problem]
    engine.dispose()
    good = [at for at in times if at < end]
    return len(good) * size.targets, plan.skipped_ticks(good, begin, end)


def rival(folder: Path, size: Size, targets: str, receiver: str) -> Side:
    commands, prometheus = theirs.commands(folder, size.targets, targets, receiver)

    def kept(begin: float, of: Size) -> tuple[int, int]:
        probes = theirs.probes_kept(prometheus, begin, of.seconds)
        return probes, max(0, of.targets * of.seconds - probes)

    return Side(commands, plan.of_theirs, kept)


@contextmanager
def _running(command: list[str], folder: Path, name: str) -> Iterator[subprocess.Popen[str]]:
    with (
        (folder / f"{name}.err").open("w") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()


def _served(stack: ExitStack, folder: Path, name: str) -> str:
    process = stack.enter_context(_running([sys.executable, "-m", f"bench.rival.{name}"], folder, name))
    assert process.stdout is not None
    return f"http://127.0.0.1:{int(process.stdout.readline())}/"


def _ask(url: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    with _OPENER.open(Request(url, data, method="GET" if body is None else "PUT"), timeout=10) as response:
        return json.load(response)


def _settle(targets: str, size: Size, processes: list[subprocess.Popen[str]], folder: Path) -> None:
    give_up_at = time.monotonic() + START_PATIENCE_S
    while _ask(f"{targets}served")["served"] < 5 * size.targets:
        ended = [process.args for process in processes if process.poll() is not None]
        if ended or time.monotonic() > give_up_at:
            told = "\n".join(path.read_text()[-2000:] for path in sorted(folder.glob("*.err")))
            raise RuntimeError(f"{'ended' if ended else 'does not ask its targets'}: {ended}\n{told}")
        time.sleep(0.2)
    time.sleep(SETTLE_S)


def play(make: Callable[[Path, Size, str, str], Side], size: Size) -> Result:
    """One window of `size.seconds`. RuntimeError if a side does not start."""
    with TemporaryDirectory(prefix="rival-") as name, ExitStack() as stack:
        folder = Path(name)
        targets, receiver = _served(stack, folder, "targets"), _served(stack, folder, "receiver")
        side = make(folder, size, targets, receiver)
        processes = [
            stack.enter_context(_running(command, folder, f"side{number}"))
            for number, command in enumerate(side.commands)
        ]
        _settle(targets, size, processes, folder)
        pids = [process.pid for process in processes]
        planned = plan.changes(size.targets, size.seconds, size.seed)
        cpu, busy, wall, begin = machine.cpu_s(pids), machine.busy_s(), time.time(), time.monotonic()
        _ask(f"{targets}schedule", plan.schedule(planned, begin))
        time.sleep(begin + size.seconds - time.monotonic())
        spent = [after - before for before, after in zip(cpu, machine.cpu_s(pids), strict=True)]
        others = (machine.busy_s() - busy - sum(spent)) / size.seconds
        time.sleep(WRITE_S)
        probes, skipped = side.kept(wall, size)
        arrived = plan.arrivals(planned, begin, side.told(_ask(f"{receiver}log")))
        return Result(tuple(spent), probes, skipped, arrived, machine.peak_mib(pids), others)
