"""The page over a long history in a real browser: `python -m bench.page [short] [long]`, all products, on SQLite.

The page is a `spy web` process of its own; each visit is a Chromium context of its own, and so one without a cache,
unless it says `again`. Besides times, which depend on the machine, it tells CPU seconds of the server, bytes and
requests, which do not.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import Browser, Page

from bench.long_history import filled_long
from bench.page_script import FILTER, SCROLL, SEEN
from spy.clock import utc_now
from spy.config import load
from tests.support.browser import browser, chromium
from tests.support.command import Process, configured
from tests.support.filled_store import FilledStore
from tests.support.loopback import free_port

SHORT, LONG = 5_000, 50_000
VISITS, JUMPS, CLICKS = 7, 40, 30
SEED = 1
LIMITS_S = {"sentence": 1.5, "grid": 2.5, "scroll": 0.2, "filter": 0.2}
RATIO = 1.3
PATIENCE_MS, QUIET_MS, STEP_MS = 60_000, 500, 100
WORKER = "dash-ws-worker"
PAGES = {"Now": ("/", "sentence"), "Runs": ("/runs", "grid"), "Run": ("/run/398602", "sentence")}


@dataclass
class Weight:
    """What came over the wire for one page."""

    requests: int = 0
    bytes: int = 0


class Wire:
    """What a page asks the network for, as the browser counts it: what it kept costs nothing.

    The script of the worker that holds the websocket is not a page's own, and never reported as finished: left out.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self._open: set[str] = set()
        self._kept: set[str] = set()
        self._weight = Weight()
        seen = page.context.new_cdp_session(page)
        seen.on("Network.requestWillBeSent", self._asked)
        seen.on("Network.requestServedFromCache", lambda told: self._kept.add(told["requestId"]))
        seen.on("Network.responseReceived", self._answered)
        seen.on("Network.loadingFinished", self._finished)
        seen.on("Network.loadingFailed", lambda told: self._open.discard(told["requestId"]))
        seen.send("Network.enable")

    def settled(self) -> Weight:
        """Of all since the last time, as soon as nothing was under way for a while."""
        quiet_ms, waited_ms = 0, 0
        while quiet_ms < QUIET_MS and waited_ms < PATIENCE_MS:  # on a busy machine it asks so often that it never rests
            self.page.wait_for_timeout(STEP_MS)
            waited_ms += STEP_MS
            quiet_ms = 0 if self._open else quiet_ms + STEP_MS
        weight, self._weight = self._weight, Weight()
        return weight

    def _asked(self, told: dict[str, Any]) -> None:
        if WORKER not in told["request"]["url"]:
            self._open.add(told["requestId"])

    def _answered(self, told: dict[str, Any]) -> None:
        if told["response"].get("fromDiskCache"):
            self._kept.add(told["requestId"])

    def _finished(self, told: dict[str, Any]) -> None:
        if told["requestId"] in self._open - self._kept:
            self._weight.requests += 1
            self._weight.bytes += int(told["encodedDataLength"])
        self._open.discard(told["requestId"])


