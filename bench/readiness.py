"""The question that Tier0 asks most, at the rate it may ask it: `python -m bench.readiness [rate] [seconds]`.

A real uvicorn process on a store of open runs, a token that is checked each time, and a client that asks at fixed times
whether or not the last answer has come: a late answer is not forgiven by asking later. Nine of ten questions carry the
ETag of the answer before, and one asks anew. `/health/live` at the same rate in the same run is what the machine takes
for HTTP alone: the ratio of the two says more than milliseconds on a shared machine.
"""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import timedelta
from pathlib import Path
from subprocess import PIPE, Popen
from tempfile import TemporaryDirectory

from bench.asking import asked
from bench.serving import PREPARED
from spy.clock import utc_now
from spy.domain.caller import Reach, Role
from spy.domain.verdict import State
from spy.store import tokens
from spy.store.engine import writing
from tests.support.filled_store import FilledStore

RATE, SECONDS, OPEN = 200, 20, 50
ASKED = 398625
"""A ready run behind runs that are not: the answer takes the longest way."""
TARGET_S = 0.020


def filled(url: str) -> str:
    """A store of `OPEN` runs under decision, as of now, and the token that opens its readiness."""
    now = utc_now()
    store = FilledStore(url, now)
    store.services()
    for number in range(398600, 398600 + OPEN):
        store.run(number)
        store.decide(number, State.WAITING, "run: settled waiting: settled (False)", cause="settled")
    store.decide(ASKED, State.READY)
    with writing(store.engine) as connection:
        token = tokens.make(connection, "bench", [Reach.READINESS], Role.VIEWER, now, timedelta(hours=1), "bench")
    store.close()
    return token


def cpu_s(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def queued_s(pid: int) -> float:
    """How long all threads of a process have stood in the queue for a core: what other work on the machine costs."""
    told = (path.read_text(encoding="utf-8").split() for path in Path(f"/proc/{pid}/task").glob("*/schedstat"))
    return sum(int(fields[1]) for fields in told) / 1e9


def measure(rate: int = RATE, seconds: int = SECONDS) -> int:
    with TemporaryDirectory(prefix="bench-") as folder:
        url = f"sqlite:///{Path(folder, 'bench.db')}"
        token = filled(url)
        with Popen([sys.executable, "-m", "bench.serving", url], stdout=PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                where = process.stdout.readline().strip().removeprefix(PREPARED)
                path = f"/api/v1/readiness/{ASKED}"
                asyncio.run(asked(where, path, token, rate, 1))
                floor = asyncio.run(asked(where, "/health/live", token, rate, seconds))
                before, waited = cpu_s(process.pid), queued_s(process.pid)
                real = asyncio.run(asked(where, path, token, rate, seconds))
                cpu_ms = (cpu_s(process.pid) - before) / len(real.took_s) * 1000
                queued_ms = (queued_s(process.pid) - waited) / len(real.took_s) * 1000
            finally:
                process.terminate()
    for name, times in (("/health/live", floor), ("/readiness/{chunk}", real)):
        told = "  ".join(f"p{part * 100:g} {times.quantile(part) * 1000:.1f} ms" for part in (0.5, 0.95, 0.99))
        print(f"{name:20} {len(times.took_s) / seconds:.0f}/s  {told}  304: {times.unchanged}  wrong: {times.wrong}")
    p99 = real.quantile(0.99)
    print(f"p99 {p99 * 1000:.1f} ms, target {TARGET_S * 1000:.0f} ms; {p99 / floor.quantile(0.99):.2f} of /health/live")
    print(
        f"{cpu_ms:.2f} ms CPU of the server for each question, which stood {queued_ms:.2f} ms in the queue for a core"
    )
    return int(p99 > TARGET_S or real.wrong > 0)


if __name__ == "__main__":
    sys.exit(measure(*map(int, sys.argv[1:3])))
