"""The receiver behind HTTP/1.1 on a loopback address, for the demo, for tests and as an example."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from spy.receiver.app import Answer, Receiver, problem
from spy.receiver.contract import MAX_BODY, Problem, Rejected

log = logging.getLogger(__name__)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], receiver: Receiver) -> None:
        self.receiver = receiver
        super().__init__(address, _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        log.debug("a connection broke off", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    server_version = "receiver"
    sys_version = ""
    timeout = 15
    """Seconds a peer may stay silent."""

    def _answer(self) -> None:
        try:
            answer = self.server.receiver.answer(self.command, self.path, self._headers(), self._body())
        except Rejected as rejected:
            # The rest of the body is unread, so that the next request on this connection would begin within it.
            self.close_connection = True
            answer = problem(rejected)
        self._send(answer)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer

    def _headers(self) -> dict[str, str]:
        """A header given twice is joined, which no signature header survives."""
        return {name.lower(): ", ".join(self.headers.get_all(name, [])) for name in set(self.headers)}

    def _body(self) -> bytes:
        length = self._headers().get("content-length", "0")
        if "transfer-encoding" in self.headers or not (length.isascii() and length.isdigit()):
            raise Rejected(Problem.MALFORMED, "expected one content-length and no transfer-encoding")
        if int(length[:18]) > MAX_BODY:
            raise Rejected(Problem.TOO_LARGE, f"more than {MAX_BODY} bytes")
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise ConnectionAbortedError("the body is shorter than announced")
        return body

    def _send(self, answer: Answer) -> None:
        status, headers, body = answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        if self.close_connection:
            self.send_header("connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        log.debug(format, *args)


@contextmanager
def serving(receiver: Receiver, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serves in a thread while the context lasts; gives the base URL. Port 0: any free one."""
    server = _Server((host, port), receiver)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="receiver", daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
