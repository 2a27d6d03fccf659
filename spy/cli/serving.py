"""The process of `spy web`; apart from the commands, since only this one needs the libraries of a web server."""

from __future__ import annotations

import logging
import socket
from types import FrameType

import uvicorn

from spy.app import build_web, open_agent_store
from spy.cli.ending import end_at_the_last_moment, on_signals
from spy.cli.logs import take_over
from spy.config import Config
from spy.domain.errors import ConfigError
from spy.web.serve import server_of, settle

log = logging.getLogger("spy")


class Server(uvicorn.Server):
    """Ends by the last moment, also when the signal comes before it serves."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.end(sig)
        super().handle_exit(sig, frame)

    def end(self, number: int) -> None:
        if not self.should_exit:
            end_at_the_last_moment()
        self.should_exit = True


def serve(settings: Config) -> None:
    """Serve the page and the API, until a signal; a port that is taken is a ConfigError."""
    store = open_agent_store(settings.agent.store)
    server = Server(server_of(build_web(settings, store), settings.web.host, settings.web.port).config)
    take_over("uvicorn")
    # Uvicorn has its own handlers while it serves, and raises the signal again once it has ended: not a crash.
    on_signals(server.end)
    listening = _listen(settings)
    host, port = settings.web.host, listening.getsockname()[1]
    settle()
    log.info("the page: http://%s:%s", f"[{host}]" if ":" in host else host, port)
    server.run(sockets=[listening])
    store.dispose()
    log.info("ended")


def _listen(settings: Config) -> socket.socket:
    host, port = settings.web.host, settings.web.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as taken:
        raise ConfigError([f"web.host and web.port: cannot listen on {host}:{port}: {taken.strerror}"]) from None
