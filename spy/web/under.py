"""Behind a reverse proxy under a path prefix: the prefix comes off before any route is looked for."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send


class Under:
    """Takes `prefix` off every path; a proxy that took it off already is as welcome."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self.app = app
        self.prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if self.prefix and (path == self.prefix or path.startswith(f"{self.prefix}/")):
            rest = path.removeprefix(self.prefix) or "/"
            scope = {**scope, "path": rest, "raw_path": rest.encode(), "root_path": ""}
        await self.app(scope, receive, send)
