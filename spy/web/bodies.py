"""How much anybody may send: no act is longer, and nothing else is written here."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from spy.web.problem import problem

MOST_BYTES = 256 * 1024
"""Dash sends the state of a page with each callback."""


class TooLong(Exception):
    """More came than was announced, or than is taken."""


class Bodies:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        told = Headers(scope=scope).get("content-length", "0")
        refusal = problem(413, f"a request body of at most {MOST_BYTES} bytes is taken", {"Connection": "close"})
        if not told.isascii() or not told.isdigit() or int(told) > MOST_BYTES:
            await refusal(scope, receive, send)
            return
        came, began = 0, False

        async def counted() -> Message:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            if came > MOST_BYTES:
                raise TooLong
            return message

        async def noticed(message: Message) -> None:
            nonlocal began
            began = True
            await send(message)

        try:
            await self.app(scope, counted, noticed)
        except TooLong:
            if not began:
                await refusal(scope, receive, send)
