"""A lean HTTP/1.1 server on loopback: what both sides ask and post to must cost little of the machine itself."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Callable

Answer = Callable[[str, str, dict[str, str], bytes], tuple[int, bytes]]
"""(method, path, headers in lower case, body) to (status, JSON body)."""

_REASON = {200: "OK", 202: "Accepted", 404: "Not Found", 503: "Service Unavailable"}


class _Connection(asyncio.Protocol):
    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while self._transport is not None:
            head, end, rest = self._received.partition(b"\r\n\r\n")
            if not end:
                return
            first, *lines = head.decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            length = int(headers.get("content-length", "0"))
            if len(rest) < length:
                return
            self._received = rest[length:]
            method, path, _ = first.split(" ", 2)
            self._send(*self._answer(method, path, headers, rest[:length]), headers.get("connection", ""))

    def _send(self, status: int, body: bytes, connection: str) -> None:
        assert self._transport is not None
        head = f"HTTP/1.1 {status} {_REASON[status]}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
        self._transport.write(f"{head}\r\n\r\n".encode() + body)
        if connection.lower() == "close":
            self._transport.close()


def serve(answer: Answer) -> None:
    """Serve until killed, on a free port, which is the first line of the output."""

    async def forever() -> None:
        server = await asyncio.get_running_loop().create_server(
            lambda: _Connection(answer), "127.0.0.1", 0, backlog=1024
        )
        print(server.sockets[0].getsockname()[1], flush=True)
        gc.freeze()
        await server.serve_forever()

    try:
        asyncio.run(forever())
    except KeyboardInterrupt:
        sys.exit(0)