def cpu_s(pid: int) -> float:
    """User and system time of a process so far."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def visit(chrome: Browser, url: str, path: str, what: str) -> tuple[float, Weight, Weight]:
    """Seconds until it is seen; weight without and with what the browser keeps."""
    page = opened(chrome)
    wire, took_s, weights = Wire(page), 0.0, []
    for _ in range(2):
        page.goto(url + path)
        page.wait_for_function(f"window.bench.{what}", timeout=PATIENCE_MS)
        took_s = took_s or page.evaluate(f"window.bench.{what}") / 1000
        weights.append(wire.settled())
    page.context.close()
    return took_s, *weights


def opened(chrome: Browser) -> Page:
    # What waits for a frame is a script that the page forbids.
    page = chrome.new_context(viewport={"width": 1500, "height": 900}, bypass_csp=True).new_page()
    page.add_init_script(SEEN)
    return page


def p95(took: list[float]) -> float:
    return sorted(took)[min(len(took) - 1, int(0.95 * len(took)))]


def told(runs: int, name: str, took: list[float], cpu: float) -> float:
    """Prints; the 95th percentile."""
    limit, late = LIMITS_S.get(name), p95(took)
    verdict = "" if limit is None else f"  target {limit:.1f} s: {'met' if late <= limit else 'MISSED'}"
    print(
        f"{runs:6} runs  {name:9} {len(took):3} times  p50 {median(took):.2f} s  p95 {late:.2f} s"
        f"  server CPU {cpu / len(took):.3f} s each{verdict}",
        flush=True,
    )
    return late


def in_the_grid(page: Page, draw: random.Random) -> dict[str, Callable[[], float]]:
    states = ("blocked", "blocked", "unknown", "unknown", "waiting", "waiting")
    clicks = iter(states * CLICKS)
    return {
        "scroll": lambda: page.evaluate(SCROLL, draw.random()) / 1000,
        "filter": lambda: page.evaluate(FILTER, next(clicks)) / 1000,
    }


def measure_one(runs: int, chrome: Browser, url: str, pid: int) -> dict[str, float]:
    found = {}
    for name, (path, what) in PAGES.items():
        took, before = [visit(chrome, url, path, what)[0]], cpu_s(pid)
        for _ in range(VISITS):
            seconds, new, again = visit(chrome, url, path, what)
            took.append(seconds)
        print(f"{runs:6} runs  {name}: first visit of the process {took[0]:.2f} s", flush=True)
        label = what if name != "Run" else "run page"
        found[label] = told(runs, label, took[1:], (cpu_s(pid) - before) / 2)
        print(
            f"{runs:6} runs  {name}: {new.bytes / 1024:.0f} KiB in {new.requests} requests;"
            f" again {again.bytes / 1024:.0f} KiB in {again.requests}",
            flush=True,
        )
    page = opened(chrome)
    page.goto(f"{url}/runs")
    page.wait_for_function("window.bench.grid", timeout=PATIENCE_MS)
    for name, once in in_the_grid(page, random.Random(SEED)).items():
        before, times = cpu_s(pid), JUMPS if name == "scroll" else CLICKS
        first = once()
        took = [once() for _ in range(times)]
        print(f"{runs:6} runs  {name}: the first one {first:.2f} s", flush=True)
        found[name] = told(runs, name, took, cpu_s(pid) - before)
    page.context.close()
    return found


def measure(short: int = SHORT, long: int = LONG) -> int:
    if not chromium():
        print("no Chromium here (Debian package chromium): nothing measured")
        return 1
    found, products = [], load().products
    for runs in (short, long):
        with TemporaryDirectory(prefix="bench-") as folder:
            url, port = f"sqlite:///{Path(folder, 'bench.db')}", free_port()
            store = FilledStore(url, utc_now())
            filled_long(store, runs, products)
            store.close()
            size = Path(folder, "bench.db").stat().st_size
            print(f"{runs:6} runs of {len(products)} products: {size / 1024**2:.0f} MiB of store", flush=True)
            config = configured(Path(folder), {"agent.store": f'"{url}"', "web.port": str(port)})
            with Process("web", "--config", config) as process, browser() as chrome:
                process.says("the page: ")
                found.append(measure_one(runs, chrome, f"http://127.0.0.1:{port}", process.popen.pid))
    few, many = found
    missed = [name for name, limit in LIMITS_S.items() if few[name] > limit]
    for name in LIMITS_S:
        ratio = many[name] / few[name]
        print(f"{name:9} {ratio:.2f} times as long, target {RATIO}: {'met' if ratio <= RATIO else 'MISSED'}")
        missed += [name] if ratio > RATIO else []
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(measure(*map(int, sys.argv[1:3])))
