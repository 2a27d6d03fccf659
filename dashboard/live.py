"""What is committed reaches the open pages: one look at the store for all browsers, one small word to each of them.

The word is a mark and no data: a page that hears another mark than before asks again for what it shows, over HTTP and
with its own session. Where no websocket works the browser asks at intervals; assets/live.js is the other half.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Hashable
from contextlib import suppress
from typing import Any

from dash import Dash, Input, ctx, set_props

from spy.acting import calling
from spy.clock import monotonic
from spy.domain.errors import SpyError

POLL_S = 0.25
SPACING_S = 0.5
"""After a change at least so long to the next: a pass of the agent commits several times."""
BEAT_S = 10.0
"""Without a change a browser hears the same mark again, and so knows that it would hear another one."""
ROLL_CALL_S = 60.0
"""So often a page is asked whether it is there: tabs share a connection, which outlives those that were closed."""
ANSWER_S = 20.0

log = logging.getLogger(__name__)


class Changes:
    """Waits for changes on behalf of everybody; looks only while somebody waits."""

    def __init__(self, look: Callable[[], str]) -> None:
        self._look = look
        self._mark = ""
        self._waiting = 0
        self._turned = asyncio.Condition()
        self._watch: asyncio.Task[None] | None = None

    async def after(self, seen: str) -> str:
        """The mark as soon as it is another than `seen`; "" is other than all."""
        self._waiting += 1
        try:
            if self._watch is None or self._watch.done():
                self._watch = asyncio.create_task(self._watching())
            async with self._turned:
                await self._turned.wait_for(lambda: self._mark not in ("", seen))
                return self._mark
        finally:
            self._waiting -= 1

    async def _watching(self) -> None:
        while self._waiting:
            mark = await asyncio.to_thread(self._looked)
            if mark != self._mark:
                async with self._turned:
                    self._mark = mark
                    self._turned.notify_all()
                await asyncio.sleep(SPACING_S)
            await asyncio.sleep(POLL_S)

    def _looked(self) -> str:
        """A store that cannot be read is a change as well: the pages ask, and say so."""
        try:
            return self._look()
        except SpyError:
            return "unreadable"
        except Exception:
            log.exception("the store's mark could not be looked at")
            return "unreadable"


class Pushes:
    """One loop for each open page; a newer one of the same tab takes the place of an older."""

    def __init__(self, changes: Changes) -> None:
        self.changes = changes
        self._loops: dict[Hashable, object] = {}

    async def push(self, socket: Any) -> None:
        """Until page, connection or session is gone; the door asks for the session at each word."""
        mine = object()
        tab = await self._tab(socket)
        if tab is None:
            return
        name = (calling.current().key, tab or mine)
        self._loops[name] = mine
        try:
            await self._pushed(socket, lambda: self._loops.get(name) is mine)
        finally:
            if self._loops.get(name) is mine:
                del self._loops[name]

    async def _pushed(self, socket: Any, is_newest: Callable[[], bool]) -> None:
        mark, beat, answered_at = "", 0, monotonic()
        while True:
            with suppress(TimeoutError):
                mark = await asyncio.wait_for(self.changes.after(mark), BEAT_S)
            if monotonic() - answered_at > ROLL_CALL_S:
                if await self._tab(socket) is None:
                    return
                answered_at = monotonic()
            if socket.is_shutdown or not is_newest():
                return
            beat += 1
            set_props("pushed", {"data": {"mark": mark, "beat": beat}})

    async def _tab(self, socket: Any) -> str | None:
        """What a tab calls itself, which may be nothing yet; None: nobody answers there."""
        try:
            asks = await socket.get_prop("ask", "data", timeout=ANSWER_S)
        except TimeoutError:
            return None
        return str(asks.get("tab") or "") if isinstance(asks, dict) else ""


def push(dash: Dash, changes: Changes) -> None:
    pushes = Pushes(changes)

    # Without input or output: Dash starts it again by itself after each reconnection.
    @dash.callback(websocket=True, persistent=True)
    async def pushed() -> None:
        # None: a browser that knows no shared workers asks over HTTP, which is no way to push.
        if ctx.websocket is not None:
            await pushes.push(ctx.websocket)

    # Dash gives up after ten tries; the browser knocks when it has heard nothing for long.
    @dash.callback(Input("knock", "data"), websocket=True, persistent=True, prevent_initial_call=True)
    async def knocked(_tab: Any) -> None:
        if ctx.websocket is not None:
            await pushes.push(ctx.websocket)
