"""An application on a real port of this machine."""

from __future__ import annotations

import socket
import threading
from types import TracebackType

from fastapi import FastAPI

from spy.web.serve import server_of

HOST = "127.0.0.1"


class Served:
    """Serves from entering to leaving; `.url` is where."""

    def __init__(self, app: FastAPI, listening: socket.socket | None = None) -> None:
        """`listening`: a socket made before, by whoever had to know the address first."""
        self._server = server_of(app, HOST, 0)
        self._socket = listening or socket.create_server((HOST, 0))
        self.url = f"http://{HOST}:{self._socket.getsockname()[1]}"
        # The port listens already: whoever comes before the loop runs waits in the queue.
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, name="served")

    def __enter__(self) -> Served:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """As if the process had died; may be called twice."""
        self._server.should_exit = True
        self._thread.join(timeout=20)
        self._socket.close()
