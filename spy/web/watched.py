"""A websocket is open for days: whether its session still is, is asked again at every word that passes, either way.

The server pushes without being asked, and whoever pushes need not know of sessions: this layer hangs up for it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.types import Message, Receive, Send

from spy.web.guard import POLICY_VIOLATION

Still = Callable[[], Awaitable[bool]]
"""Whether the session is what it was when the connection was made; False where nobody can tell."""


class Watched:
    def __init__(self, receive: Receive, send: Send, still: Still) -> None:
        self._receive = receive
        self._send = send
        self._still = still
        self._is_over = False

    async def send(self, message: Message) -> None:
        if message["type"] == "websocket.send" and not await self._goes_on():
            return
        if not self._is_over:
            await self._send(message)

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "websocket.receive" and not await self._goes_on():
            return {"type": "websocket.disconnect", "code": POLICY_VIOLATION}
        return message

    async def _goes_on(self) -> bool:
        if not self._is_over and not await self._still() and not self._is_over:
            self._is_over = True
            await self._send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": "the session has ended"})
        return not self._is_over
