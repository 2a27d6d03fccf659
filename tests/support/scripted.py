"""A loopback server that answers by a script, byte for byte, and may hang, dribble or break off."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

Talk = Callable[[socket.socket, threading.Event], None]
"""Says something on a connection; ends early when the event is set."""


def reply(status: str = "200 OK", body: bytes | str = b"", **headers: str) -> bytes:
    """A whole answer. Header names with `_` for `-`."""
    raw = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(raw)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + raw


def dribble(data: bytes, pause_s: float = 0.05) -> Talk:
    """One byte at a time."""

    def talk(connection: socket.socket, ended: threading.Event) -> None:
        for at in range(len(data)):
            connection.sendall(data[at : at + 1])
            if ended.wait(pause_s):
                return

    return talk


def silence(connection: socket.socket, ended: threading.Event) -> None:
    """Never a word."""
    ended.wait(30.0)


def hang_up(connection: socket.socket, ended: threading.Event) -> None:
    connection.shutdown(socket.SHUT_RDWR)


class Scripted:
    """Gives the answers of the script in turn, the last one for ever. `requests` holds what was asked, as text."""

    def __init__(self, *script: bytes | Talk, tls: ssl.SSLContext | None = None) -> None:
        self._script = script
        self._tls = tls
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []
        self.requests: list[str] = []
        self.connections = 0
        scheme = "https" if tls else "http"
        self.url = f"{scheme}://localhost:{self._socket.getsockname()[1]}/base/"

    def header(self, name: str, request: int = -1) -> str:
        """A header of one request; empty if it had none."""
        for line in self.requests[request].split("\r\n")[1:]:
            found, _, value = line.partition(": ")
            if found.lower() == name.lower():
                return value
        return ""

    def _accept(self) -> None:
        while not self._ended.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        try:
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            with self._lock:
                self._open.append(connection)
            while request := _request(connection):
                with self._lock:
                    step = self._script[min(len(self.requests), len(self._script) - 1)]
                    self.requests.append(request)
                if isinstance(step, bytes):
                    connection.sendall(step)
                else:
                    step(connection, self._ended)
                    return
        except OSError:
            return
        finally:
            connection.close()

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        with self._lock:
            for connection in self._open:
                if connection.fileno() != -1:
                    _shut(connection)
        for thread in self._threads:
            thread.join(5.0)


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


def _request(connection: socket.socket) -> str:
    """Head and body of one request; empty when the client is gone."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65536)
        if not part:
            return ""
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0
    )
    while len(body) < length:
        body += connection.recv(65536)
    return (head + b"\r\n\r\n" + body).decode()
