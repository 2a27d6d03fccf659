"""From a decision committed to the same decision seen in a browser: `python -m bench.push [decisions] [open] [seed]`.

The page is a `spy web` process of its own on a store of open runs; a real Chromium has Now open, chart and all.
Decisions are committed at random moments. A decision counts from the return of its commit to the first frame in which
its words are on the page. The second round is the same in a browser that knows no shared workers, and so no push: there
the interval of the page is the measure.
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page

from dashboard.frame import REFRESH_MS
from spy.clock import utc_now
from spy.domain.verdict import State
from tests.support.browser import browser, chromium
from tests.support.command import Process, configured
from tests.support.filled_store import FilledStore, a_night
from tests.support.loopback import free_port

DECISIONS, OPEN, SEED = 100, 50, 1
TARGET_S = 1.0
WATCH = """() => {
    window.seen = {};
    const look = () => requestAnimationFrame(() => {
        const said = /seen number (\\d+)/.exec(document.querySelector("#sentence")?.textContent || "");
        if (said && !window.seen[said[1]]) window.seen[said[1]] = Date.now();
    });
    new MutationObserver(look).observe(document.body, {subtree: true, childList: true, characterData: true});
}"""


def filled(store: FilledStore, open_runs: int) -> FilledStore:
    """With one run that holds all others."""
    a_night(store)
    for number in range(398608, 398601 + open_runs):
        store.run(number)
        store.decide(number, State.READY)
    return store


def committed_to_seen(page: Page, store: FilledStore, count: int, longest_s: float, draw: random.Random) -> list[float]:
    """Seconds, one for each decision; moments that have nothing to do with the page's own."""
    took = []
    page.evaluate(WATCH)
    for number in range(count):
        page.wait_for_timeout(1000 * draw.uniform(0.7, longest_s))
        store.decide(398602, State.BLOCKED, f"seen number {number}", cause="bench")
        at = time.time()
        page.wait_for_function("n => window.seen[n]", arg=str(number), timeout=4 * REFRESH_MS)
        took.append(page.evaluate("n => window.seen[n]", str(number)) / 1000 - at)
    return sorted(took)


def opened(chrome: Browser, url: str, *, pushed: bool) -> Page:
    page = chrome.new_context(bypass_csp=True).new_page()  # what waits for a frame is a script that the page forbids
    if not pushed:
        page.add_init_script("delete window.SharedWorker")
    page.goto(url)
    page.locator("#sentence").wait_for()
    page.locator(f"html[data-live={'pushed' if pushed else 'asked'}]").wait_for()
    return page


def told(name: str, took: list[float]) -> float:
    """Prints, and returns the 95th percentile."""
    p50, p95 = (took[min(len(took) - 1, int(part * len(took)))] for part in (0.5, 0.95))
    print(f"{name}  {len(took):4} decisions  p50 {p50:.2f} s  p95 {p95:.2f} s  max {took[-1]:.2f} s")
    return p95


def measure(decisions: int = DECISIONS, open_runs: int = OPEN, seed: int = SEED) -> int:
    if not chromium():
        print("no Chromium here (Debian package chromium): nothing measured")
        return 1
    interval_s = REFRESH_MS / 1000
    with TemporaryDirectory(prefix="bench-") as folder:
        url, port = f"sqlite:///{Path(folder, 'bench.db')}", free_port()
        store, draw = filled(FilledStore(url, utc_now()), open_runs), random.Random(seed)
        config = configured(Path(folder), {"agent.store": f'"{url}"', "web.port": str(port)})
        with Process("web", "--config", config) as process, browser() as chrome:
            process.says("the page: ")
            p95 = {}
            for name, count, longest_s in (("pushed", decisions, 2.0), ("polled", max(2, decisions // 5), interval_s)):
                page = opened(chrome, f"http://127.0.0.1:{port}/", pushed=name == "pushed")
                p95[name] = told(name, committed_to_seen(page, store, count, longest_s, draw))
                page.context.close()
        store.close()
    print(f"targets: p95 {TARGET_S:.0f} s pushed, one interval of {interval_s:.0f} s polled")
    return int(p95["pushed"] > TARGET_S or p95["polled"] > interval_s)


if __name__ == "__main__":
    sys.exit(measure(*map(int, sys.argv[1:4])))
