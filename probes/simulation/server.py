"""Serves simulators over real HTTP/1.1 on loopback, and really hangs, dribbles or drops where a fault says so."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

from probes.simulation.faults import Break, Broken
from probes.simulation.transport import Answer
from probes.simulation.wire import Request, Response

HOST = "127.0.0.1"
IDLE_S = 600.0
"""How long a kept connection may be silent; longer than any poll period of the agent."""
DRIBBLE_S = 1.0
"""Between two bytes of a slow answer."""
BODY_LIMIT = 1 << 20
"""Bytes; nobody sends a service more."""


class Served:
    """Running servers; `ports` and `urls` by service name. `close` ends every open connection."""

    def __init__(self, servers: Mapping[str, _Server]) -> None:
        self._servers = servers
        self.ports: Mapping[str, int] = {name: server.server_port for name, server in servers.items()}
        self.urls: Mapping[str, str] = {name: f"http://{HOST}:{port}" for name, port in self.ports.items()}

    def close(self) -> None:
        for server in self._servers.values():
            server.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def serve(
    answers: Mapping[str, Answer], before: Callable[[], None] = lambda: None, ports: Mapping[str, int] | None = None
) -> Served:
    """One server per service. `before` lets the world's time pass ahead of each answer; `ports` fixes some ports."""
    servers = {name: _Server(answer, before, (ports or {}).get(name, 0)) for name, answer in answers.items()}
    for name, server in servers.items():
        server.begin(name)
    return Served(servers)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, answer: Answer, before: Callable[[], None], port: int) -> None:
        super().__init__((HOST, port), _Handler)
        self.answer = answer
        self.before = before
        self.stopping = Event()
        self._open: set[socket.socket] = set()
        self._guard = Lock()
        self._thread = Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def begin(self, name: str) -> None:
        self._thread.name = f"simulated-{name}"
        self._thread.start()

    def stop(self) -> None:
        self.stopping.set()
        self.shutdown()
        self._thread.join()
        self.server_close()
        with self._guard:
            connections = list(self._open)
        for connection in connections:
            _shut(connection)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no event; a simulator that raises answers 500 before this is reached."""


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = IDLE_S
    server: _Server
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self.server.before()
        response = self.server.answer(self._request())
        if isinstance(response, Broken):
            self._break(response)
        else:
            self._send(response)

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are not printed: the demo's screen is for people."""

    def version_string(self) -> str:
        return "simulated"

    def _request(self) -> Request:
        parts = urlsplit(self.path)
        length = min(int(self.headers.get("content-length") or 0), BODY_LIMIT)
        return Request(
            method=self.command,
            path=unquote(parts.path),
            query=parse_qs(parts.query, keep_blank_values=True),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(length) if length else b"",
        )

    def _send(self, response: Response) -> None:
        given = {name.lower() for name in response.headers}
        self.send_response_only(response.status)
        for name, value in response.headers.items():
            if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                self.send_header(name, value)
        if "date" not in given:
            self.send_header("Date", self.date_time_string())
        if response.status not in (204, 304):
            self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if self.command != "HEAD" and response.status not in (204, 304):
            self.wfile.write(response.body)

    def _break(self, broken: Broken) -> None:
        self.close_connection = True
        match broken.how:
            case Break.REFUSE:
                self._reset()
            case Break.DROP:
                _shut(self.connection)
            case Break.SILENCE:
                self.server.stopping.wait(IDLE_S)
            case Break.DRIBBLE:
                self._dribble(broken)

    def _reset(self) -> None:
        """As near to a closed port as a listening one comes: the connection is reset."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def _dribble(self, broken: Broken) -> None:
        head = f"HTTP/1.1 {broken.status} Slow\r\nContent-Length: {len(broken.body)}\r\n\r\n".encode("latin-1")
        for byte in head + broken.body:
            if self.server.stopping.wait(DRIBBLE_S):
                return
            self.wfile.write(bytes([byte]))
