"""Answers come gzipped where the browser or client takes that: text shrinks to a tenth, scripts to a quarter.

Never compressed are streams of events, of which each must arrive at once, small answers, and what says itself how it is
encoded. No body holds a secret beside text that a stranger chose, so their sizes tell nothing (BREACH): the session and
the CSRF token are cookies.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import zlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.gzip import GZipResponder, IdentityResponder
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SMALLEST_BYTES = 1400
"""What fits into one packet does not get faster."""
LEVEL, BEST = 5, 9
FIXED = "max-age=31536000"
"""Says of an answer that it never changes: scripts of the libraries, whose addresses have a version."""
MOST_KEPT = 64
KEPT_FROM_BYTES = 20_000
_NO = re.compile(r"q=0(\.0*)?")


class Compressed:
    """Large answers that never change are compressed once, as well as it goes, and kept."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._kept: OrderedDict[bytes, bytes] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif _takes_gzip(Headers(scope=scope).get("accept-encoding", "")):
            await _Answer(self.app, self._packed)(scope, receive, _weakly_tagged(send))
        else:
            await IdentityResponder(self.app, SMALLEST_BYTES)(scope, receive, send)

    async def _packed(self, body: bytes) -> bytes:
        if len(body) < KEPT_FROM_BYTES:
            return _gzip(body, BEST)
        name = hashlib.blake2b(body, digest_size=20).digest()
        packed = self._kept.get(name)
        if packed is None:
            packed = self._kept[name] = await asyncio.to_thread(_gzip, body, BEST)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return packed


class _Answer(GZipResponder):
    def __init__(self, app: ASGIApp, packed: Callable[[bytes], Awaitable[bytes]]) -> None:
        super().__init__(app, SMALLEST_BYTES, LEVEL)
        self._packed = packed

    async def apply_compression(self, body: bytes, *, more_body: bool) -> bytes:
        is_whole = not more_body and self._compressor is None
        if is_whole and FIXED in Headers(raw=self.initial_message["headers"]).get("cache-control", ""):
            return await self._packed(body)
        return await super().apply_compression(body, more_body=more_body)


def _weakly_tagged(send: Send) -> Send:
    """An ETag of the plain bytes is a weak one of the gzipped; sent back as it is, it is answered by 304 as well."""

    async def tagged(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            if headers.get("content-encoding") == "gzip" and headers.get("etag", "").startswith('"'):
                headers["ETag"] = f"W/{headers['etag']}"
        await send(message)

    return tagged


def _takes_gzip(accepted: str) -> bool:
    """`gzip;q=0` is a no."""
    for one in accepted.split(","):
        name, _, weight = one.partition(";")
        if name.strip().lower() == "gzip":
            return not _NO.fullmatch(weight.replace(" ", ""))
    return False


def _gzip(body: bytes, level: int) -> bytes:
    packer = zlib.compressobj(level, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()
