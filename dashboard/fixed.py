"""Scripts and styles of ours under an address that has their content in it: browsers keep them, and need not ask again.

Dash tells them apart by the times of the files, which an installation may set as it likes: an old script that counts
the age of the data would be worse than a slow one.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FOREVER = "private, max-age=31536000, immutable"


def path_of(assets: Path) -> str:
    """Below the site's prefix, without a slash at either end; another one after any change of a file."""
    seen = hashlib.sha256()
    for file in sorted(assets.rglob("*")):
        if file.is_file():
            seen.update(f"{file.relative_to(assets)} {file.stat().st_size} ".encode() + file.read_bytes())
    return f"assets/{seen.hexdigest()[:12]}"


class Fixed:
    """Says of what is below `path` that it stays as it is."""

    def __init__(self, app: ASGIApp, path: str) -> None:
        self.app = app
        self.path = f"/{path}/"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def told(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in (200, 304):
                MutableHeaders(scope=message)["Cache-Control"] = FOREVER
            await send(message)

        is_ours = scope["type"] == "http" and scope["path"].startswith(self.path)
        await self.app(scope, receive, told if is_ours else send)
