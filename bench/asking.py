"""A lean client that asks one path at fixed times: it must cost less than what it measures."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_ETAG = re.compile(rb"etag: (\S+)", re.IGNORECASE)
CONNECTIONS = 16


@dataclass
class Times:
    took_s: list[float] = field(default_factory=list)
    unchanged: int = 0
    wrong: int = 0

    def quantile(self, part: float) -> float:
        ordered = sorted(self.took_s)
        return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


async def asked(url: str, path: str, token: str, rate: int, seconds: int) -> Times:
    """A question counts from when it was due, not from when a connection was free: a late answer is not forgiven."""
    times, etag, start = Times(), [b""], time.perf_counter() + 0.2
    due = iter(range(rate * seconds))
    host = urlsplit(url)
    head = f"GET {path} HTTP/1.1\r\nHost: {host.netloc}\r\nAuthorization: Bearer {token}\r\n".encode()

    async def connection() -> None:
        reader, writer = await asyncio.open_connection(host.hostname, host.port)
        for number in due:
            at = start + number / rate
            await asyncio.sleep(max(0.0, at - time.perf_counter()))
            known = b"If-None-Match: " + etag[0] + b"\r\n" if etag[0] and number % 10 else b""
            writer.write(head + known + b"\r\n")
            answer = await reader.readuntil(b"\r\n\r\n")
            if length := _LENGTH.search(answer):
                await reader.readexactly(int(length[1]))
            times.took_s.append(time.perf_counter() - at)
            status = answer[9:12]
            etag[0] = found[1] if (found := _ETAG.search(answer)) else b""
            times.unchanged += status == b"304"
            times.wrong += status not in (b"200", b"304")
        writer.close()

    await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))
    return times
