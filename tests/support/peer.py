"""A TCP server that does what a test says, one act per connection: half answers, resets, silence, a conversation."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

HOST = "127.0.0.1"
Act = Callable[["Peer"], None]


class Peer:
    """One accepted connection, for an act to speak on."""

    def __init__(self, connection: socket.socket, ended: threading.Event) -> None:
        self._connection = connection
        self._ended = ended

    def read_request(self) -> bytes:
        """A whole HTTP request, by its content-length."""
        content = b""
        while b"\r\n\r\n" not in content:
            content += self._some()
        head, _, body = content.partition(b"\r\n\r\n")
        length = next((int(n[15:]) for n in head.lower().split(b"\r\n") if n.startswith(b"content-length:")), 0)
        while len(body) < length:
            body += self._some()
        return head + b"\r\n\r\n" + body

    def read_line(self) -> bytes:
        line = b""
        while not line.endswith(b"\n"):
            line += self._some(1)
        return line

    def send(self, content: bytes | str) -> None:
        self._connection.sendall(content.encode() if isinstance(content, str) else content)

    def drip(self, content: bytes, every_s: float = 0.05) -> None:
        """One byte after the other, until the other side has enough or the test is over."""
        for byte in content:
            if self._ended.wait(every_s):
                return
            self._connection.sendall(bytes([byte]))

    def reset(self) -> None:
        """RST instead of FIN, once the act is over."""
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def hang(self) -> None:
        """Silence until the test is over."""
        self._ended.wait()

    def _some(self, size: int = 65536) -> bytes:
        content = self._connection.recv(size)
        if not content:
            raise ConnectionResetError("the client has gone")
        return content


class Acting:
    """Listens on a free port while entered. The last act serves every further connection."""

    def __init__(self, *acts: Act) -> None:
        self.connections = 0
        self._acts = acts
        self._ended = threading.Event()
        self._listener = socket.create_server((HOST, 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://{HOST}:{self.port}"
        self._threads = [threading.Thread(target=self._accept, name="acting", daemon=True)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        # Closing alone does not wake a thread that waits in accept.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(5.0)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            act = self._acts[min(self.connections, len(self._acts) - 1)]
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(connection, act), name="acting", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket, act: Act) -> None:
        connection.settimeout(10.0)
        with connection:
            try:
                act(Peer(connection, self._ended))
            except OSError:
                return


def http_answer(status: int, body: str = "", **headers: str) -> bytes:
    """An HTTP/1.1 answer; header names with `_` for `-`."""
    lines = [f"HTTP/1.1 {status} Whatever", f"content-length: {len(body.encode())}", "connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()
