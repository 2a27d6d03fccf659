"""A crowd of clients, as a process of its own: `python -m bench.crowd URL`; ends when its input ends, and prints JSON.

Half of them ask the API once a second, each at its own moment; half hold a websocket open; one is a real browser on
the first page. Measured is the time from when the browser has the page and the websockets are open: what it costs to
start a browser is not what a page costs.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from contextlib import suppress
from itertools import cycle, islice
from typing import Any

import httpx
import websockets
from playwright.async_api import Error, async_playwright

from tests.support.browser import ARGUMENTS, chromium

HTTP, SOCKETS = 25, 25
EVERY_S = 1.0
SEEN = "seen"
PATHS = (
    "/api/v1/readiness/398625",
    "/api/v1/runs?limit=20",
    "/api/v1/runs/398625",
    "/api/v1/first-unready-run",
    "/api/v1/services",
    "/api/v1/alerts",
    "/api/v1/deliveries",
    "/api/v1/decisions?limit=20",
)


class Crowd:
    def __init__(self, url: str) -> None:
        self.url = url
        self.took_s: list[float] = []
        self.wrong = self.sockets = self.refused = self.browsers = 0
        self.here = asyncio.Barrier(SOCKETS + 2)
        """The websockets, the browser, and whoever says that they are there."""
        self.has_begun, self.is_over = asyncio.Event(), asyncio.Event()

    async def asks(self, number: int, paths: Any) -> None:
        """A question counts from when it was due."""
        await self.has_begun.wait()
        begin = time.perf_counter() + EVERY_S * number / HTTP
        async with httpx.AsyncClient(base_url=self.url, trust_env=False, timeout=30) as client:
            for count, path in enumerate(paths):
                due = begin + count * EVERY_S
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.is_over.wait(), max(0.0, due - time.perf_counter()))
                if self.is_over.is_set():
                    return
                try:
                    answer = await client.get(path)
                    self.wrong += answer.status_code not in (200, 304)
                except httpx.HTTPError:
                    self.wrong += 1
                self.took_s.append(time.perf_counter() - due)

    async def holds(self) -> None:
        where = self.url.replace("http", "ws", 1) + "/_dash-ws-callback"
        try:
            socket = await websockets.connect(where, origin=self.url, proxy=None)  # type: ignore[arg-type]
        except (OSError, websockets.WebSocketException):
            self.refused += 1
            await self.here.wait()
            return
        self.sockets += 1
        await self.here.wait()
        await self.is_over.wait()
        await socket.close()

    async def looks(self) -> None:
        if not chromium():
            await self.here.wait()
            return
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
            page = await browser.new_page()
            with suppress(Error):  # a page that does not come is told, and spoils nothing else
                await page.goto(self.url)
                await page.locator("#page h1").wait_for()
                self.browsers = 1
            await self.here.wait()
            await self.is_over.wait()
            await browser.close()

    async def until_told(self) -> None:
        await self.here.wait()
        self.has_begun.set()
        print(SEEN, flush=True)
        await asyncio.to_thread(sys.stdin.read)
        self.is_over.set()

    async def all(self) -> None:
        await asyncio.gather(
            *(self.asks(number, islice(cycle(PATHS), number, None)) for number in range(HTTP)),
            *(self.holds() for _ in range(SOCKETS)),
            self.looks(),
            self.until_told(),
        )


if __name__ == "__main__":
    crowd = Crowd(sys.argv[1])
    asyncio.run(crowd.all())
    names = ("took_s", "wrong", "sockets", "refused", "browsers")
    print(json.dumps({name: getattr(crowd, name) for name in names}))
