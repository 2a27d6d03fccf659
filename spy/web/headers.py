"""Headers that tell browsers what these pages never do."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FIXED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class SecurityHeaders:
    """`scripts` gives the hashes of the inline scripts that are ours."""

    def __init__(self, app: ASGIApp, scripts: Callable[[], Sequence[str]]) -> None:
        self.app = app
        self.scripts = scripts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(FIXED)
                headers["Content-Security-Policy"] = self._policy()
            await send(message)

        await self.app(scope, receive, with_headers)

    def _policy(self) -> str:
        # Plotly paints a chart from a blob of its own before it saves it as PNG.
        # Styles stay 'unsafe-inline': Dash's components write style attributes and elements of their own.
        return "; ".join(
            (
                "default-src 'self'",
                " ".join(("script-src 'self'", *self.scripts())),
                "style-src 'self' 'unsafe-inline'",
                "img-src 'self' data: blob:",
                "object-src 'none'",
                "base-uri 'none'",
                "form-action 'self'",
                "frame-ancestors 'none'",
            )
        )
